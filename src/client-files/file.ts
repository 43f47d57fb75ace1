import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { lstat, realpath } from 'node:fs/promises';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';

/** A client's file as it was read. `bytes` is undefined when there is none yet. */
export interface ClientFile {
  /** Where it really is: links are followed, so that the link stays one. */
  readonly path: string;
  readonly bytes: Uint8Array | undefined;
  readonly text: string;
}

const FILE_BYTES_MAX = LIMITS.clientFileBytesMax;

/** Reads a client's file. Throws `ERR_FILE_UNREADABLE`: not a plain file, too large, or not UTF-8. */
export async function readClientFile(path: string): Promise<ClientFile> {
  const real = await realpath(path).catch(() => path);
  const found = await lstat(real).catch(() => undefined);
  if (!found) return { path: real, bytes: undefined, text: '' };
  if (!found.isFile()) throw unreadable(path, 'is not a plain file');
  if (found.size > FILE_BYTES_MAX) throw unreadable(path, `is over ${FILE_BYTES_MAX} bytes`);
  try {
    const bytes = readRegular(real);
    if (bytes === undefined) throw unreadable(path, 'was changed while it was read');
    return { path: real, bytes, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch (cause) {
    if (cause instanceof SallyportError) throw cause;
    throw unreadable(path, 'could not be read as UTF-8', cause);
  }
}

/** The kernel's, which Node does not name: a file is looked at without being opened. */
const O_PATH = 0o10000000;

/**
 * The bytes of a regular file with this very name, as many as it says to have; undefined: it is none, or too large. A path of somebody
 * else's may become a device, which does something when it is opened, or a file of the kernel that has no end. Throws what the system says.
 */
export function readRegular(path: string): Uint8Array | undefined {
  const looked = openSync(path, (process.platform === 'linux' ? O_PATH : constants.O_NONBLOCK) | constants.O_NOFOLLOW);
  try {
    const { size } = fstatSync(looked).isFile() ? fstatSync(looked) : { size: Infinity };
    if (size > FILE_BYTES_MAX) return undefined;
    const file = process.platform === 'linux' ? openSync(`/proc/self/fd/${looked}`, constants.O_RDONLY | constants.O_NONBLOCK) : looked;
    try {
      const bytes = new Uint8Array(size);
      let [at, count] = [0, -1];
      while (at < size && count !== 0) at += count = readSync(file, bytes, at, size - at, at);
      return bytes.subarray(0, at);
    } finally {
      if (file !== looked) closeSync(file);
    }
  } finally {
    closeSync(looked);
  }
}

function unreadable(path: string, why: string, cause?: unknown): SallyportError {
  return new SallyportError('ERR_FILE_UNREADABLE', `${path} ${why}`, { remedy: 'check the path and its permissions', cause });
}
