import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import { PACKAGE_ROOT } from '../domain/server.ts';
import type { LaunchSpec } from '../domain/server.ts';
import { containerCommand } from './container.ts';
import { serverJail, type NetworkWay } from './confine.ts';
import type { Folders } from './folders.ts';
import { jailCommand, type JailCommand } from './jail/jail.ts';
import type { JailSupport } from './jail/probe.ts';
import { pidInJail, startJailed } from './jail/start.ts';
import { splitLines } from './lines.ts';
import { findPython } from './python.ts';
import { childPath, findCommand } from './tools.ts';

export interface LaunchOptions {
  /** What jails the machine has; a server that is started without one was accepted so (`LaunchSpec.unjailed`). */
  readonly support: JailSupport;
  readonly folders: Folders;
  /** The way to the network, where the entry has one. */
  readonly way?: NetworkWay;
  /** The real folder of the package that it runs from, which holds what was approved. */
  readonly packageFolder?: string;
  /** An empty private folder: HOME, TMPDIR and, unless the entry names one, the working folder of what has no jail. */
  readonly folder: string;
  /** Absolute folders in which a bare command is looked for. */
  readonly searchPath: readonly string[];
  /** What the process writes to stderr. It never waits: all of it is read. */
  readonly onStderr: (chunk: Uint8Array) => void;
  /** Written before its command: what puts the process into its cgroup. Empty: nothing does. */
  readonly entrance: readonly string[];
  /** How long a process that was asked to end may take. */
  readonly stopMs: number;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A running stdio server and everything it started. */
export interface Child {
  readonly pid: number;
  readonly isJailed: boolean;
  /** One line of stdout each, without its end. Ends with stdout; throws `ERR_UPSTREAM_TOO_LARGE|PROTOCOL`. One consumer. */
  lines(): AsyncGenerator<string, void, undefined>;
  /** Resolves when the pipe took the line. Throws `ERR_RUNNER_EXITED|LIMIT`. */
  write(line: string): Promise<void>;
  readonly exited: Promise<Exit>;
  /** Ends stdin, then SIGTERM, then SIGKILL to everything it started. Resolves when nothing of it is left. */
  stop(): Promise<void>;
  /** SIGKILL at once. */
  kill(): void;
}

interface Plan {
  readonly command: JailCommand;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Starts a server by its approved launch: that argument vector, no shell, in a jail of its own, with an environment that holds
 * the entry's own variables and else only PATH, HOME, TMPDIR and LANG. Throws `ERR_RUNNER_SPAWN` and
 * `ERR_SANDBOX_UNAVAILABLE`, not dispatched.
 */
export async function launch(spec: LaunchSpec, options: LaunchOptions): Promise<Child> {
  const { support } = options;
  const plan = spec.package?.ecosystem === 'oci' ? contained(spec, options) : planOf(spec, options);
  const { child, told } = begin(plan, options.entrance);
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw notStarted('no pipes');
  // Writing to a process that is gone is told by `write`, not by an event that would end the runner.
  stdin.on('error', () => undefined);
  const started = Promise.withResolvers<void>();
  const exited = Promise.withResolvers<Exit>();
  child.once('spawn', () => started.resolve());
  child.once('error', (cause) => started.reject(notStarted('spawn', cause)));
  let hasEnded = false;
  child.once('exit', (code, by) => {
    hasEnded = true;
    exited.resolve({ code, signal: by });
  });
  try {
    await started.promise;
  } catch (fault) {
    closeSync(told);
    throw fault;
  }
  const { pid } = child;
  if (pid === undefined) throw notStarted('no process id');
  stderr.on('data', options.onStderr);
  const isJailed = support.kind === 'jails' && spec.package?.ecosystem !== 'oci';
  let inner: number | undefined;
  if (isJailed) void pidInJail(told, () => hasEnded).then((found) => (inner = found));
  else closeSync(told);
  // Whoever waits outside of a jail doesn't pass a signal on; what is inside is asked itself.
  const ask = (): void => (isJailed ? signal(inner, 'SIGTERM') : signal(-pid, 'SIGTERM'));
  const kill = (): void => signal(-pid, 'SIGKILL');
  return {
    pid, isJailed, kill,
    exited: exited.promise,
    lines: () => splitLines(stdout),
    write: writerOf(stdin),
    stop: () => stop({ stdin, stdout, stderr }, exited.promise, { ask, kill }, options.stopMs),
  };
}

function planOf(spec: LaunchSpec, options: LaunchOptions): Plan {
  const { support, searchPath } = options;
  // What stands in front of Python on many machines is a script that no jail holds.
  const command = spec.package?.ecosystem === 'pypi' ? findPython(searchPath) : findCommand(spec.command, searchPath);
  if (command === undefined) throw notStarted('command not found');
  if (support.kind === 'none' && spec.unjailed !== true) throw unavailable(support);
  return support.kind === 'jails' ? jailed(spec, command, options, support) : bare(spec, command, options);
}

/** A container is a jail of its engine's: with less than that it is not started. */
function contained(spec: LaunchSpec, { searchPath, folder }: LaunchOptions): Plan {
  const argv = containerCommand(spec, (command) => findCommand(command, searchPath));
  const env = { PATH: childPath(argv[0] ?? '', searchPath), HOME: folder, TMPDIR: folder, LANG: 'C.UTF-8', ...spec.env };
  return { command: { argv, descriptors: [], told: FIRST_DESCRIPTOR }, cwd: folder, env };
}

function jailed(spec: LaunchSpec, command: string, options: LaunchOptions, { machine }: Extract<JailSupport, { kind: 'jails' }>): Plan {
  const { searchPath, way, packageFolder, entrance } = options;
  const entry = packageFolder === undefined ? [] : [{ kind: 'read' as const, from: packageFolder, at: PACKAGE_ROOT }];
  const folders = [...entry, ...options.folders.mounts(spec.sandbox)];
  const isHeld = entrance.length > 0;
  const jail = serverJail(spec, { command, path: childPath(command, searchPath), searchPath, folders, isHeld, ...(way === undefined ? {} : { way }) });
  const own = [command, ...spec.args];
  return { command: jailCommand(jail, way?.wrap(own) ?? own, machine), cwd: '/', env: {} };
}

/** Without a jail only the environment is kept small; secrets in files are descriptors that nothing else inherits. */
function bare(spec: LaunchSpec, command: string, { folder, searchPath, packageFolder }: LaunchOptions): Plan {
  const secrets = Object.entries(spec.sandbox.secretFiles);
  const env = {
    PATH: childPath(command, searchPath), HOME: folder, TMPDIR: folder, LANG: 'C.UTF-8', ...spec.env,
    ...Object.fromEntries(secrets.map(([name], index) => [name, `/dev/fd/${FIRST_DESCRIPTOR + index}`])),
  };
  const descriptors = secrets.map(([, value]) => Buffer.from(value));
  const args = packageFolder === undefined ? spec.args : placed(spec.args, packageFolder);
  return { command: { argv: [command, ...args], descriptors, told: FIRST_DESCRIPTOR + secrets.length }, cwd: spec.cwd ?? folder, env };
}

/** The one argument that names the program of a package, by where it really is; what the server itself is told stays as it is. */
function placed(args: readonly string[], folder: string): readonly string[] {
  const at = args.findIndex((word) => word.startsWith(`${PACKAGE_ROOT}/`));
  return args.map((word, index) => (index === at ? `${folder}${word.slice(PACKAGE_ROOT.length)}` : word));
}

const FIRST_DESCRIPTOR = 3;

function begin({ command, cwd, env }: Plan, entrance: readonly string[]): { readonly child: ChildProcess; readonly told: number } {
  try {
    return startJailed(command, (argv, descriptors) => {
      const [program = '', ...args] = [...entrance, ...argv];
      return spawn(program, args, { cwd, env, detached: true, shell: false, stdio: ['pipe', 'pipe', 'pipe', ...descriptors] });
    });
  } catch (cause) {
    throw notStarted('spawn', cause);
  }
}

function writerOf(stdin: Writable): (line: string) => Promise<void> {
  return async (line) => {
    if (stdin.writableLength + line.length > LIMITS.stdioLineBytesMax) {
      throw new SallyportError('ERR_RUNNER_LIMIT', 'The server does not read what it is sent.', { dispatched: false });
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    stdin.write(`${line}\n`, (error) => {
      if (error === null || error === undefined) resolve();
      else reject(new SallyportError('ERR_RUNNER_EXITED', 'The process of the server ended.', { cause: error }));
    });
    await promise;
  };
}

interface Pipes {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

interface Signals {
  readonly ask: () => void;
  readonly kill: () => void;
}

async function stop({ stdin, stdout, stderr }: Pipes, exited: Promise<Exit>, { ask, kill }: Signals, stopMs: number): Promise<void> {
  stdin.end();
  const within = (timeoutMs: number): Promise<boolean> => Promise.race([exited.then(() => true), Bun.sleep(timeoutMs).then(() => false)]);
  if (!(await within(stopMs / 4))) {
    ask();
    await within(stopMs);
  }
  // What the process left behind goes too: the group outlives its leader, and no jail outlives who made it.
  kill();
  await exited;
  stdout.destroy();
  stderr.destroy();
}

function signal(pid: number | undefined, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    if (pid !== undefined) process.kill(pid, name);
  } catch {
    // There is nothing left to end.
  }
}

function notStarted(internal: string, cause?: unknown): SallyportError {
  return new SallyportError('ERR_RUNNER_SPAWN', 'The server could not be started.', {
    remedy: 'Check that the command of the server is installed where the runner looks for it.',
    internal,
    dispatched: false,
    cause,
  });
}

function unavailable({ why, remedy }: Extract<JailSupport, { kind: 'none' }>): SallyportError {
  return new SallyportError('ERR_SANDBOX_UNAVAILABLE', 'Local servers are not started here: this machine has no sandbox for them.', {
    remedy: `${remedy}; or accept it in the manifest: runner: { unjailed: accepted }`, internal: why, dispatched: false,
  });
}
