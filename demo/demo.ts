import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { caOf } from '../src/cli/connect.ts';
import { controlClient, type Client } from '../src/cli/client.ts';
import type { Io } from '../src/cli/command.ts';
import { plain, table } from '../src/cli/terminal.ts';
import { quoted } from '../src/cli/connect-file.ts';
import { startAll, untilAborted } from '../src/cli/up.ts';
import { SallyportError } from '../src/domain/errors.ts';
import { isArray, isObject, type Json, type JsonObject } from '../src/domain/json.ts';
import type { Supervisor } from '../src/roles/up.ts';
import { askAs, type Attempt, type Step } from './agent.ts';
import { startCrm, type Crm } from './crm.ts';
import { DEMO_POLICY, demoManifest } from './manifest.ts';

export interface DemoOptions {
  readonly home: string;
  /** Ends by itself, and checks that everything came out as it should. */
  readonly once: boolean;
  readonly io: Io;
  /** Cedar text instead of the demo's own: a test sees whether the demo notices a gate that lets everything through. */
  readonly policy?: string;
}

const SERVERS = ['crm', 'files', 'memory', 'everything'];
const GATE_PORT = 7443;
const ROOT = join(import.meta.dir, '..');
const INTERRUPTED = 130;

/** Where the demo's servers have what they are given. */
export function demoFolder(home: string): string {
  return `${home}-shared`;
}

/** Runs the whole gate with real servers and a scripted agent; resolves with the exit code. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const { home, once, io } = options;
  // Beside the home: no server is ever shown anything of Sallyport's own.
  const shared = demoFolder(home);
  const folder = join(shared, 'files');
  for (const one of [folder, join(shared, 'memory')]) mkdirSync(one, { recursive: true });
  writeFileSync(join(folder, 'notes.txt'), 'Call Ada about the renewal.\n');
  const crm = startCrm();
  writeFileSync(join(home, 'sallyport.yaml'), demoManifest(crm.url, shared));
  writeFileSync(join(home, 'demo.cedar'), options.policy ?? DEMO_POLICY);
  let supervisor: Supervisor | undefined;
  try {
    io.note('Starting the gate: ledger, control, runner, egress, gateway …');
    supervisor = once ? await start(home, 0, io) : await startOnUsualPort(home, io);
    // Its own control, whichever one the terminal is set to administer.
    const client = controlClient({ home, space: undefined, control: undefined }, { ...io, env: {} });
    await enrol(client, io, home);
    const gate = String(supervisor.detail('gateway')['url']);
    const attempts = await play(client, crm, gate, home, folder);
    const isAsExpected = (await tell(client, attempts, crm, io, home)) && (await tellPaths(client, io));
    if (!isAsExpected) io.note('Not everything came out as it should.');
    if (once) return isAsExpected ? 0 : 1;
    tellHow(gate, home, io);
    await untilAborted(io.signal);
    return 0;
  } catch (fault) {
    if (io.signal.aborted) return INTERRUPTED;
    throw fault;
  } finally {
    await supervisor?.stop();
    await crm.stop();
  }
}

function start(home: string, port: number, io: Io): Promise<Supervisor> {
  return startAll(io, {
    // It writes its own file anew at each run, with other ports.
    home, manifest: join(home, 'sallyport.yaml'), watch: true, insecureLoopback: false, strict: false, listen: `127.0.0.1:${port}`,
    onWarning: (line) => io.note(line),
    onEvent: ({ role, event, code }) => {
      if (event === 'exited') io.note(`${role} ended with ${String(code)}`);
    },
  });
}

/** Another demo, or the gate itself, may have the port already. */
async function startOnUsualPort(home: string, io: Io): Promise<Supervisor> {
  try {
    return await start(home, GATE_PORT, io);
  } catch (fault) {
    if (!(fault instanceof SallyportError) || fault.code !== 'ERR_LISTEN') throw fault;
    io.note(`Port ${GATE_PORT}, or control's, is taken; another one will do.`);
    return start(home, 0, io);
  }
}

async function enrol(client: Client, io: Io, home: string): Promise<void> {
  const rows: string[][] = [];
  for (const id of SERVERS) {
    const scanned = await client.send('POST', `/servers/${id}/scan`, {});
    const candidate = at(scanned, 'candidate');
    const approved = await client.send('POST', `/servers/${id}/approve`, { digest: at(candidate, 'digest') ?? '' });
    const pinned = [textAt(approved, 'tools'), textAt(approved, 'digest').slice(0, 12)];
    rows.push([id, short(textAt(scanned, 'endpoint'), home), textAt(candidate, 'revision'), ...pinned]);
  }
  const shown = table(['server', 'reached at', 'speaks', 'tools', 'baseline'], rows);
  io.out(`\nFour servers were read through the gate and approved; what they said of themselves is pinned:\n${shown}`);
}

/** What a careful agent does, and what a careless or deceived one tries. */
function scriptOf(notes: string): readonly Step[] {
  return [
    { who: 'support', sdk: 'v2', server: 'crm', tool: 'search_contacts', args: { query: 'ada' }, expect: 'allowed' },
    { who: 'support', sdk: 'v1', server: 'crm', tool: 'search_contacts', args: { query: 'york' }, expect: 'allowed' },
    { who: 'support', sdk: 'v2', server: 'crm', tool: 'delete_contact', args: { id: 'c-1' }, expect: 'denied' },
    { who: 'support', sdk: 'v2', server: 'crm', tool: 'pay_invoice', args: { id: 'c-1', amountEur: 1200 }, expect: 'denied' },
    { who: 'finance', sdk: 'v2', server: 'crm', tool: 'pay_invoice', args: { id: 'c-3', amountEur: 350 }, expect: 'allowed' },
    { who: 'finance', sdk: 'v2', server: 'crm', tool: 'pay_invoice', args: { id: 'c-1', amountEur: 1200 }, expect: 'denied' },
    { who: 'support', sdk: 'v1', server: 'files', tool: 'read_text_file', args: { path: notes }, expect: 'allowed' },
    { who: 'support', sdk: 'v1', server: 'files', tool: 'write_file', args: { path: notes, content: 'x' }, expect: 'denied' },
    { who: 'support', sdk: 'v2', server: 'memory', tool: 'read_graph', args: {}, expect: 'allowed' },
    { who: 'support', sdk: 'v2', server: 'everything', tool: 'get-sum', args: { a: 2, b: 3 }, expect: 'allowed' },
    { who: 'support', sdk: 'v2', server: 't/desk', tool: 'crm__search_contacts', args: { query: 'edsger' }, expect: 'allowed' },
  ];
}

const AFTER_THE_RUG_PULL: Step = {
  who: 'support', sdk: 'v2', server: 'crm', tool: 'search_contacts', args: { query: 'ada' }, expect: 'denied',
  note: 'its description was changed after approval',
};

async function play(client: Client, crm: Crm, gate: string, home: string, folder: string): Promise<readonly Attempt[]> {
  const ca = caOf(home) ?? '';
  const tokens = new Map<string, string>();
  for (const who of ['support', 'finance', 'outreach']) tokens.set(who, await tokenFor(client, `${who}-agent`, who));
  const ask = (step: Step): Promise<Attempt> => askAs({ url: gate, ca, token: tokens.get(step.who) ?? '' }, step);
  const attempts: Attempt[] = [];
  for (const step of scriptOf(join(folder, 'notes.txt'))) attempts.push(await ask(step));
  crm.poison();
  // An administrator looks again; without that the gate would notice by itself within a minute.
  await client.send('POST', '/servers/crm/scan', {});
  return [...attempts, await ask(AFTER_THE_RUG_PULL)];
}

async function tokenFor(client: Client, agent: string, group: string): Promise<string> {
  return textAt(await client.send('POST', '/tokens', { agent, groups: [group], audience: ['*'], ttlMs: 3_600_000 }), 'token');
}

/** What reaches the CRM when the gate does its work: nothing of what was denied. */
const EFFECTS = ['search ada', 'search york', 'pay c-3 350', 'search edsger'];

/** What happened, with the deciding policy as the journal has it, and the drift as a person would review it. False: not as it should. */
async function tell(client: Client, attempts: readonly Attempt[], crm: Crm, io: Io, home: string): Promise<boolean> {
  const rows: string[][] = [];
  let isAsExpected = crm.effects.join() === EFFECTS.join();
  for (const one of attempts) {
    const record = await decisionOf(client, one);
    const policies = new Set(listAt(record, 'policies').map((policy) => (typeof policy === 'string' ? readable(policy) : '')));
    const why = policies.size > 0 ? [...policies].join(', ') : one.outcome === 'denied' ? 'no policy permits it' : 'none';
    const isRight = one.asExpected && (one.outcome !== 'allowed' || policies.size > 0);
    isAsExpected &&= isRight;
    const outcome = `${one.outcome}${isRight ? '' : '\nNOT EXPECTED'}`;
    rows.push([one.who, one.sdk, `${one.server} ${one.tool}`, fold(short(one.args, home), CELL_CHARS), outcome, fold(why, CELL_CHARS)]);
  }
  const shown = table(['agent', 'SDK', 'call', 'arguments', 'outcome', 'deciding policy'], rows);
  io.out(`\nWhat the scripted agents did, and which policy decided:\n${shown}`);
  io.out(`\nWhat really reached the CRM:  ${crm.effects.join(' · ')}\n`);
  const diff = textAt(await client.get('/servers/crm/diff'), 'text');
  const lines = diff.split('\n').map((line) => fold(plain(line), LINE_CHARS));
  io.out(`\nWhy the last call was denied (sallyport server diff crm):\n${lines.join('\n')}\n`);
  return isAsExpected;
}

/** What nobody did yet, and one agent could be made to do: planted, so that there is something to be found. */
async function tellPaths(client: Client, io: Io): Promise<boolean> {
  const found = listAt(await client.send('POST', '/policies/analyse', {}), 'paths');
  const rows = found.map((path) => [
    textAt(path, 'agent'), ...['untrusted', 'sensitive', 'effects'].map((of) => few(listAt(path, of))), few(listAt(at(path, 'cut'), 'tools')),
  ]);
  const shown = table(['agent', 'a stranger writes', 'confidential', 'acts outside', 'cut'], rows);
  io.out(`\nWhat a stranger's text could make an agent do, before it happens (sallyport policy analyse):\n${shown}`);
  return found.length === 1 && few(listAt(at(found[0], 'cut'), 'tools')) === 'crm/send_quote';
}

/** The first ones, and how many more there are. */
function few(tools: readonly Json[]): string {
  const more = tools.length > FEW ? [`and ${tools.length - FEW} more`] : [];
  return [...tools.slice(0, FEW).map((tool) => (typeof tool === 'string' ? tool : '')), ...more].join('\n');
}

const FEW = 3;
const CELL_CHARS = 30;
const LINE_CHARS = 116;

/** Breaks a text at spaces and between the members of JSON, so that a terminal of 120 columns shows it whole. */
function fold(text: string, width: number): string {
  return (text.match(new RegExp(`.{1,${width - 1}}(?:[ ,]|$)|.{1,${width}}`, 'gu')) ?? []).map((line) => line.trimEnd()).join('\n');
}

/** A role compiles to policies with ids of their own; a person knows the role. */
function readable(policy: string): string {
  return policy.replace(/^role:([^:]+):.*$/, 'role $1');
}

async function decisionOf(client: Client, attempt: Attempt): Promise<JsonObject> {
  // A refusal names its exchange; an allowed call is the newest of this agent on this tool, under the tool's own name.
  const tool = attempt.tool.slice(attempt.tool.indexOf('__') < 0 ? 0 : attempt.tool.indexOf('__') + 2);
  const filter = attempt.exchange === undefined ? { tool, agent: `${attempt.who}-agent`, event: 'call.permitted' } : { exchange: attempt.exchange };
  const answer = await client.get('/audit/records', { ...filter, limit: 1, order: attempt.exchange === undefined ? 'newest' : 'oldest' });
  const first = listAt(answer, 'records')[0];
  return isObject(first) ? first : {};
}

function tellHow(gate: string, home: string, io: Io): void {
  const program = quoted(join(ROOT, 'bin', 'sallyport'));
  const where = `--home ${quoted(home)}`;
  io.out(`
The gate stays up at ${gate} until you press Ctrl-C. Point your own client at it:

  Claude Code   claude mcp add desk -- ${program} connect t/desk --group support ${where}
  any client    ${program} connect t/desk --group support ${where}     (a command that speaks MCP on stdio)
  over HTTPS    ${gate}/mcp/t/desk    CA: ${join(home, 'ca', 'ca.pem')}
                a token for it: ${program} token create my-agent --for /mcp/t/desk --group support ${where}

Look behind it:

  ${program} status ${where}
  ${program} audit query ${where}
  ${program} audit tail ${where}     (what happens from now on)
  ${program} policy analyse ${where}
`);
}

/** Paths of this machine in a table that should be readable. */
function short(text: string, home: string): string {
  const modules = join(ROOT, 'node_modules');
  const folders = [`${modules}/.bin/`, `${modules}/`, `${demoFolder(home)}/`, `${home}/`];
  return folders.reduce((shown, folder) => shown.replaceAll(folder, ''), text).replaceAll('/dist/index.js', '');
}

/** A text or number of an answer. Throws without it: better no demo than one that shows "undefined". */
function textAt(value: Json | undefined, key: string): string {
  const found = at(value, key);
  if (typeof found === 'string' || typeof found === 'number') return String(found);
  throw new Error(`control answered without "${key}"`);
}

function listAt(value: Json | undefined, key: string): readonly Json[] {
  const found = at(value, key);
  return isArray(found) ? found : [];
}

function at(value: Json | undefined, key: string): Json | undefined {
  return isObject(value) ? value[key] : undefined;
}
