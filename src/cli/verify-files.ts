import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** What npm writes about what it installed; nothing runs by it. */
const OF_NPM = 'node_modules/.package-lock.json';

const WHOLE_BYTES_MAX = 4 * 1024 * 1024;

/** Every file under a folder, by its path: the SHA-256 of its bytes, or `link:` and where it points. What is neither is `other`. */
export async function digestFiles(root: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const path of await walk(root, '')) found.set(path, await digestOf(join(root, path)));
  return found;
}

async function walk(root: string, folder: string): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) paths.push(...(await walk(root, path)));
    else if (path !== OF_NPM) paths.push(path);
  }
  return paths.toSorted();
}

async function digestOf(path: string): Promise<string> {
  const found = await lstat(path);
  if (found.isSymbolicLink()) return `link:${await readlink(path)}`;
  if (!found.isFile()) return 'other';
  const hash = createHash('sha256');
  // A stream for each of thousands of small files costs more than their digests.
  if (found.size <= WHOLE_BYTES_MAX) return hash.update(await readFile(path)).digest('hex');
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk);
  return hash.digest('hex');
}

export interface FileDifferences {
  readonly changed: readonly string[];
  readonly missing: readonly string[];
  readonly extra: readonly string[];
}

/** In which files a program is not what was released. */
export function compareFiles(released: Readonly<Record<string, string>>, found: ReadonlyMap<string, string>): FileDifferences {
  const paths = Object.keys(released).toSorted();
  return {
    changed: paths.filter((path) => found.has(path) && found.get(path) !== released[path]),
    missing: paths.filter((path) => !found.has(path)),
    extra: [...found.keys()].filter((path) => !Object.hasOwn(released, path)).toSorted(),
  };
}
