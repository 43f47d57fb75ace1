import { join } from 'node:path';
import type { Client } from '../src/cli/client.ts';
import { quoted } from '../src/cli/connect-file.ts';
import { plain, table } from '../src/cli/terminal.ts';
import { isArray, isObject, type Json, type JsonObject } from '../src/domain/json.ts';
import type { Attempt } from './agent.ts';
import { demoFolder, type Stage } from './stage.ts';
import type { Story } from './story.ts';

const ROOT = join(import.meta.dir, '..');
const FEW = 3;
const CELL_CHARS = 30;
const POLICY_CHARS = 24;
const ARGS_CHARS = 100;
const LINE_CHARS = 116;

export function tellEnrolled({ io, enrolled, home }: Stage): void {
  const rows = enrolled.map(({ id, scanned, approved }) => [
    id, short(textAt(scanned, 'endpoint'), home), textAt(at(scanned, 'candidate'), 'revision'), textAt(approved, 'tools'),
    textAt(approved, 'digest').slice(0, 12),
  ]);
  const shown = table(['server', 'reached at', 'speaks', 'tools', 'baseline'], rows);
  io.out(`\n${rows.length} servers were read through the gate and approved; what they said of themselves is pinned:\n${shown}`);
}

/** What reaches the CRM and leaves by mail when the gate does its work: nothing of what was denied. */
const EFFECTS = ['search ada', 'search york', 'pay c-3 350', 'search edsger', 'search c-'];

/** What happened, with the deciding policy as the journal has it, and the drift as a person would review it. False: not as it should. */
export async function tellAttempts({ client, crm, others, io, home }: Stage, { attempts }: Story): Promise<boolean> {
  const rows: string[][] = [];
  let isAsExpected = crm.effects.join() === EFFECTS.join() && others.sent.length === 0;
  for (const one of attempts) {
    const record = await decisionOf(client, one);
    const policies = new Set(listAt(record, 'policies').map((policy) => (typeof policy === 'string' ? readable(policy) : '')));
    const why = policies.size > 0 ? [...policies].join(', ') : one.outcome === 'denied' ? 'no policy permits it' : 'none';
    const isRight = one.asExpected && (one.outcome !== 'allowed' || policies.size > 0);
    isAsExpected &&= isRight;
    const outcome = `${one.outcome}${isRight ? '' : '\nNOT EXPECTED'}`;
    rows.push([one.who, one.sdk, `${one.server} ${one.tool}`, fold(clipped(short(one.args, home)), CELL_CHARS), outcome, fold(why, POLICY_CHARS)]);
  }
  const shown = table(['agent', 'SDK', 'call', 'arguments', 'outcome', 'deciding policy'], rows);
  io.out(`\nWhat the scripted agents did, and which policy decided:\n${shown}`);
  io.out(`\nWhat really reached the CRM:  ${crm.effects.join(' · ')}\nWhat left by mail:  ${others.sent.length === 0 ? 'nothing' : others.sent.join(' · ')}\n`);
  const diff = textAt(await client.get('/servers/crm/diff'), 'text');
  const lines = diff.split('\n').map((line) => fold(plain(line), LINE_CHARS));
  io.out(`\nWhy the last call was denied (sallyport server diff crm):\n${lines.join('\n')}\n`);
  return isAsExpected;
}

/** What nobody did yet, and one agent could be made to do: planted, so that there is something to be found. */
export async function tellPaths({ client, io }: Stage): Promise<boolean> {
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

/** Breaks a text at spaces and between the members of JSON, so that a terminal of 120 columns shows it whole. */
function fold(text: string, width: number): string {
  return (text.match(new RegExp(`.{1,${width - 1}}(?:[ ,]|$)|.{1,${width}}`, 'gu')) ?? []).map((line) => line.trimEnd()).join('\n');
}

/** A role compiles to policies with ids of their own; a person knows the role. */
function readable(policy: string): string {
  return policy.replace(/^role:([^:]+):.*$/, 'role $1').replace(/^ceiling:/, 'register: ');
}

async function decisionOf(client: Client, attempt: Attempt): Promise<JsonObject> {
  // A refusal names its exchange; an allowed call is the newest of this agent on this tool, under the tool's own name.
  const tool = attempt.tool.slice(attempt.tool.indexOf('__') < 0 ? 0 : attempt.tool.indexOf('__') + 2);
  const filter = attempt.exchange === undefined ? { tool, agent: `${attempt.who}-agent`, event: 'call.permitted' } : { exchange: attempt.exchange };
  const answer = await client.get('/audit/records', { ...filter, limit: 1, order: attempt.exchange === undefined ? 'newest' : 'oldest' });
  const first = listAt(answer, 'records')[0];
  return isObject(first) ? first : {};
}

/** The links by which the console is opened, and what waits there. */
export async function tellConsole({ client, io, control, home }: Stage, { people }: Story): Promise<boolean> {
  const [held, open] = [await client.get('/approvals', { state: 'pending' }), await client.get('/incidents', { status: 'open' })];
  const [admin, ...others] = people.map((one) => ({ ...one, url: `${control}${one.path}` }));
  io.out(`
Open the console as its administrator (${admin?.userName ?? ''}; the link works once, within a quarter of an hour):

  ${admin?.url ?? ''}

Others who work with it, each in a browser profile (or a private window) of their own:

${others.map(({ userName, does, url }) => `  ${userName.padEnd(8)}${does}\n          ${url}`).join('\n')}

  A new link:  ${quoted(join(ROOT, 'bin', 'sallyport'))} account reset olivia --home ${quoted(home)}
`);
  return listAt(held, 'approvals').length === 1 && listAt(open, 'incidents').length > 0;
}

export function tellHow({ gate, home, io }: Stage): void {
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

function clipped(text: string): string {
  return text.length > ARGS_CHARS ? `${text.slice(0, ARGS_CHARS)}…` : text;
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
