import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { placeOf } from '../link/place.ts';
import { checkAgents } from './agent-checks.ts';
import { checkBoundaries } from './boundaries.ts';
import type { Client } from './client.ts';
import { show } from './command.ts';
import type { Command } from './command.ts';
import { homeFolder } from './home.ts';
import { number, objects, part, text } from './json-view.ts';
import { legsOf } from './legs.ts';
import { plain, span, table } from './terminal.ts';
import { VERIFY_OPTIONS, VERIFY_USAGE, verifyProgram } from './verify.ts';
import { vaultChecks } from './vault-health.ts';
import { editionOf } from './status.ts';
import { callOf } from './verbs.ts';

/** One thing that was looked at, as it is. `bad` makes the command fail; `warn` is for someone to decide. */
export interface Check {
  readonly what: string;
  readonly state: 'good' | 'warn' | 'bad';
  readonly found: string;
  readonly remedy: string;
}

const LEASE_LOW_MS = 15_000;

export const command: Command = {
  name: 'doctor',
  summary: 'What is true of this installation: roles, files, what is in force, and how each leg is protected',
  usage: `doctor\n${VERIFY_USAGE}`,
  async run(args, io) {
    const call = callOf(command, args, VERIFY_OPTIONS, io);
    if (call.options.flag('verify')) return verifyProgram(call);
    const home = homeFolder(io.env, call.options.home);
    const url = (await readFile(join(placeOf(home, 'gateway'), 'door.url'), 'utf8').catch(() => '')).trim();
    const checks = [...(await checkFiles(home)), ...(await checkBoundaries(home)), ...(await checkRunning(call.client, url))];
    const rows: readonly Json[] = checks.map((check) => ({ ...check }));
    show(io, call.options.json, { home, checks: rows }, () => table(['what', 'state', 'found', 'remedy'], checks.map(({ what, state, found, remedy }) => [
      what, state === 'bad' ? 'BAD' : state, found, state === 'good' ? '' : remedy,
    ])));
    return checks.some(({ state }) => state === 'bad') ? 1 : 0;
  },
};

const SECRET_FILES = [
  'control/admin.token', 'control/seal.key', 'control/key.pem', 'control/store.db', 'gateway/key.pem', 'ledger/key.pem', 'runner/key.pem', 'egress/key.pem',
  'control/ca.key.pem', 'control/vault.key', 'control/vault.key.age',
];

async function checkFiles(home: string): Promise<readonly Check[]> {
  const checks: Check[] = [];
  for (const name of SECRET_FILES) {
    const found = await lstat(join(home, name)).catch(() => undefined);
    if (found === undefined) continue;
    const open = (found.mode & 0o077) !== 0;
    if (open || !found.isFile()) {
      checks.push(
        {
          what: name, state: 'bad', found: found.isFile() ? `mode ${(found.mode & 0o777).toString(8)}` : 'not a plain file',
          remedy: `chmod 600 ${join(home, name)}, and replace the secret: others could read it`,
        },
      );
    }
  }
  return checks.length > 0 ? checks : [{ what: 'secret files', state: 'good', found: 'only their owner can read them', remedy: '' }];
}

function checkBreakGlass(status: Json): readonly Check[] {
  const [what, state] = ['break-glass', 'bad'] as const;
  const [open, overdue] = [text(part(status, 'breakGlass', 'open')), text(part(status, 'breakGlass', 'overdue'))];
  return [
    ...(open === '' ? [] : [{ what, state, found: `open: ${open}`, remedy: 'sallyport break-glass close ID, when it is over' }]),
    ...(overdue === '' ? [] : [{ what, state, found: `not reviewed: ${overdue}`, remedy: 'sallyport break-glass review ID --note …' }]),
  ];
}

/** `url`: where a gateway of this machine really listens; what is declared may be wrong. */
async function checkRunning(client: Client, url: string): Promise<readonly Check[]> {
  try {
    const status = await client.get('/status');
    const servers = objects(part(await client.get('/servers'), 'servers'));
    const agents = checkAgents(await client.get('/agents'), await client.get('/agents/unknown'), Date.now());
    const vault = vaultChecks(await client.get('/vault'));
    const nodes = await ofOrganisation(client, '/links', (answer) => objects(part(answer, 'nodes')), []);
    const isRestored = await ofOrganisation(client, '/recovery', (answer) => part(answer, 'awaiting') === true, false);
    const legs = legsOf(url === '' ? text(part(status, 'network', 'publicUrl')) : url, servers, nodes, Date.now());
    return [...checkRoles(status), ...checkForce(status, isRestored), ...checkBreakGlass(status), ...vault, ...agents, ...legs];
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    return [{ what: 'control', state: 'bad', found: `${error.code}: ${error.message}`, remedy: error.remedy ?? '' }];
  }
}

/** Other machines and recovery are the whole organisation's: an administrator of one space sees nothing of them. */
async function ofOrganisation<T>(client: Client, path: string, read: (answer: Json) => T, otherwise: T): Promise<T> {
  try {
    return read(await client.get(path));
  } catch (error) {
    if (error instanceof SallyportError && error.code === 'ERR_ADMIN_FORBIDDEN') return otherwise;
    throw error;
  }
}

function checkRoles(status: Json): readonly Check[] {
  const roles = part(status, 'roles');
  const gateways = number(part(roles, 'gateways'));
  return [
    up('control', true, 'answers'),
    up('gateway', gateways > 0, gateways > 0 ? `${gateways} follow this control` : 'none follows this control: no call passes'),
    up('ledger', part(roles, 'ledger') === true, part(roles, 'ledger') === true ? 'answers' : 'does not answer: no call passes'),
    up('runner', part(roles, 'runner') === true, part(roles, 'runner') === true ? 'answers' : 'does not answer: local servers cannot run'),
    up('egress', part(roles, 'egress') === true, part(roles, 'egress') === true ? 'follows control' : 'does not follow control: local servers reach nothing'),
  ];
}

function up(what: string, isUp: boolean, found: string): Check {
  return { what, state: isUp ? 'good' : 'bad', found, remedy: `start it: sallyport up, or sallyport role ${what}` };
}

function checkForce(status: Json, isRestored: boolean): readonly Check[] {
  const version = part(status, 'snapshot', 'version');
  const problems = part(status, 'problems');
  const endsInMs = number(part(status, 'lease', 'endsInMs'));
  const killed = part(status, 'killed', 'all') === true;
  return [
    version === undefined
      ? { what: 'snapshot', state: 'bad', found: 'none is in force: everything is denied', remedy: 'correct the configuration, then: sallyport apply' }
      : { what: 'snapshot', state: 'good', found: `version ${text(version)}, ${span(number(part(status, 'snapshot', 'ageMs')))} old`, remedy: '' },
    ...(Array.isArray(problems) ? problems : []).map(
      (problem): Check => ({ what: 'configuration', state: 'bad', found: text(problem), remedy: 'what was in force stays in force; correct it' }),
    ),
    {
      what: 'lease', state: endsInMs > LEASE_LOW_MS ? 'good' : 'bad', found: `ends in ${span(endsInMs)}`,
      remedy: 'control cannot renew it: look at its output',
    },
    ...checkDetection(status),
    ...(killed ? [stopped(isRestored)] : []),
  ];
}

/** A gateway that could not take what is signed inspects by what it had. */
function checkDetection(status: Json): readonly Check[] {
  const [wanted, what] = [editionOf(part(status, 'detection')), 'detection'];
  const gateways = objects(part(status, 'detection', 'gateways'));
  const behind = gateways.filter(({ isCurrent }) => isCurrent !== true).map((one): Check => ({
    what, state: 'bad', found: `gateway ${plain(text(one['node']))} inspects by ${editionOf(one)}, not by ${wanted}`,
    remedy: 'sallyport audit query "event = detection.kept"; sallyport knowledge rollback VERSION --reason …',
  }));
  return behind.length > 0 ? behind : [{ what, state: 'good', found: `${wanted} (${gateways.length} gateways say so)`, remedy: '' }];
}

/** No switch lifts what waits for an order. */
function stopped(isRestored: boolean): Check {
  if (!isRestored) return { what: 'kill switch', state: 'warn', found: 'everything is stopped', remedy: 'sallyport kill all --off --reason …' };
  const remedy = 'sallyport recovery draft FILE --reason …';
  return { what: 'restored', state: 'warn', found: 'every call is denied until two people have signed an order', remedy };
}
