import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';

/** Lines of a file as Latin-1, byte for byte: a line that matters is decoded by `textOf`, all others are not worth it. */
export interface Lines {
  readonly line: (text: string, number: number) => void;
  /** A line that is longer than a line may be; it was skipped and never held. */
  readonly tooLong: (number: number) => void;
}

export interface ReadEnd {
  readonly lines: number;
  /** Why the rest was not read. */
  readonly stopped?: string;
}

/** What a line says as UTF-8; what is none stays readable, and is marked. */
export function textOf(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}

/** The first lines of a log, for telling its format. Throws `ERR_FILE_UNREADABLE`. */
export async function firstLines(path: string): Promise<readonly string[]> {
  const found: string[] = [];
  const stop = new AbortController();
  await readLines(path, {
    line: (text) => {
      if (found.length < FIRST) found.push(text);
      else stop.abort();
    },
    // An export may be one line; it is not an empty log.
    tooLong: () => {
      found.push('');
      stop.abort();
    },
  }, stop.signal);
  return found;
}

const FIRST = 12;

/**
 * Reads a log line by line in bounded memory, gzip (also of several members) told by its first bytes. Only regular files are
 * read: a pipe or a device could wait or give for ever. Throws `ERR_FILE_UNREADABLE`; a broken archive ends with `stopped`.
 */
export async function readLines(path: string, lines: Lines, signal: AbortSignal): Promise<ReadEnd> {
  const file = await openRegular(path);
  try {
    const start = Buffer.alloc(2);
    await file.read(start, 0, 2, 0);
    const raw = file.createReadStream({ start: 0, highWaterMark: LIMITS.logChunkBytes, autoClose: false });
    if (start[0] !== 0x1f || start[1] !== 0x8b) return await splitLines(raw, lines, LIMITS.logFileBytesMax, signal);
    // Whatever ends one of them ends both: what is read ahead is not read from a closed file.
    const unpacked = pipeline(raw, createGunzip({ chunkSize: LIMITS.logChunkBytes }), () => undefined);
    const { size } = await file.stat();
    return await splitLines(unpacked, lines, Math.min(LIMITS.logFileBytesMax, LIMITS.logUnpackedMin + size * LIMITS.logUnpackedRatioMax), signal);
  } finally {
    await file.close();
  }
}

/** Opens a regular file, and nothing that could make its reader wait. Throws `ERR_FILE_UNREADABLE`. */
export async function openRegular(path: string): Promise<FileHandle> {
  let file: FileHandle | undefined;
  try {
    // Opening a pipe would wait for its writer.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    if ((await file.stat()).isFile()) return file;
  } catch (cause) {
    throw new SallyportError('ERR_FILE_UNREADABLE', "it can't be read", { remedy: 'Look whether it is there and whether you may read it.', cause });
  }
  await file.close();
  throw new SallyportError('ERR_FILE_UNREADABLE', 'it is no file', { remedy: 'Name the files themselves; pipes, devices and folders are not read.' });
}

async function splitLines(chunks: AsyncIterable<Buffer>, { line, tooLong }: Lines, bytesMax: number, signal: AbortSignal): Promise<ReadEnd> {
  let rest = '';
  let skipping = false;
  let count = 0;
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > bytesMax) return { lines: count, stopped: `it is longer than ${bytesMax} bytes, which is more than a log of its size` };
      const text = rest + chunk.toString('latin1');
      let at = 0;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', at)) {
        if (skipping) skipping = false;
        else {
          count += 1;
          const whole = text.slice(at, text.charCodeAt(end - 1) === 13 && end > at ? end - 1 : end);
          if (whole.length > LIMITS.logLineBytesMax) tooLong(count);
          else line(whole, count);
        }
        at = end + 1;
      }
      rest = skipping ? '' : text.slice(at);
      if (rest.length > LIMITS.logLineBytesMax) {
        count += 1;
        tooLong(count);
        skipping = true;
        rest = '';
      }
      if (signal.aborted) return { lines: count, stopped: 'it was stopped' };
    }
  } catch (error) {
    return { lines: count, stopped: `broken after line ${count}: ${error instanceof Error ? error.message : 'unreadable'}` };
  }
  if (rest !== '') line(rest, count + 1);
  return { lines: rest === '' ? count : count + 1 };
}
