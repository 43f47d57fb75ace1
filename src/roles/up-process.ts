import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readManifestFiles } from '../control/manifest/files.ts';
import { readNeeds } from '../control/needs.ts';
import type { Role } from '../domain/role.ts';
import { parseManifest } from '../registry/manifest.ts';
import { jailCommand } from '../sandbox/jail/jail.ts';
import type { JailSupport } from '../sandbox/jail/probe.ts';
import { pidInJail, startJailed } from '../sandbox/jail/start.ts';
import { makeRunnerGroups } from './up-cgroups.ts';
import { jailOf, makeSinkFolders, type JailParts } from './up-jail.ts';

/** What the supervisor starts a role's process with. */
export interface ProcessOptions {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Arguments of each role after `role <name> --home <home>`. */
  readonly roleArguments: Readonly<Partial<Record<Role, readonly string[]>>>;
}

type Jails = JailSupport & { readonly kind: 'jails' };

export interface RoleProcess {
  readonly child: Bun.Subprocess<'pipe', 'pipe', 'inherit'>;
  /** Of the role itself, as this machine counts; undefined when it ended before it had one. */
  readonly pid: Promise<number | undefined>;
}

/** What a role may see of the environment: its secrets are not for its siblings. */
const ENVIRONMENT: Readonly<Record<Role, readonly string[]>> = {
  ledger: [],
  runner: [],
  egress: [],
  gateway: ['REDIS_URL', 'STORE_ROOTS', 'BUN_CONFIG_MAX_HTTP_REQUESTS'],
  control: ['DATABASE_URL', 'STORE_ROOTS'],
};
const COMMON_ENVIRONMENT = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ'];

/** What a role runs. */
export function commandOf(role: Role, { home, roleArguments }: ProcessOptions): readonly string[] {
  return [process.execPath, join(import.meta.dir, '..', 'cli', 'main.ts'), 'role', role, '--supervised', '--home', home, ...(roleArguments[role] ?? [])];
}

/** Starts a command in a role's jail; as a plain process where the machine has none. */
export async function startRole(role: Role, command: readonly string[], options: ProcessOptions, support: JailSupport): Promise<RoleProcess> {
  const own = environmentOf(role, options.env);
  if (support.kind === 'none') {
    const child = spawn(command, own, []);
    return { child, pid: Promise.resolve(child.pid) };
  }
  const parts = { ...jailParts(options, support), files: role === 'control' ? await manifestTexts(options) : [] };
  if (role === 'ledger') makeSinkFolders(parts);
  const groups = role === 'runner' ? makeRunnerGroups(options.home) : { entrance: [], mounts: [] };
  const jail = jailOf(role, parts);
  const jailed = jailCommand({ ...jail, mounts: [...jail.mounts, ...groups.mounts] }, command, support.machine);
  const env = { ...own, TMPDIR: '/tmp', ...(role === 'control' ? {} : { HOME: '/tmp' }) };
  const { child, told } = startJailed(jailed, (argv, descriptors) => spawn([...groups.entrance, ...argv], env, descriptors));
  return { child, pid: pidInJail(told, () => child.exitCode !== null || child.signalCode !== null) };
}

export function jailParts({ home, env }: ProcessOptions, { nests }: Jails): JailParts {
  return { home, env, needs: readNeeds(home), nests, files: [] };
}

/** The manifest that control is started with, and every file that it names; of one that can't be read, what there is, for control to say what is wrong. */
async function manifestTexts({ roleArguments }: ProcessOptions): Promise<JailParts['files']> {
  const given = roleArguments.control ?? [];
  const file = given[given.indexOf('--manifest') + 1];
  if (!given.includes('--manifest') || file === undefined) return [];
  try {
    const { text, policies, extraRoots } = await readManifestFiles(file);
    const beside = (name: string): string => resolve(dirname(file), name);
    const roots = parseManifest(text, file).network?.extraRoots;
    return [
      { path: file, text },
      ...policies.map((policy) => ({ path: beside(policy.file), text: policy.text })),
      ...(extraRoots === undefined || roots === undefined ? [] : [{ path: beside(roots), text: extraRoots }]),
    ];
  } catch {
    return existsSync(file) ? [{ path: file, text: readFileSync(file, 'utf8') }] : [];
  }
}

function spawn(argv: readonly string[], env: Readonly<Record<string, string | undefined>>, descriptors: readonly number[]): RoleProcess['child'] {
  return Bun.spawn([...argv], {
    // Stdin: the child reads its end as "the supervisor is gone" and stops.
    stdio: ['pipe', 'pipe', 'inherit', ...descriptors],
    // A terminal's Ctrl-C goes to a whole process group; the roles must end in order, so only the supervisor is to hear it.
    detached: true,
    env: { ...env },
  });
}

/** Control resolves `env:` references of upstream credentials, so it alone is given what its operator's shell has. */
function environmentOf(role: Role, env: ProcessOptions['env']): ProcessOptions['env'] {
  return role === 'control' ? env : Object.fromEntries([...COMMON_ENVIRONMENT, ...ENVIRONMENT[role]].map((name) => [name, env[name]]));
}
