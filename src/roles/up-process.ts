import { hostname } from 'node:os';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readManifest } from '../control/manifest/files.ts';
import { originOf } from '../control/manifest/on-disk.ts';
import { readNeeds } from '../control/needs.ts';
import type { GateRole } from '../domain/role.ts';
import { parseManifest } from '../registry/manifest.ts';
import { jailCommand, type Mount } from '../sandbox/jail/jail.ts';
import type { JailSupport } from '../sandbox/jail/probe.ts';
import { pidInJail, startJailed } from '../sandbox/jail/start.ts';
import { passOn } from './role-stderr.ts';
import { makeRunnerGroups } from './up-cgroups.ts';
import { jailOf, makeSinkFolders, mayShow, type JailParts } from './up-jail.ts';

/** What the supervisor starts a role's process with. */
export interface ProcessOptions {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Arguments of each role after `role <name> --home <home>`. */
  readonly roleArguments: Readonly<Partial<Record<GateRole, readonly string[]>>>;
}

type Jails = JailSupport & { readonly kind: 'jails' };

export interface RoleProcess {
  readonly child: Bun.Subprocess<'pipe', 'pipe', 'pipe'>;
  /** Of the role itself, as this machine counts; undefined when it ended before it had one. */
  readonly pid: Promise<number | undefined>;
}

/** What a role may see of the environment: its secrets are not for its siblings. */
const ENVIRONMENT: Readonly<Record<GateRole, readonly string[]>> = {
  ledger: [],
  runner: [],
  egress: [],
  gateway: ['REDIS_URL', 'STORE_ROOTS', 'BUN_CONFIG_MAX_HTTP_REQUESTS'],
  control: ['DATABASE_URL', 'STORE_ROOTS'],
};
const COMMON_ENVIRONMENT = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ'];

/** What a role runs. */
export function commandOf(role: GateRole, { home, roleArguments }: ProcessOptions): readonly string[] {
  return [process.execPath, join(import.meta.dir, '..', 'cli', 'main.ts'), 'role', role, '--supervised', '--home', home, ...(roleArguments[role] ?? [])];
}

/** Starts a command in a role's jail; as a plain process where the machine has none. */
export async function startRole(role: GateRole, command: readonly string[], options: ProcessOptions, support: JailSupport): Promise<RoleProcess> {
  const own = environmentOf(role, options.env);
  if (support.kind === 'none') {
    const child = spawn(command, own, []);
    void passOn(role, child.stderr);
    return { child, pid: Promise.resolve(child.pid) };
  }
  const manifest = role === 'control' ? await manifestFor(options) : NO_MANIFEST;
  const parts = { ...jailParts(options, support), files: manifest.files };
  if (role === 'ledger') makeSinkFolders(parts);
  const groups = role === 'runner' ? makeRunnerGroups(options.home) : { entrance: [], mounts: [] };
  const jail = jailOf(role, parts);
  const mounts = [...jail.mounts, ...groups.mounts, ...manifest.mounts];
  // Control compares what sensors saw on this machine with what is declared at its loopback: by the machine's name.
  const named = role === 'control' ? { hostname: hostname() } : {};
  const jailed = jailCommand({ ...jail, ...named, mounts }, [...command, ...manifest.arguments], support.machine);
  const env = { ...own, TMPDIR: '/tmp', ...(role === 'control' ? {} : { HOME: '/tmp' }) };
  const { child, told } = startJailed(jailed, (argv, descriptors) => spawn([...groups.entrance, ...argv], env, descriptors));
  void passOn(role, child.stderr);
  return { child, pid: pidInJail(told, () => child.exitCode !== null || child.signalCode !== null) };
}

export function jailParts({ home, env }: ProcessOptions, { nests }: Jails): JailParts {
  return { home, env, needs: readNeeds(home), nests, files: [] };
}

interface ManifestInJail {
  readonly files: JailParts['files'];
  readonly mounts: readonly Mount[];
  readonly arguments: readonly string[];
}

const NO_MANIFEST: ManifestInJail = { files: [], mounts: [], arguments: [] };

/**
 * The manifest that control is started with, and every file that it names, as texts, with who changed them when; of one that can't be read,
 * what there is, for control to say what is wrong. A watched one is seen where it lies, with its folders: what changes later is to be seen too.
 */
async function manifestFor({ home, roleArguments }: ProcessOptions): Promise<ManifestInJail> {
  const given = roleArguments.control ?? [];
  const file = given[given.indexOf('--manifest') + 1];
  if (!given.includes('--manifest') || file === undefined) return NO_MANIFEST;
  // Beside the state itself it would show the other roles' files: then control sees it as it is at its start, and says that it is not watched.
  const isWatched = given.includes('--watch') && mayShow(dirname(file), home);
  try {
    const { files: { text, policies, extraRoots }, paths } = await readManifest(file);
    const folders = [...new Map(paths.filter((path) => mayShow(dirname(path), home)).map((path) => [dirname(path), seen(path)])).values()];
    if (isWatched) return { ...NO_MANIFEST, mounts: folders };
    const beside = (name: string): string => resolve(dirname(file), name);
    const roots = parseManifest(text, file).network?.extraRoots;
    const files = [
      { path: file, text },
      ...policies.map((policy) => ({ path: beside(policy.file), text: policy.text })),
      ...(extraRoots === undefined || roots === undefined ? [] : [{ path: beside(roots), text: extraRoots }]),
    ];
    return { ...NO_MANIFEST, files, arguments: ['--manifest-origin', JSON.stringify(await originOf(paths))] };
  } catch {
    if (isWatched) return { ...NO_MANIFEST, mounts: [seen(file)] };
    return { ...NO_MANIFEST, files: existsSync(file) ? [{ path: file, text: readFileSync(file, 'utf8') }] : [] };
  }
}

function seen(path: string): Mount {
  return { kind: 'read', from: dirname(path), at: dirname(path) };
}

function spawn(argv: readonly string[], env: Readonly<Record<string, string | undefined>>, descriptors: readonly number[]): RoleProcess['child'] {
  return Bun.spawn([...argv], {
    // Stdin: the child reads its end as "the supervisor is gone" and stops.
    // Stderr comes by way of the supervisor: a role that held the terminal, or the log file, could read it.
    stdio: ['pipe', 'pipe', 'pipe', ...descriptors],
    // A terminal's Ctrl-C goes to a whole process group; the roles must end in order, so only the supervisor is to hear it.
    detached: true,
    env: { ...env },
  });
}

/** Control resolves `env:` references of upstream credentials, so it alone is given what its operator's shell has. */
function environmentOf(role: GateRole, env: ProcessOptions['env']): ProcessOptions['env'] {
  return role === 'control' ? env : Object.fromEntries([...COMMON_ENVIRONMENT, ...ENVIRONMENT[role]].map((name) => [name, env[name]]));
}
