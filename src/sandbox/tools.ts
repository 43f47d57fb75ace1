import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';

const SYSTEM = ['/usr/local/bin', '/usr/bin', '/bin'];

/**
 * Where commands of local servers are looked for: the absolute folders of the operator's PATH, the system's, and last our
 * own `node_modules/.bin`. Folders that a package manager puts in front for the length of one script are left out, so
 * that `npm start` and `sallyport up` find the same `node`.
 */
export function searchPathOf(path: string | undefined, ownBin: string): readonly string[] {
  const operator = (path ?? '').split(delimiter).filter((folder) => isAbsolute(folder) && !/[/\\]node_modules[/\\]/.test(`${folder}/`));
  return [...new Set([...operator, ...SYSTEM, ownBin])];
}

/** The absolute path of a command; `undefined` if there is none. A relative path with a slash is never one. */
export function findCommand(command: string, searchPath: readonly string[]): string | undefined {
  if (isAbsolute(command)) return isExecutable(command) ? command : undefined;
  if (command === '' || command.includes('/') || command.includes('\0')) return undefined;
  return searchPath.map((folder) => join(folder, command)).find(isExecutable);
}

/** The PATH of a child: where its command lies, where `node` lies (package runners are Node scripts), and the system's folders. */
export function childPath(command: string, searchPath: readonly string[]): string {
  const node = findCommand('node', searchPath);
  return [...new Set([dirname(command), ...(node === undefined ? [] : [dirname(node)]), ...SYSTEM])].join(delimiter);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
