import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
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
    // Files of /proc have no size.
    const room = found.size === 0 && path.startsWith('/proc/') ? bytesMax : Math.max(0, Math.min(bytesMax, found.size - from));
    return readBytes(handle, from, room);
  } catch (error) {
    if (error instanceof SallyportError) throw error;
    throw unreadable(reasonOf(error));
  } finally {
    closeSync(handle);
  }
}

function open(path: string): number {
  try {
    return openRegular(path);
  } catch (error) {
    throw error instanceof SallyportError ? error : unreadable(reasonOf(error));
  }
}

/** The kernel's, which Node does not name: a file is looked at without being opened. */
const O_PATH = 0o10000000;
const OPENS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Opens a regular file. A link may lead anywhere: what a device does when it is opened (some watchdogs restart the machine), or when
 * a kernel's file is read to an end that it does not have, is up to nobody who may make links. On Linux it is the very file that
 * was looked at, whatever takes its name meanwhile. Throws `ERR_FILE_UNREADABLE` for what is no regular file, else what the system says.
 */
export function openRegular(path: string, flags = 0): number {
  if (process.platform !== 'linux') {
    if (!statSync(path).isFile()) throw unreadable(NOT_REGULAR);
    return openSync(path, OPENS | flags);
  }
  const looked = openSync(path, O_PATH | flags);
  try {
    if (!fstatSync(looked).isFile()) throw unreadable(NOT_REGULAR);
    return openSync(`/proc/self/fd/${looked}`, OPENS);
  } finally {
    closeSync(looked);
  }
}

const NOT_REGULAR = 'is no regular file';

/** So many bytes of an open file, fewer where it ends: never more than it said to have, however it grows, or goes on without an end. */
export function readBytes(handle: number, from: number, room: number): Buffer {
  const bytes = Buffer.alloc(room);
  let at = 0;
  while (at < room) {
    const count = readSync(handle, bytes, at, room - at, from + at);
    if (count === 0) break;
    at += count;
  }
  return bytes.subarray(0, at);
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
  ENOTDIR: 'is not there', ENXIO: NOT_REGULAR, ENAMETOOLONG: 'has a name that is too long', ESRCH: 'has ended', EISDIR: 'is a folder',
};
