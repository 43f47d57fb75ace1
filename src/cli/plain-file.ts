import { readFile, stat } from 'node:fs/promises';
import { SallyportError } from '../domain/errors.ts';

/** A plain file of so many bytes at most: no pipe is waited for, nothing endless read. Throws `ERR_FILE_UNREADABLE`. */
export async function readPlain(path: string, bytesMax: number): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true || found.size > bytesMax) {
    throw new SallyportError('ERR_FILE_UNREADABLE', `${path} is no plain file of at most ${bytesMax} bytes`, { remedy: 'Name the file itself.' });
  }
  return readFile(path, 'utf8');
}
