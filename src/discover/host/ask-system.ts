import { spawn } from 'node:child_process';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';

/**
 * What one of the system's own programs prints, by its absolute path, with an empty environment and nothing to read. Throws
 * `ERR_FILE_UNREADABLE` where it is absent, fails, or prints or takes more than it may.
 */
export async function askSystem(argv: readonly string[]): Promise<string> {
  const [program = '', ...rest] = argv;
  const child = spawn(program, rest, { cwd: '/', env: { LC_ALL: 'C' }, stdio: ['ignore', 'pipe', 'ignore'], shell: false });
  const ended = Promise.withResolvers<undefined>();
  const fail = (reason: string): void => {
    child.kill('SIGKILL');
    ended.reject(new SallyportError('ERR_FILE_UNREADABLE', reason, { remedy: `Check that ${program} works on this machine.` }));
  };
  const timer = setTimeout(() => fail('took too long'), LIMITS.hostAskMs);
  const chunks: Buffer[] = [];
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes > LIMITS.hostAskBytesMax) fail('printed too much');
    else chunks.push(chunk);
  });
  child.once('error', () => fail('could not be started'));
  // `lsof` fails where it saw less than all: what it saw counts.
  child.once('close', () => ended.resolve(undefined));
  try {
    await ended.promise;
    return Buffer.concat(chunks).toString('utf8');
  } finally {
    clearTimeout(timer);
  }
}
