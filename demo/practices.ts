import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Io } from '../src/cli/command.ts';
import { findCommand } from '../src/cli/commands.ts';
import { part, text } from '../src/cli/json-view.ts';
import { SallyportError } from '../src/domain/errors.ts';
import type { Json } from '../src/domain/json.ts';
import { demoFolder, type Stage } from './stage.ts';

/** What people do around the gate: look for what goes past it, ask a vendor, rehearse attacks, practise incidents, review rights. */
export async function practise(stage: Stage): Promise<void> {
  // A rehearsal has a gate of its own, and takes as long as all of the others.
  const rehearsed = sallyport(stage, 'redteam', 'run', '--only', REHEARSED);
  await Promise.all([rehearsed, lookAround(stage), exercise(stage), propose(stage), stage.client.send('POST', '/vendors/wordwise/links', {})]);
  await stage.client.send('POST', '/reviews', { title: 'Fourth quarter', standIns: { group: 'administrators' } });
}

/** Sensors on this machine, and only where the demo put something. */
async function lookAround(stage: Stage): Promise<void> {
  const shared = demoFolder(stage.home);
  const targets = join(shared, 'targets.yaml');
  writeFileSync(targets, targetsOf(stage.others.rogue.url));
  await sallyport(stage, 'discover', 'network', targets);
  const project = join(shared, 'laptop', 'stock-bot');
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, '.mcp.json'), JSON.stringify(CLIENT_FILE, undefined, 2));
  await sallyport(stage, 'discover', 'host', project, '--only-folders');
}

/** After what the page did, somebody wants one rule more: it waits for others to read it. */
async function propose({ client }: Stage): Promise<void> {
  try {
    await client.send('POST', '/policies/proposed', { file: 'crm-writes.cedar', source: PROPOSED });
  } catch (fault) {
    if (!(fault instanceof SallyportError) || fault.code !== 'ERR_PROPOSAL_STORED') throw fault;
  }
}

const PROPOSED = `@id("no-strangers-in-the-crm")
@reason("Something untrusted was read; nothing of it is written into the CRM.")
forbid (principal, action == Action::"call_tool", resource == Tool::"crm/update_contact")
when { context.contextIntegrity == "untrusted" };
`;

async function exercise(stage: Stage): Promise<void> {
  const begun = await sallyport(stage, 'exercise', 'run', 'prompt-injection', '--paper', '--with', 'nina,marcus,olivia');
  const met = 'stop-the-agent,take-it,close-the-source,note-the-checks';
  await sallyport(stage, 'exercise', 'score', text(part(begun, 'id')), '--met', met, '--late', 'keep-evidence');
}

/** Attacks that this gate meets in the story, too: each is told from its beginning, and what of the gate stopped it. */
const REHEARSED = 'public-issue-leaks-private-code,money-to-a-new-account,page-orders-destruction,vendor-that-said-nothing';

/** What somebody wrote into a project, to be quick: a server that is fetched anew at each start, with a key in clear. */
const CLIENT_FILE = {
  mcpServers: { stock: { command: 'npx', args: ['-y', 'stock-levels-mcp'], env: { STOCK_API_KEY: 'sk-demo-4f9a1c7d2e8b' } } },
};

function targetsOf(url: string): string {
  const { hostname, port } = new URL(url);
  const expires = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  return `apiVersion: sallyport/targets/v1
owner: platform@harbour.example
reason: who listens on this machine
expires: ${expires}
targets: [{ network: ${hostname}/32, ports: [${port}] }]
`;
}

/** Runs a command of Sallyport's own as a person would, and gives what it says as JSON. */
async function sallyport({ io, home }: Stage, name: string, ...args: readonly string[]): Promise<Json> {
  const command = await findCommand(name);
  let out = '';
  const quiet: Io = { ...io, env: { PATH: io.env['PATH'] }, interactive: false, out: (said) => void (out += said), note: () => undefined };
  await command?.run([...args, '--json', '--home', home], quiet);
  const said: Json = JSON.parse(out);
  return said;
}
