import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants } from 'node:fs';
import { jailCommand, type Jail, type Machine } from './jail.ts';
import { startJailed } from './start.ts';
import { ARCHITECTURES } from './syscalls.ts';
import { systemMounts } from './system.ts';

/** What jails this machine really has. `nests`: a jail can be made in a jail, which local servers need. */
export type JailSupport =
  | { readonly kind: 'jails'; readonly machine: Machine; readonly nests: boolean }
  | { readonly kind: 'none'; readonly why: string; readonly remedy: string };

const PROBE_MS = 10_000;
const WHY_CHARS_MAX = 300;

let known: Promise<JailSupport> | undefined;

/** Asks the kernel by really starting a jail, as strict as any; once in a process (some 20 ms), whoever asks. */
export function probeJails(): Promise<JailSupport> {
  return (known ??= ask(process.platform, process.env['PATH']));
}

async function ask(platform: string, path: string | undefined): Promise<JailSupport> {
  const architecture = ARCHITECTURES.find((one) => one === process.arch);
  if (platform !== 'linux' || architecture === undefined) {
    return { kind: 'none', why: `jails need Linux on x64 or arm64; this is ${platform} on ${process.arch}`, remedy: 'run the roles in containers: deploy/' };
  }
  const [bwrap, prlimit] = ['bwrap', 'prlimit'].map((name) => find(name, path));
  if (bwrap === undefined || prlimit === undefined) {
    const missing = bwrap === undefined ? 'bubblewrap' : 'util-linux';
    return { kind: 'none', why: `${missing} is not installed`, remedy: `apt-get install ${missing}` };
  }
  let why = '';
  // In a jail namespaces can't be counted, because its settings of the kernel are read-only.
  for (const countsNamespaces of [true, false]) {
    const machine = { architecture, bwrap, prlimit, countsNamespaces };
    const failure = await attempt(jailCommand(probing('none'), TRUE, machine));
    if (failure === undefined) return { kind: 'jails', machine, nests: await nests(machine) };
    why = why === '' ? failure : why;
  }
  return { kind: 'none', why, remedy: remedyFor(why) };
}

async function nests(machine: Machine): Promise<boolean> {
  const inner = [machine.bwrap, '--unshare-all', '--unshare-user', '--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', '--', ...TRUE];
  return (await attempt(jailCommand(probing('jails'), inner, machine))) === undefined;
}

const TRUE: readonly string[] = ['/usr/bin/true'];

function probing(spawning: Jail['spawning']): Jail {
  // Bubblewrap mounts by way of /tmp.
  const mounts = [...systemMounts('programs'), { kind: 'tmp' as const, at: '/tmp', bytes: 1024 * 1024 }];
  return { mounts, network: 'none', spawning, limits: { dataBytesMax: 1024 ** 3, filesMax: 64 }, cwd: '/' };
}

/** Why it failed, in the words of what failed; undefined when it did not. */
async function attempt(command: ReturnType<typeof jailCommand>): Promise<string | undefined> {
  try {
    const { child, told } = startJailed(command, ([program = '', ...args], descriptors) => spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe', ...descriptors], timeout: PROBE_MS, env: {},
    }));
    closeSync(told);
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => void (said = (said + chunk.toString()).slice(0, WHY_CHARS_MAX)));
    child.once('error', (fault) => resolve(fault.message));
    child.once('close', (code) => resolve(code === 0 ? undefined : said.trim() || `bwrap ended with ${code}`));
    return await promise;
  } catch (fault) {
    return fault instanceof Error ? fault.message : 'the jail could not be started';
  }
}

function remedyFor(why: string): string {
  const containers = 'or run the roles in containers: deploy/';
  if (!/namespace|permission|not permitted|uid map/iu.test(why)) return `see what \`bwrap --unshare-all --ro-bind / / true\` says, ${containers}`;
  const settings = 'kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns, user.max_user_namespaces';
  return `allow user namespaces (sysctl ${settings}), ${containers}`;
}

function find(name: string, path: string | undefined): string | undefined {
  // The system's own before whatever a shell has put in front.
  return ['/usr/bin', '/bin', ...(path ?? '').split(':')].filter((folder) => folder.startsWith('/')).map((folder) => `${folder}/${name}`).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
