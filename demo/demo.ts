import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { caOf } from '../src/cli/connect.ts';
import { controlClient, type Client } from '../src/cli/client.ts';
import type { Io } from '../src/cli/command.ts';
import { plain, table } from '../src/cli/terminal.ts';
import { startAll } from '../src/cli/up.ts';
import { isArray, isObject, type Json, type JsonObject } from '../src/domain/json.ts';
import { askAs, type Attempt } from './agent.ts';
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
    rows.push([id, short(String(at(scanned, 'endpoint'))), String(at(candidate, 'revision')), String(at(approved, 'tools')), String(at(approved, 'digest')).slice(0, 12)]);
  }
  io.out(`\nFour servers were read through the gate and approved; what they said of themselves is pinned:\n${table(['server', 'reached at', 'speaks', 'tools', 'baseline'], rows)}`);
}

/** The script: what a careful agent does, what a careless or deceived one tries. */
async function play(client: Client, crm: Crm, gate: string, home: string, folder: string): Promise<readonly Attempt[]> {
  const ca = caOf(home) ?? '';
  const support = { url: gate, ca, token: await tokenFor(client, 'support-agent', 'support') };
  const finance = { url: gate, ca, token: await tokenFor(client, 'finance-agent', 'finance') };
  const before = [
    await askAs(support, { who: 'support', sdk: 'v2', server: 'crm', tool: 'search_contacts', args: { query: 'ada' }, expect: 'allowed' }),
    await askAs(support, { who: 'support', sdk: 'v1', server: 'crm', tool: 'search_contacts', args: { query: 'york' }, expect: 'allowed' }),
    await askAs(support, { who: 'support', sdk: 'v2', server: 'crm', tool: 'delete_contact', args: { id: 'c-1' }, expect: 'denied' }),
    await askAs(support, { who: 'support', sdk: 'v2', server: 'crm', tool: 'pay_invoice', args: { id: 'c-1', amountEur: 1200 }, expect: 'denied' }),
    await askAs(finance, { who: 'finance', sdk: 'v2', server: 'crm', tool: 'pay_invoice', args: { id: 'c-3', amountEur: 350 }, expect: 'allowed' }),
    await askAs(finance, { who: 'finance', sdk: 'v2', server: 'crm', tool: 'pay_invoice', args: { id: 'c-1', amountEur: 1200 }, expect: 'denied' }),
    await askAs(support, { who: 'support', sdk: 'v1', server: 'files', tool: 'read_text_file', args: { path: join(folder, 'notes.txt') }, expect: 'allowed' }),
    await askAs(support, { who: 'support', sdk: 'v1', server: 'files', tool: 'write_file', args: { path: join(folder, 'notes.txt'), content: 'x' }, expect: 'denied' }),
    await askAs(support, { who: 'support', sdk: 'v2', server: 'memory', tool: 'read_graph', args: {}, expect: 'allowed' }),
    await askAs(support, { who: 'support', sdk: 'v2', server: 'everything', tool: 'get-sum', args: { a: 2, b: 3 }, expect: 'allowed' }),
    await askAs(support, { who: 'support', sdk: 'v2', server: 't/desk', tool: 'crm__search_contacts', args: { query: 'edsger' }, expect: 'allowed' }),
  ];
  crm.poison();
  // An administrator looks again; without that the gate would notice by itself within a minute.
  await client.send('POST', '/servers/crm/scan', {});
  return [...before, await askAs(support, { who: 'support', sdk: 'v2', server: 'crm', tool: 'search_contacts', args: { query: 'ada' }, expect: 'denied', note: 'its description was changed after approval' })];
}

async function tokenFor(client: Client, agent: string, group: string): Promise<string> {
  return String(at(await client.send('POST', '/agents', { agent, groups: [group], audience: ['*'], ttlMs: 3_600_000 }), 'token'));
}

/** What happened, with the deciding policy as the journal has it, and the drift as a person would review it. */
async function tell(client: Client, attempts: readonly Attempt[], crm: Crm, io: Io): Promise<void> {
  const rows: string[][] = [];
  for (const one of attempts) {
    const record = await decisionOf(client, one);
    const why = isArray(record['policies'] ?? null) ? (record['policies'] as readonly Json[]).join(', ') : one.outcome === 'denied' ? 'no policy permits it' : '';
    rows.push([one.who, one.sdk, `${one.server} ${one.tool}`, short(one.args), one.outcome, why, one.asExpected ? 'as expected' : 'NOT EXPECTED']);
  }
  io.out(`\nWhat the scripted agents did, and which policy decided:\n${table(['agent', 'SDK', 'call', 'arguments', 'outcome', 'deciding policy', ''], rows)}`);
  io.out(`\nWhat really reached the CRM:  ${crm.effects.join(' · ')}\n`);
  const diff = at(await client.get('/servers/crm/diff'), 'text');
  io.out(`\nWhy the last call was denied (sallyport server diff crm):\n${plain(String(diff), true)}\n`);
}

async function decisionOf(client: Client, attempt: Attempt): Promise<JsonObject> {
  // A refusal names its exchange; an allowed call is the newest of this agent on this tool, under the tool's own name.
  const tool = attempt.tool.slice(attempt.tool.indexOf('__') < 0 ? 0 : attempt.tool.indexOf('__') + 2);
  const filter = attempt.exchange === undefined ? { tool, agent: `${attempt.who}-agent`, event: 'call.permitted' } : { exchange: attempt.exchange };
  const answer = await client.get('/audit/records', { ...filter, limit: 1, order: attempt.exchange === undefined ? 'newest' : 'oldest' });
  const records = at(answer, 'records');
  const first = isArray(records ?? null) ? (records as readonly Json[])[0] : undefined;
  return isObject(first) ? first : {};
}

async function stayUp(client: Client, gate: string, home: string, io: Io): Promise<void> {
  const token = await tokenFor(client, 'your-client', 'support');
  io.out(`
The gate stays up at ${gate} until you press Ctrl-C. Point your own client at it:

  Claude Code   claude mcp add desk -- ${join(import.meta.dir, '..', 'bin', 'sallyport')} connect t/desk --group support --home ${home}
  any client    command "${join(import.meta.dir, '..', 'bin', 'sallyport')}", arguments ["connect", "t/desk", "--group", "support", "--home", "${home}"]
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

function at(value: Json | undefined, key: string): Json | undefined {
  return isObject(value) ? value[key] : undefined;
}
