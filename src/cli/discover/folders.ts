import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { SallyportError } from '../../domain/errors.ts';

/** The folders that were named, absolute. Throws `ERR_FILE_UNREADABLE`: of one that is not there, nothing found would read as nothing there. */
export function namedFolders(names: readonly string[], cwd: string): readonly string[] {
  return names.map((name) => {
    const folder = resolve(cwd, name);
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return folder;
    throw new SallyportError('ERR_FILE_UNREADABLE', `${folder} is no folder`, { remedy: 'Name folders that are there.' });
  });
}
