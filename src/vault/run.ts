import { spawn } from 'node:child_process';
import { realpath, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';

/** One run of a command that prints a secret, or keeps one. */
export interface Run {
  /** An absolute path and its arguments: no shell, no search path. Nothing secret stands here: every user can read it. */
  readonly argv: readonly string[];
  /** The whole environment of the command; nothing of ours is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Default: none. */
  readonly stdin?: string;
  /** Default: `LIMITS.providerTimeoutMs`. */
  readonly timeoutMs?: number;
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
}

/**
 * Runs a command and returns what it printed. What it writes to stderr goes nowhere: commands print secrets there, too.
 * Throws `ERR_PROVIDER_FAILED`, which never says anything that the command printed. When the time is over, everything
 * that it started is ended with it.
 */
export async function run({ argv, env, stdin = '', timeoutMs = LIMITS.providerTimeoutMs }: Run): Promise<Ran> {
  const [command = '', ...args] = argv;
  await checkCommand(command);
  const child = spawn(command, args, { cwd: '/', env: { ...env }, detached: true, shell: false, stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = Promise.withResolvers<number | null>();
  let fault: SallyportError | undefined;
  const end = (why: string): void => {
    fault ??= failed(command, why);
    endGroup(child.pid);
    // What it started may hold the pipe open for ever.
    child.stdout.destroy();
    ended.resolve(null);
  };
  const timer = setTimeout(() => end(`did not end within ${timeoutMs} ms`), timeoutMs);
  const chunks: Buffer[] = [];
  let bytes = 0;
  child.once('error', () => end('could not be started'));
  child.once('close', (code) => ended.resolve(code));
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes > LIMITS.secretBytesMax) end(`printed more than ${LIMITS.secretBytesMax} bytes`);
    else chunks.push(chunk);
  });
  // A command that reads nothing is not at fault for that.
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  try {
    const code = await ended.promise;
    if (fault !== undefined) throw fault;
    return { code, stdout: decode(command, Buffer.concat(chunks)) };
  } finally {
    clearTimeout(timer);
    for (const chunk of chunks) chunk.fill(0);
  }
}

/** Control runs what stands at that path: whoever can write there could run anything as control. */
async function checkCommand(command: string): Promise<void> {
  if (!isAbsolute(command)) throw failed(command, 'is not an absolute path');
  const file = await realpath(command).then((path) => stat(path)).catch(() => undefined);
  if (file === undefined || !file.isFile()) throw failed(command, 'does not exist');
  if ((file.mode & 0o022) !== 0) throw failed(command, 'can be changed by other users');
}

function decode(command: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw failed(command, 'printed something that is not text');
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}

export function failed(command: string, why: string): SallyportError {
  return new SallyportError('ERR_PROVIDER_FAILED', `the command ${command} ${why}`, {
    remedy: 'Run it by hand as the user that runs control, with the environment that the provider declares.',
  });
}
