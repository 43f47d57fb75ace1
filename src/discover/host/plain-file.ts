import { closeSync, constants, fstatSync } from 'node:fs';
import { lstat, realpath, stat } from 'node:fs/promises';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Unseen } from '../../domain/observation.ts';
import { openRegular, readBytes } from '../bounded-file.ts';
import { codeOf, NOT_ALLOWED } from './walk.ts';

/** A file that was read as a whole. */
export interface PlainFile {
  /** As it was asked for. */
  readonly path: string;
  /** Where it really is: links are followed. */
  readonly real: string;
  readonly text: string;
  readonly mode: number;
  readonly uid: number;
  /** Of one file under several names, the same. */
  readonly identity: string;
  /** Milliseconds since the epoch. */
  readonly changedAt: number;
}

/**
 * Reads a plain file of UTF-8 text. Nothing else is opened: a FIFO would wait, a device would do something. Undefined: there is
 * none; `Unseen`: there is one, and it can't be read, is no plain file, is too large, or is no text.
 */
export async function readPlainFile(path: string, bytesMax: number = LIMITS.clientFileBytesMax): Promise<PlainFile | Unseen | undefined> {
  try {
    const real = await realpath(path);
    const before = await lstat(real);
    if (!before.isFile()) return before.isDirectory() ? undefined : { place: path, reason: 'it is no plain file: it is not opened' };
    if (before.size > bytesMax) return { place: path, reason: `it is larger than ${bytesMax} bytes` };
    const file = openRegular(real, constants.O_NOFOLLOW);
    try {
      const { mode, uid, dev, ino, size, mtimeMs, nlink } = fstatSync(file);
      // Put in its place between the two looks: it is not what was looked at.
      if (ino !== before.ino || nlink === 0 || size > bytesMax) return { place: path, reason: 'it changed while it was read' };
      return { path, real, text: textOf(readBytes(file, 0, size)), mode, uid, identity: `${dev}:${ino}`, changedAt: Math.floor(mtimeMs) };
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    if (cause instanceof TypeError) return { place: path, reason: 'it is no text in UTF-8' };
    if (cause instanceof SallyportError) return { place: path, reason: 'it changed while it was read' };
    const code = codeOf(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'EACCES' || code === 'EPERM') return { place: path, reason: NOT_ALLOWED };
    return { place: path, reason: code === 'ELOOP' ? 'its links lead in a circle' : `it could not be read (${code})` };
  }
}

/** Whose a file is, by its owner's number; undefined: it is no plain file, or not there. What is in it is not read. */
export async function ownerOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true ? found.uid : undefined;
}

/** UTF-8, or UTF-16 with its mark, as editors of Windows write. Throws `TypeError`. */
function textOf(bytes: Uint8Array): string {
  const isWide = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(isWide ? 'utf-16le' : 'utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}
