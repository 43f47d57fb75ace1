import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { caOf } from '../src/cli/connect.ts';
import { controlClient, type Client } from '../src/cli/client.ts';
import type { Io } from '../src/cli/command.ts';
import { plain, table } from '../src/cli/terminal.ts';
import { startAll } from '../src/cli/up.ts';
import { isArray, isObject, type Json, type JsonObject } from '../src/domain/json.ts';
import { askAs, type Attempt, type Step } from './agent.ts';
import { startCrm, type Crm } from './crm.ts';
import { DEMO_POLICY, demoManifest } from './manifest.ts';

export interface DemoOptions {
  readonly home: string;
  /** Ends by itself, and checks that everything came out as it should. */
  readonly once: boolean;
  readonly io: Io;
}

const SERVERS = ['crm', 'files', 'memory', 'everything'];
const GATE_PORT = 7443;

/** Runs the whole gate with real servers and a scripted agent; resolves with the exit code. */
export async function runDemo({ home, once, io }: DemoOptions): Promise<number> {
  const folder = join(home, 'shared-folder');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'notes.txt'), 'Call Ada about the renewal.\n');
  const crm = startCrm();
  const manifest = join(home, 'sallyport.yaml');
  writeFileSync(manifest, demoManifest(crm.url, folder));
  writeFileSync(join(home, 'demo.cedar'), DEMO_POLICY);
  io.note('Starting the gate: ledger, control, runner, gateway …');
  const supervisor = await startAll(io, {
    home, manifest, insecureLoopback: false, strict: false, listen: `127.0.0.1:${await freePort(once ? 0 : GATE_PORT)}`,
    onEvent: ({ role, event, code }) => {
      if (event === 'exited') io.note(`${role} ended with ${String(code)}`);
    },
  });
  try {
    const client = controlClient({ home, space: undefined }, io);
    await enrol(client, io);
    const gate = String(supervisor.detail('gateway')['url']);
    const attempts = await play(client, crm, gate, home, folder);
    await tell(client, attempts, crm, io);
    if (once) return attempts.every((one) => one.asExpected) ? 0 : 1;
    await stayUp(client, gate, home, io);
    return 0;
  } finally {
    await supervisor.stop();
    await crm.stop();
  }
}

/** The port that is asked for, or any free one when it is taken. */
async function freePort(wanted: number): Promise<number> {
  try {
    const probe = Bun.listen({ hostname: '127.0.0.1', port: wanted, socket: { data: () => undefined } });
    const { port } = probe;
    probe.stop(true);
    return port;
  } catch {
    return 0;
  }
}

async function enrol(client: Client, io: Io): Promise<void> {
  const rows: string[][] = [];
  for (const id of SERVERS) {
    const scanned = await client.send('POST', `/servers/${id}/scan`, {});
    const candidate = at(scanned, 'candidate');
    const approved = await client.send('POST', `/servers/${id}/approve`, { digest: at(candidate, 'digest') ?? '' });
    const pinned = [textAt(approved, 'tools'), textAt(approved, 'digest').slice(0, 12)];
    rows.push([id, short(textAt(scanned, 'endpoint')), textAt(candidate, 'revision'), ...pinned]);
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
  for (const who of ['support', 'finance']) tokens.set(who, await tokenFor(client, `${who}-agent`, who));
  const ask = (step: Step): Promise<Attempt> => askAs({ url: gate, ca, token: tokens.get(step.who) ?? '' }, step);
  const attempts: Attempt[] = [];
  for (const step of scriptOf(join(folder, 'notes.txt'))) attempts.push(await ask(step));
  crm.poison();
  // An administrator looks again; without that the gate would notice by itself within a minute.
  await client.send('POST', '/servers/crm/scan', {});
  return [...attempts, await ask(AFTER_THE_RUG_PULL)];
}

async function tokenFor(client: Client, agent: string, group: string): Promise<string> {
  return textAt(await client.send('POST', '/agents', { agent, groups: [group], audience: ['*'], ttlMs: 3_600_000 }), 'token');
}

/** What happened, with the deciding policy as the journal has it, and the drift as a person would review it. */
async function tell(client: Client, attempts: readonly Attempt[], crm: Crm, io: Io): Promise<void> {
  const rows: string[][] = [];
  for (const one of attempts) {
    const record = await decisionOf(client, one);
    const policies = listAt(record, 'policies').filter((policy) => typeof policy === 'string').join(', ');
    const why = policies === '' && one.outcome === 'denied' ? 'no policy permits it' : policies;
    const verdict = one.asExpected ? 'as expected' : 'NOT EXPECTED';
    rows.push([one.who, one.sdk, `${one.server} ${one.tool}`, short(one.args), one.outcome, why, verdict]);
  }
  const shown = table(['agent', 'SDK', 'call', 'arguments', 'outcome', 'deciding policy', ''], rows);
  io.out(`\nWhat the scripted agents did, and which policy decided:\n${shown}`);
  io.out(`\nWhat really reached the CRM:  ${crm.effects.join(' · ')}\n`);
  const diff = textAt(await client.get('/servers/crm/diff'), 'text');
  io.out(`\nWhy the last call was denied (sallyport server diff crm):\n${plain(diff, true)}\n`);
}

async function decisionOf(client: Client, attempt: Attempt): Promise<JsonObject> {
  // A refusal names its exchange; an allowed call is the newest of this agent on this tool, under the tool's own name.
  const tool = attempt.tool.slice(attempt.tool.indexOf('__') < 0 ? 0 : attempt.tool.indexOf('__') + 2);
  const filter = attempt.exchange === undefined ? { tool, agent: `${attempt.who}-agent`, event: 'call.permitted' } : { exchange: attempt.exchange };
  const answer = await client.get('/audit/records', { ...filter, limit: 1, order: attempt.exchange === undefined ? 'newest' : 'oldest' });
  const first = listAt(answer, 'records')[0];
  return isObject(first) ? first : {};
}

async function stayUp(client: Client, gate: string, home: string, io: Io): Promise<void> {
  const token = await tokenFor(client, 'your-client', 'support');
  const program = join(import.meta.dir, '..', 'bin', 'sallyport');
  io.out(`
The gate stays up at ${gate} until you press Ctrl-C. Point your own client at it:

  Claude Code   claude mcp add desk -- ${program} connect t/desk --group support --home ${home}
  any client    command "${program}", arguments ["connect", "t/desk", "--group", "support", "--home", "${home}"]
  over HTTPS    ${gate}/mcp/t/desk with "Authorization: Bearer ${token}" (an hour), CA at ${join(home, 'ca', 'ca.pem')}

Look behind it:  bin/sallyport status --home ${home}   ·   bin/sallyport audit tail --home ${home}
`);
  await new Promise<void>((done) => {
    if (io.signal.aborted) done();
    else io.signal.addEventListener('abort', () => done(), { once: true });
  });
}

/** Paths of this machine in a table that should be readable. */
function short(text: string): string {
  return text.replaceAll(/\/\S*\/(?=(?:node |@modelcontextprotocol\/|shared-folder|notes\.txt))/g, '').replaceAll('/dist/index.js', '');
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
