import { lstat, mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import { digestOf, replaceFile } from '../edit/replace.ts';
import { readClientFile } from '../file.ts';
import type { ClientFile } from '../file.ts';
import { changeFile } from './seal.ts';
import type { SealingPlace } from './seal.ts';

/**
 * Writes a client's file in one step, after keeping what it was, encrypted. `read` is the file as the person saw it in the diff.
 * Throws `ERR_FILE_CHANGED` when somebody wrote it since; then nothing is changed.
 */
export async function writeRedirected(place: SealingPlace, read: ClientFile, text: string): Promise<void> {
  const toMode = read.bytes === undefined ? 0o600 : (await lstat(read.path)).mode & 0o777;
  await mkdir(dirname(read.path), { recursive: true });
  await changeFile(place, read, { act: 'connect', toMode, bytes: new TextEncoder().encode(text), values: [], entries: [], launches: [] });
}

/**
 * Takes the last write back, byte for byte; a file that the write made is removed. Throws `ERR_NOT_FOUND` when there is
 * nothing to undo, and `ERR_FILE_CHANGED` when somebody wrote the file since.
 */
export async function undoRedirected({ keep }: SealingPlace, path: string): Promise<void> {
  const now = await readClientFile(path);
  const digest = digestOf(now.bytes);
  for (const { id, before, beforeDigest, afterDigest, mode } of (await keep.list(now.path)).filter(({ act }) => act === 'connect')) {
    const isWritten = digest === afterDigest;
    // Kept, and then killed before the write: the file still is what it was, so this one is undone already.
    if (!isWritten && digest !== beforeDigest) {
      throw new SallyportError('ERR_FILE_CHANGED', `${now.path} was changed by somebody else since`, {
        remedy: `Take out the entries by hand; what the file was before: sallyport config restore ${now.path} --list`,
      });
    }
    if (isWritten && before === undefined) await rm(now.path);
    if (isWritten && before !== undefined) await replaceFile({ path: now.path, expected: afterDigest, bytes: before, mode });
    await keep.drop(now.path, [id]);
    if (isWritten) return;
  }
  throw new SallyportError('ERR_NOT_FOUND', `nothing was written to ${path} that could be undone`, { remedy: 'Check the client or file.' });
}
