import { lstat, readFile, realpath } from 'node:fs/promises';
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
    const bytes = new Uint8Array(await readFile(real));
    return { path: real, bytes, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch (cause) {
    throw unreadable(path, 'could not be read as UTF-8', cause);
  }
}

function unreadable(path: string, why: string, cause?: unknown): SallyportError {
  return new SallyportError('ERR_FILE_UNREADABLE', `${path} ${why}`, { remedy: 'check the path and its permissions', cause });
}
