import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readNeeds } from '../control/needs.ts';
import { GATE_ROLES, type GateRole } from '../domain/role.ts';
import { probeJails, type JailSupport } from '../sandbox/jail/probe.ts';
import type { Check } from './doctor.ts';

/** Namespaces that a jail has of its own; the network's is told apart. */
const NAMESPACES = ['user', 'mnt', 'pid', 'ipc', 'uts', 'cgroup'] as const;
/** CAP_SETFCAP, which the runner has over its own user namespace: making jails takes it. */
const TO_NEST = 1n << 31n;
const MOST_PLACES = 12;

/**
 * How each role is really confined: read from the kernel, of the process that runs, never from settings. What is not found on
 * this machine is said to be so.
 */
export async function checkBoundaries(home: string): Promise<readonly Check[]> {
  const support = await probeJails();
  const running = rolesOf(home);
  return [checkMachine(support), ...GATE_ROLES.flatMap((role) => checkRole(role, running.get(role) ?? [], support, home))];
}

function checkMachine(support: JailSupport): Check {
  const what = 'jails';
  if (support.kind === 'none') {
    return { what, state: 'warn', found: `this machine has none: ${support.why}. Roles run as plain processes of one user`, remedy: support.remedy };
  }
  if (support.nests) return { what, state: 'good', found: 'this machine makes jails, and jails in jails', remedy: '' };
  return { what, state: 'warn', found: 'this machine makes jails, but none in a jail: local servers are refused', remedy: 'run the runner in a container' };
}

function checkRole(role: GateRole, pids: readonly number[], support: JailSupport, home: string): readonly Check[] {
  const what = `boundary: ${role}`;
  if (pids.length === 0) return [{ what, state: 'warn', found: 'no process of it is found on this machine', remedy: 'ask the machine that it runs on' }];
  return pids.map((pid): Check => {
    const seen = look(pid);
    if (seen === undefined) return { what, state: 'warn', found: `process ${pid} cannot be looked at by this user`, remedy: 'run doctor as who runs the role' };
    const lacks = lacksOf(role, seen, home);
    const state = lacks.length === 0 ? 'good' : support.kind === 'jails' ? 'bad' : 'warn';
    const verdict = lacks.length === 0 ? 'jailed' : `${seen.own.length === 0 ? 'NOT JAILED' : 'WEAKER'}: ${lacks.join(', ')}`;
    const remedy = support.kind === 'jails' ? 'start it with sallyport up, without --unjailed' : support.remedy;
    return { what, state, found: `pid ${pid}: ${verdict}; ${describe(seen)}`, remedy };
  });
}

interface Seen {
  /** Namespaces of its own. */
  readonly own: readonly (typeof NAMESPACES)[number][];
  readonly hasOwnNetwork: boolean;
  readonly noNewPrivileges: boolean;
  readonly isFiltered: boolean;
  readonly capabilities: bigint;
  readonly writable: readonly string[];
  /** Whether the kernel counts it in a group of ours. */
  readonly isCounted: boolean;
  /** Processes below it that are in no jail of their own, but for those that make jails. */
  readonly loose: readonly number[];
  readonly below: number;
}

function look(pid: number): Seen | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? '';
    const differs = (name: string): boolean => readlinkSync(`/proc/${pid}/ns/${name}`) !== readlinkSync(`/proc/self/ns/${name}`);
    const below = descendantsOf(pid);
    const user = readlinkSync(`/proc/${pid}/ns/user`);
    return {
      own: NAMESPACES.filter(differs), hasOwnNetwork: differs('net'), noNewPrivileges: field('NoNewPrivs') === '1', isFiltered: field('Seccomp') === '2',
      capabilities: BigInt(`0x${field('CapEff') || '0'}`) | BigInt(`0x${field('CapBnd') || '0'}`),
      writable: writableOf(pid), isCounted: readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes('/sallyport-'),
      loose: below.filter((one) => isLoose(one, user)), below: below.length,
    };
  } catch {
    return undefined;
  }
}

function lacksOf(role: GateRole, seen: Seen, home: string): readonly string[] {
  const missing = NAMESPACES.filter((name) => !seen.own.includes(name));
  const mayReach = role === 'gateway' || role === 'control' || role === 'egress' || (role === 'ledger' && readNeeds(home).ledger.network);
  return [
    ...(missing.length === 0 ? [] : [`shares the machine's namespaces (${missing.join(', ')})`]),
    ...(seen.isFiltered ? [] : ['no filter of system calls']),
    ...(seen.noNewPrivileges ? [] : ['may gain privileges']),
    ...((seen.capabilities & ~(role === 'runner' ? TO_NEST : 0n)) === 0n ? [] : [`capabilities ${seen.capabilities.toString(16)}`]),
    ...(seen.hasOwnNetwork || mayReach ? [] : ["the machine's network, which it does not need"]),
    ...(seen.loose.length === 0 ? [] : [`local servers without a sandbox (pid ${seen.loose.join(', ')})`]),
  ];
}

function describe(seen: Seen): string {
  const places = seen.writable.slice(0, MOST_PLACES).join(' ');
  const more = seen.writable.length > MOST_PLACES ? ` and ${seen.writable.length - MOST_PLACES} more` : '';
  return [
    seen.own.length === 0 ? 'no namespace of its own' : `own namespaces: ${seen.own.join(' ')}${seen.hasOwnNetwork ? ' net' : ''}`,
    seen.hasOwnNetwork ? 'no network' : "the machine's network",
    seen.own.includes('mnt') ? `writes ${places === '' ? 'nowhere' : places}${more}` : 'writes whatever its user may',
    ...(seen.isCounted ? ['counted by a cgroup'] : []),
    ...(seen.below === 0 ? [] : [`${seen.below} processes below it`]),
  ].join('; ');
}

/** Role → processes of this home. */
function rolesOf(home: string): ReadonlyMap<GateRole, readonly number[]> {
  const found = new Map<GateRole, number[]>();
  for (const pid of allProcesses()) {
    const words = wordsOf(pid);
    const at = words.indexOf('role');
    const role = GATE_ROLES.find((one) => one === words[at + 1]);
    // bubblewrap's own command line ends with the role's.
    if (at < 0 || role === undefined || words[0]?.endsWith('/bwrap') === true || homeOf(pid, words) !== home) continue;
    found.set(role, [...(found.get(role) ?? []), pid]);
  }
  return found;
}

/** As the role itself finds it: by its option, else by its environment. */
function homeOf(pid: number, words: readonly string[]): string | undefined {
  const at = words.indexOf('--home');
  const option = at < 0 ? words.find((word) => word.startsWith('--home='))?.slice('--home='.length) : words[at + 1];
  if (option?.startsWith('/') === true) return option.length > 1 ? option.replace(/\/+$/, '') : option;
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').map((line) => line.split(/=(.*)/s));
    const env: Readonly<Record<string, string | undefined>> = Object.fromEntries(variables.map(([name = '', value]) => [name, value]));
    return resolve(readlinkSync(`/proc/${pid}/cwd`), option ?? env['SALLYPORT_HOME'] ?? join(env['HOME'] ?? '/', '.sallyport'));
  } catch {
    return undefined;
  }
}

function wordsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function allProcesses(): readonly number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
}

function descendantsOf(pid: number): readonly number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter((one) => one !== '').map(Number);
    return children.flatMap((child) => [child, ...descendantsOf(child)]);
  } catch {
    return [];
  }
}

function isLoose(pid: number, user: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/user`) === user && !/^(?:bwrap|prlimit|sh)$/.test(readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
  } catch {
    return false;
  }
}

/** Where it may write files that are not its own memory's. */
function writableOf(pid: number): readonly string[] {
  const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').trim().split('\n').map((line) => line.split(' '));
  return mounts.filter((words) => {
    const type = words[words.indexOf('-') + 1] ?? '';
    // What is bound into a jail has a place in another file system; the jail's own memory is all of its own.
    return (words[5] ?? '').split(',').includes('rw') && !/^(?:proc|devpts|mqueue|devtmpfs)$/.test(type) && !(type === 'tmpfs' && words[3] === '/');
  }).map((words) => words[4] ?? '').toSorted();
}
