import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { SallyportError } from '../domain/errors.ts';

/**
 * The first bytes of a regular file, at most `bytesMax`. Never waits: a FIFO is opened without blocking and refused like a
 * device, since neither says anything that a file would. Throws `ERR_FILE_UNREADABLE` with the reason.
 */
export function readStart(path: string, bytesMax: number): Buffer {
  return readPart(path, 0, bytesMax);
}

/** All of a regular file as text; a longer one is refused: half of a document is another document. Throws `ERR_FILE_UNREADABLE`. */
export function readWhole(path: string, bytesMax: number): string {
  const bytes = readPart(path, 0, bytesMax + 1);
  if (bytes.byteLength > bytesMax) throw unreadable(`is larger than ${bytesMax} bytes`);
  return bytes.toString('utf8');
}

/** A part of a regular file, shorter where the file ends. Throws `ERR_FILE_UNREADABLE`. */
export function readPart(path: string, from: number, bytesMax: number): Buffer {
  const handle = open(path);
  try {
    const found = fstatSync(handle);
    if (!found.isFile()) throw unreadable('is no regular file');
    // Files of /proc have no size.
    const room = found.size === 0 && path.startsWith('/proc/') ? bytesMax : Math.max(0, Math.min(bytesMax, found.size - from));
    const bytes = Buffer.alloc(room);
    let at = 0;
    while (at < room) {
      const count = readSync(handle, bytes, at, room - at, from + at);
      if (count === 0) break;
      at += count;
    }
    return bytes.subarray(0, at);
  } catch (error) {
    if (error instanceof SallyportError) throw error;
    throw unreadable(reasonOf(error));
  } finally {
    closeSync(handle);
  }
}

function open(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    throw unreadable(reasonOf(error));
  }
}

function unreadable(reason: string): SallyportError {
  return new SallyportError('ERR_FILE_UNREADABLE', reason, { remedy: 'Run it as a user that may read the file, or leave the file out.' });
}

/** What the system said, without the path: the one who asks has it, and it is a stranger's text. */
export function reasonOf(error: unknown): string {
  if (error instanceof SallyportError) return error.message;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? 'cannot be read';
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'may not be read by this user', EPERM: 'may not be read by this user', ENOENT: 'is not there', ELOOP: 'is a loop of links',
  ENOTDIR: 'is not there', ENXIO: 'is no regular file', ENAMETOOLONG: 'has a name that is too long', ESRCH: 'has ended', EISDIR: 'is a folder',
};
