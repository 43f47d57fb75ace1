import { mkdirSync, realpathSync, statSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import type { Needs } from '../control/needs.ts';
import { LIMITS } from '../domain/limits.ts';
import { GATE_ROLES, ROLES, type GateRole } from '../domain/role.ts';
import { placeOf, socketPathOf } from '../link/place.ts';
import { callersOf } from '../link/verbs.ts';
import { hardLimits } from '../sandbox/jail/hard-limits.ts';
import type { Jail, JailLimits, Mount } from '../sandbox/jail/jail.ts';
import { runtimeFolders } from '../sandbox/jail/runtimes.ts';
import { systemMounts, whoMounts } from '../sandbox/jail/system.ts';
import { searchPathOf } from '../sandbox/tools.ts';
import { waysOf } from './runner-ways.ts';

/** What the jails of one installation are made of. */
export interface JailParts {
  readonly home: string;
  /** What control says that the settings need. */
  readonly needs: Needs;
  /** The supervisor's own environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What control is started with; it is handed the texts and sees none of the folders that they lie in. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** Whether a jail can be made in the runner's. */
  readonly nests: boolean;
}

const PROJECT = join(import.meta.dir, '..', '..');
/** What of the project runs; tests, history and whatever else lies there are nobody's business. */
const PROGRAM: readonly string[] = ['src', 'node_modules', 'package.json', 'tsconfig.json'];
/** What control serves to browsers, and nobody else has a use for. */
const CONSOLE = join(PROJECT, 'console', 'dist');

/**
 * The jail of a role: the system's libraries and the program read-only, its own folder and its own place for sockets
 * writable, the sockets of those it may call; no network and no new process where it needs none. (DESIGN part 3, roles.)
 */
export function jailOf(role: GateRole, parts: JailParts): Jail {
  const { home, nests } = parts;
  const isRunner = role === 'runner';
  const runsPrograms = isRunner || wideOf(role, parts).includes('programs');
  return {
    mounts: [
      ...systemMounts(runsPrograms ? 'programs' : 'libraries'),
      { kind: 'tmp', at: '/tmp', bytes: LIMITS.jailTmpBytes },
      ...whoMounts(isRunner && nests ? 0 : process.getuid?.() ?? 0, isRunner && nests ? 0 : process.getgid?.() ?? 0, '/tmp'),
      ...[process.execPath, ...PROGRAM.map((name) => join(PROJECT, name))].map(shown),
      // What the home has of its own in a jail are the places of what is shown of it.
      { kind: 'tmp', at: home, bytes: LIMITS.jailPlacesBytes },
      ...grantsOf(role, parts),
      ...ownFiles(role, home),
      ...(role === 'control' ? [shown(CONSOLE)] : []),
      ...(role === 'control' ? parts.files.map(({ path, text }): Mount => ({ kind: 'text', at: path, text })) : []),
      { kind: 'closed', at: home },
    ],
    network: isRunner || (role === 'ledger' && !wideOf(role, parts).includes('network')) ? 'none' : 'machine',
    spawning: isRunner && nests ? 'jails' : runsPrograms ? 'processes' : 'none',
    limits: limitsOf(isRunner),
    cwd: '/',
  };
}

/** What control's settings and the operator's environment add to a role's jail; another answer means that it must be started anew. */
export function grantsOf(role: GateRole, { home, needs, env }: JailParts): readonly Mount[] {
  const may = (path: string): boolean => mayShow(path, home);
  switch (role) {
    case 'control':
      return [
        ...[env['STORE_ROOTS'], env['SALLYPORT_VAULT_PASSPHRASE_FILE']].flatMap((file) => (file === undefined || file === '' ? [] : [shown(file)])),
        ...(needs.control.keyring && env['XDG_RUNTIME_DIR'] !== undefined ? [shown(join(env['XDG_RUNTIME_DIR'], 'bus'))] : []),
        ...needs.control.reads.filter(may).map(shown),
      ];
    case 'gateway':
      return env['STORE_ROOTS'] === undefined ? [] : [shown(env['STORE_ROOTS'])];
    case 'ledger':
      return needs.ledger.writes.filter(may).map(written);
    case 'runner': {
      const runtimes = runtimeFolders(searchPathOf(env['PATH'], join(PROJECT, 'node_modules', '.bin')));
      return [...runtimes, ...needs.runner.reads].filter(may).map(shown).concat(needs.runner.writes.filter(may).map(written));
    }
    case 'egress':
    default:
      return [];
  }
}

/** What the settings add to a role's jail that is no file. */
export function wideOf(role: GateRole, { needs }: JailParts): readonly ('network' | 'programs')[] {
  if (role === 'ledger' && needs.ledger.network) return ['network'];
  return role === 'control' && needs.control.programs ? ['programs'] : [];
}

/** What the settings ask for a role and it is not granted: the home's own folders and what holds them, the kernel's files, and everything. */
export function refusedOf(role: GateRole, { home, needs }: JailParts): readonly string[] {
  const asked: Readonly<Partial<Record<GateRole, readonly string[]>>> = {
    control: needs.control.reads, ledger: needs.ledger.writes, runner: [...needs.runner.reads, ...needs.runner.writes],
  };
  return (asked[role] ?? []).filter((path) => !mayShow(path, home));
}

/** Folders that a sink is to make: in a jail it could not. One that can't be made is missing there, and its sink says so; records go on. */
export function makeSinkFolders({ home, needs }: JailParts): void {
  for (const folder of needs.ledger.writes.filter((path) => mayShow(path, home))) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch {
      // As above: a setting of one sink is no reason to have no ledger.
    }
  }
}

const KERNELS = /^\/(?:proc|sys|dev|boot)(?:\/|$)/;
/** Bubblewrap can't put a file over one that it made itself (`whoMounts`). */
const MADE: ReadonlySet<string> = new Set(['/etc/passwd', '/etc/group']);

/**
 * Whether a jail may see a place beside its role's own: not the home's folders, nor what holds them; and nothing over which the
 * whole jail would fail, because it can't be looked at or put there: one setting would be the end of its role.
 */
export function mayShow(path: string, home: string): boolean {
  const [real, own] = [realOf(path), realOf(home)];
  if (real === '/' || KERNELS.test(real) || MADE.has(path) || `${own}/`.startsWith(`${real}/`) || !canLookAt(path)) return false;
  return ![...ROLES, 'keys', 'run', 'ca'].some((name) => `${real}/`.startsWith(`${own}/${name}/`));
}

/** It is there, or nothing is. */
function canLookAt(path: string): boolean {
  try {
    statSync(path);
    return true;
  } catch (fault) {
    return fault instanceof Error && 'code' in fault && fault.code === 'ENOENT';
  }
}

/** Where a path really leads; of what does not exist yet, where its folder leads. */
function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(realOf(folder), path.slice(folder.length));
  }
}

function ownFiles(role: GateRole, home: string): readonly Mount[] {
  const calls = GATE_ROLES.filter((listener) => callersOf(listener).includes(role));
  return [
    shown(join(home, 'keys')),
    ...(role === 'runner' ? [shown(join(home, 'packages'))] : role === 'control' ? [written(join(home, 'packages'))] : []),
    ...[join(home, role), join(home, 'keys', role), placeOf(home, role), ...(role === 'control' ? [join(home, 'ca')] : [])].map(written),
    ...shownToOthers(role, home).map(written),
    ...(role === 'runner' ? [shown(waysOf(home))] : []),
    ...calls.filter((listener) => listener !== role).map((listener) => shown(join(placeOf(home, listener), role))),
  ];
}

/**
 * What lies in a listener's place and other jails show. Mounted once more, each is one that the listener can fill, and not replace
 * by a link: a caller's jail would show whatever that leads to.
 */
function shownToOthers(role: GateRole, home: string): readonly string[] {
  return [...callersOf(role).map((caller) => dirname(socketPathOf(home, role, caller))), ...(role === 'egress' ? [waysOf(home)] : [])];
}

function shown(path: string): Mount {
  return { kind: 'read', from: path, at: path, optional: true };
}

function written(path: string): Mount {
  return { kind: 'write', from: path, at: path, optional: true };
}

function limitsOf(isRunner: boolean): JailLimits {
  const hard = hardLimits();
  return {
    dataBytesMax: Math.min(hard('Max data size'), Math.max(LIMITS.jailDataBytesMin, Math.floor(totalmem() * LIMITS.jailDataShare))),
    filesMax: Math.min(hard('Max open files'), LIMITS.jailFilesMax),
    ...(isRunner ? { processesMax: LIMITS.jailProcessesMax } : {}),
  };
}
