import { createReadStream } from 'node:fs';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Call } from './verbs.ts';

/**
 * A secret that somebody types or pipes: from a file descriptor that is named, from standard input where that is none of a
 * terminal, or asked for without echo. Never an argument: every user of the machine can read those.
 */
export async function readSecret({ options, io }: Pick<Call, 'options' | 'io'>, what: string, descriptor = 'fd'): Promise<string> {
  const fd = options.text(descriptor);
  if (fd !== undefined) return checked(await readAll(createReadStream('', { fd: descriptorOf(fd, descriptor), autoClose: false })), what);
  if (io.interactive) return checked(await askHidden(`${what}: `, io.signal), what);
  return checked(await readAll(process.stdin), what);
}

function descriptorOf(text: string, option: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new SallyportError('ERR_USAGE', `--${option} names no file descriptor`, { remedy: `Write for instance --${option} 3 3< FILE.` });
}

async function readAll(stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    const part = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    bytes += part.byteLength;
    if (bytes > LIMITS.secretBytesMax) throw new SallyportError('ERR_REQUEST_INVALID', `a secret has at most ${LIMITS.secretBytesMax} bytes`);
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The line break that `echo` and editors put at the end is no part of a secret. */
function checked(text: string, what: string): string {
  const secret = text.replace(/\r?\n$/, '');
  if (secret !== '') return secret;
  throw new SallyportError('ERR_USAGE', `${what} is empty`, { remedy: 'Type it, or pipe it into the command.' });
}

const ENTER = /[\r\n]/;

/** One line from the terminal, which shows nothing of it. */
async function askHidden(question: string, signal: AbortSignal): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.resume();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let typed = '';
  const onData = (chunk: Buffer): void => {
    for (const character of chunk.toString('utf8')) {
      if (character === '\u0003' || character === '\u0004') return reject(new SallyportError('ERR_USAGE', 'nothing was typed'));
      if (ENTER.test(character)) return resolve(typed);
      typed = character === '\u007f' ? typed.slice(0, -1) : typed + character;
    }
  };
  const onAbort = (): void => reject(new SallyportError('ERR_USAGE', 'nothing was typed'));
  stdin.on('data', onData);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await promise;
  } finally {
    stdin.off('data', onData);
    signal.removeEventListener('abort', onAbort);
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}
