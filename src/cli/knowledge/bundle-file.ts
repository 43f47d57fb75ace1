import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { readBundle } from '../../knowledge/bundle.ts';
import type { Tables } from '../../knowledge/shape.ts';
import type { Io } from '../command.ts';

/** A bundle as it lies on the disk, and what it says. Throws `ERR_FILE_UNREADABLE` and `ERR_VERIFY_FAILED`. */
export async function readBundleFile(io: Io, name: string): Promise<{ readonly text: string; readonly tables: Tables }> {
  const text = await readPlain(resolve(io.cwd, name), 2 * LIMITS.knowledgeCharsMax);
  return { text, tables: readBundle(text) };
}

/** A plain file of so many bytes at most: no pipe is waited for, nothing endless read. Throws `ERR_FILE_UNREADABLE`. */
export async function readPlain(path: string, bytesMax: number): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true || found.size > bytesMax) {
    throw new SallyportError('ERR_FILE_UNREADABLE', `${path} is no plain file of at most ${bytesMax} bytes`, { remedy: 'Name the file (docs/knowledge.md).' });
  }
  return readFile(path, 'utf8');
}
