import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

/** Beyond this an index is not read. */
const INDEX_BYTES_MAX = 256 * 1024 * 1024;
/** Of a `.git` that is a file: one line with a path. */
const LINK_BYTES_MAX = 8 * 1024;
const FOLDERS_MAX = 64;

/**
 * Whether Git has a file in its index: what is committed, or is to be. Only its files are read: no Git runs, and so nothing that
 * a repository configures. Undefined: it is in no repository, or its index can't be read.
 */
export function isTracked(file: string): boolean | undefined {
  try {
    const found = repositoryOf(file);
    if (found === undefined) return undefined;
    const index = readPlain(join(found.folder, 'index'), INDEX_BYTES_MAX);
    return index === undefined ? undefined : holds(index, relative(found.root, file).split(sep).join('/'));
  } catch {
    return undefined;
  }
}

function repositoryOf(file: string): { readonly root: string; readonly folder: string } | undefined {
  let root = dirname(file);
  for (let depth = 0; depth < FOLDERS_MAX; depth += 1) {
    const folder = gitFolder(join(root, '.git'));
    if (folder !== undefined) return { root, folder };
    if (dirname(root) === root) return undefined;
    root = dirname(root);
  }
  return undefined;
}

/** `.git` is a folder, or in worktrees and submodules a file that names one. */
function gitFolder(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return path;
  if (found?.isFile() !== true) return undefined;
  const named = /^gitdir: (.+)$/m.exec(readPlain(path, LINK_BYTES_MAX)?.toString('utf8') ?? '')?.[1]?.trim();
  return named === undefined ? undefined : isAbsolute(named) ? named : resolve(dirname(path), named);
}

/** Whoever made the folder may have put a pipe or a device there: neither is waited for. */
function readPlain(path: string, bytesMax: number): Buffer | undefined {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = fstatSync(file);
    return found.isFile() && found.size <= bytesMax ? readFileSync(file) : undefined;
  } finally {
    closeSync(file);
  }
}

const HEADER_BYTES = 12;
/** Times, device, owner, size and name (SHA-1) before the flags of an entry, and the flags (Git, index-format). */
const FIXED_BYTES = 62;
const EXTENDED = 0x4000;

function holds(index: Buffer, path: string): boolean | undefined {
  if (index.toString('latin1', 0, 4) !== 'DIRC') return undefined;
  const [version, count] = [index.readUInt32BE(4), index.readUInt32BE(8)];
  // Version 4 shortens each name by the one before it; it is looked for by what every version has: the name itself or its end.
  if (version < 2 || version > 4) return undefined;
  let at = HEADER_BYTES;
  let before = '';
  for (let entry = 0; entry < count && at + FIXED_BYTES < index.length; entry += 1) {
    const start = at + FIXED_BYTES + ((index.readUInt16BE(at + FIXED_BYTES - 2) & EXTENDED) === 0 ? 0 : 2);
    const named = version === 4 ? shortened(index, start, before) : plainName(index, start);
    if (named.name === path) return true;
    before = named.name;
    // Names of the older versions are filled up with zeros to the next eight bytes.
    at = version === 4 ? named.end : at + ((named.end - 1 - at + 8) & ~7);
  }
  return false;
}

function plainName(index: Buffer, start: number): { readonly name: string; readonly end: number } {
  const end = index.indexOf(0, start);
  return { name: index.toString('utf8', start, end < 0 ? index.length : end), end: (end < 0 ? index.length : end) + 1 };
}

/** How many characters of the name before it go, then what follows the rest. */
function shortened(index: Buffer, start: number, before: string): { readonly name: string; readonly end: number } {
  let at = start;
  let gone = (index[at] ?? 0) & 0x7f;
  while (((index[at] ?? 0) & 0x80) !== 0) {
    at += 1;
    gone = ((gone + 1) << 7) | ((index[at] ?? 0) & 0x7f);
  }
  const { name, end } = plainName(index, at + 1);
  return { name: Buffer.from(before).subarray(0, Math.max(0, Buffer.byteLength(before) - gone)).toString('utf8') + name, end };
}
