import { readFile, stat } from 'node:fs/promises';
import { SallyportError } from '../domain/errors.ts';

/** A plain file of so many bytes at most: no pipe is waited for, nothing endless read. Throws `ERR_FILE_UNREADABLE`. */
export async function readPlain(path: string, bytesMax: number): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  const why = found === undefined ? 'is not there' : !found.isFile() ? 'is no plain file'
    : found.size > bytesMax ? `has more than ${bytesMax} bytes` : undefined;
  if (why !== undefined) throw new SallyportError('ERR_FILE_UNREADABLE', `${path} ${why}`, { remedy: 'Name the file itself.' });
  return readFile(path, 'utf8');
}
