import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import type { LaunchSpec } from '../domain/server.ts';
import { splitLines } from './lines.ts';
import { childPath, findCommand } from './tools.ts';

export interface LaunchOptions {
  /** An empty private folder: HOME, TMPDIR and, unless the entry names one, the working folder. */
  readonly folder: string;
  /** Where package runners keep what they fetched; without it they fetch again at each start. */
  readonly cache: string;
  /** Absolute folders in which a bare command is looked for. */
  readonly searchPath: readonly string[];
  /** At most `LIMITS.stdioStderrBytesMax` of what the process writes to stderr; the rest is read and dropped. */
  readonly onStderr: (chunk: Uint8Array) => void;
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
  /** One line of stdout each, without its end. Ends with stdout; throws `ERR_UPSTREAM_TOO_LARGE|PROTOCOL`. One consumer. */
  lines(): AsyncGenerator<string, void, undefined>;
  /** Resolves when the pipe took the line. Throws `ERR_RUNNER_EXITED|LIMIT`. */
  write(line: string): Promise<void>;
  readonly exited: Promise<Exit>;
  /** Ends stdin, then SIGTERM, then SIGKILL to the whole process group. Resolves when nothing of it is left to signal. */
  stop(): Promise<void>;
}

/**
 * Starts a server by its approved launch: that argument vector, no shell, and an environment that holds the entry's own
 * variables and else only PATH, HOME, TMPDIR, LANG and the package caches. Throws `ERR_RUNNER_SPAWN`, not dispatched.
 */
export async function launch(spec: LaunchSpec, options: LaunchOptions): Promise<Child> {
  const command = findCommand(spec.command, options.searchPath);
  if (command === undefined) throw notStarted('command not found');
  const env = {
    PATH: childPath(command, options.searchPath),
    HOME: options.folder,
    TMPDIR: options.folder,
    LANG: 'C.UTF-8',
    npm_config_cache: options.cache,
    UV_CACHE_DIR: options.cache,
    ...spec.env,
  };
  let child: ChildProcessWithoutNullStreams;
  try {
    child = spawn(command, [...spec.args], { cwd: spec.cwd ?? options.folder, env, detached: true, shell: false, stdio: 'pipe' });
  } catch (cause) {
    throw notStarted('spawn', cause);
  }
  // Writing to a process that is gone is told by `write`, not by an event that would end the runner.
  child.stdin.on('error', () => undefined);
  const started = Promise.withResolvers<void>();
  const exited = Promise.withResolvers<Exit>();
  child.once('spawn', () => started.resolve());
  child.once('error', (cause) => started.reject(notStarted('spawn', cause)));
  child.once('exit', (code, signal) => exited.resolve({ code, signal }));
  await started.promise;
  const { pid } = child;
  if (pid === undefined) throw notStarted('no process id');
  drainStderr(child, options.onStderr);
  return {
    pid,
    exited: exited.promise,
    lines: () => splitLines(child.stdout),
    write: writerOf(child),
    stop: () => stop(child, pid, exited.promise, options.stopMs),
  };
}

function writerOf(child: ChildProcessWithoutNullStreams): (line: string) => Promise<void> {
  return async (line) => {
    if (child.stdin.writableLength + line.length > LIMITS.stdioLineBytesMax) {
      throw new SallyportError('ERR_RUNNER_LIMIT', 'The server does not read what it is sent.', { dispatched: false });
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    child.stdin.write(`${line}\n`, (error) => {
      if (error === null || error === undefined) resolve();
      else reject(new SallyportError('ERR_RUNNER_EXITED', 'The process of the server ended.', { cause: error }));
    });
    await promise;
  };
}

function drainStderr(child: ChildProcessWithoutNullStreams, onStderr: (chunk: Uint8Array) => void): void {
  let left: number = LIMITS.stdioStderrBytesMax;
  child.stderr.on('data', (chunk: Buffer) => {
    if (left > 0) onStderr(chunk.subarray(0, left));
    left -= chunk.byteLength;
  });
}

async function stop(child: ChildProcessWithoutNullStreams, pid: number, exited: Promise<Exit>, stopMs: number): Promise<void> {
  child.stdin.end();
  const within = (timeoutMs: number): Promise<boolean> => Promise.race([exited.then(() => true), Bun.sleep(timeoutMs).then(() => false)]);
  if (!(await within(stopMs / 4))) {
    signalGroup(pid, 'SIGTERM');
    await within(stopMs);
  }
  // What the process left behind goes too: the group outlives its leader.
  signalGroup(pid, 'SIGKILL');
  await exited;
  child.stdout.destroy();
  child.stderr.destroy();
}

function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is empty: there is nothing left to end.
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
