import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { LIMITS } from '../../../domain/limits.ts';
import { readPart } from '../../bounded-file.ts';
import { findInPack, OBJECT_KINDS, readPacked } from './pack.ts';
import type { GitObject, ObjectKind } from './pack.ts';
import { packsIn } from './store.ts';
import type { GitStore } from './store.ts';

export interface Objects {
  /** The object of this id; undefined: absent (a shallow or partial clone), broken, or larger than `bytesMax`. */
  read(id: string, bytesMax: number): GitObject | undefined;
}

/** The objects of a repository, loose and packed. What a partial clone would fetch is absent: nothing is fetched. */
export function objectsOf(store: GitStore): Objects {
  const packs = store.objects.flatMap(packsIn);
  const read = (id: string, bytesMax: number, depth: number): GitObject | undefined => {
    if (depth > LIMITS.gitDeltasMax) return undefined;
    const loose = store.objects.map((folder) => readLoose(folder, id, bytesMax)).find((each) => each !== undefined);
    if (loose !== undefined) return loose;
    for (const pack of packs) {
      const offset = quiet(() => findInPack(pack, id, store.hashBytes));
      if (offset === undefined) continue;
      return quiet(() => readPacked(pack, offset, bytesMax, store.hashBytes, (base) => read(base, bytesMax, depth + 1)));
    }
    return undefined;
  };
  return { read: (id, bytesMax) => read(id, bytesMax, 0) };
}

function readLoose(folder: string, id: string, bytesMax: number): GitObject | undefined {
  return quiet(() => {
    const compressed = readPart(join(folder, id.slice(0, 2), id.slice(2)), 0, bytesMax + 4096);
    const bytes = inflateSync(compressed, { maxOutputLength: bytesMax + 64 });
    const end = bytes.indexOf(0);
    const [kind = '', size = ''] = bytes.toString('latin1', 0, end).split(' ');
    const found = Object.values(OBJECT_KINDS).find((each): each is ObjectKind => each === kind);
    const body = bytes.subarray(end + 1);
    return found === undefined || body.byteLength !== Number(size) || body.byteLength > bytesMax ? undefined : { kind: found, bytes: body };
  });
}

function quiet<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

export interface TreeFile {
  /** From the repository's root. */
  readonly path: string;
  readonly id: string;
}

/** What a look at a tree could not see. */
export interface TreeGap {
  readonly path: string;
  readonly reason: string;
}

const COMMIT_BYTES = 1024 * 1024;

/**
 * The files of a commit for which `wants` says yes, folder by folder. Links and submodules are no files of it. A folder that
 * is missing or a limit that was reached is said by `gap`, once each.
 */
export function* filesOf(
  store: GitStore, objects: Objects, commit: string, wants: (path: string) => boolean, gap: (what: TreeGap) => void, isOver: () => boolean,
): Generator<TreeFile> {
  const root = treeOf(objects, commit);
  if (root === undefined) {
    gap({ path: '', reason: 'the commit of HEAD is not in the repository' });
    return;
  }
  const waiting: { readonly path: string; readonly id: string; readonly depth: number }[] = [{ path: '', id: root, depth: 0 }];
  let seen = 0;
  for (let next = waiting.pop(); next !== undefined && !isOver(); next = waiting.pop()) {
    const tree = objects.read(next.id, LIMITS.gitTreeBytesMax);
    if (tree?.kind !== 'tree') {
      gap({ path: next.path, reason: 'the folder is not in the repository' });
      continue;
    }
    for (const { mode, name, id } of entriesOf(tree.bytes, store.hashBytes)) {
      seen += 1;
      if (seen > LIMITS.gitEntriesMax) {
        gap({ path: next.path, reason: `more than ${LIMITS.gitEntriesMax} files` });
        return;
      }
      const path = next.path === '' ? name : `${next.path}/${name}`;
      if (mode === '40000' && next.depth < LIMITS.gitDepthMax && !SKIPPED.has(name)) waiting.push({ path, id, depth: next.depth + 1 });
      else if (mode.startsWith('100') && wants(path)) yield { path, id };
    }
  }
}

/** Others' code, copied in: what of it runs is in a lock file. */
const SKIPPED: ReadonlySet<string> = new Set(['.git', 'node_modules', 'bower_components', '.venv', 'venv', '__pycache__', 'site-packages', '.tox']);

function treeOf(objects: Objects, commit: string): string | undefined {
  const found = objects.read(commit, COMMIT_BYTES);
  return found?.kind === 'commit' ? /^tree ([0-9a-f]{40,64})$/m.exec(found.bytes.toString('latin1'))?.[1] : undefined;
}

function* entriesOf(bytes: Buffer, hashBytes: number): Generator<{ readonly mode: string; readonly name: string; readonly id: string }> {
  let at = 0;
  while (at < bytes.byteLength) {
    const space = bytes.indexOf(0x20, at);
    const end = space < 0 ? -1 : bytes.indexOf(0, space);
    if (end < 0 || end + 1 + hashBytes > bytes.byteLength) return;
    const name = bytes.toString('utf8', space + 1, end);
    const id = bytes.toString('hex', end + 1, end + 1 + hashBytes);
    const isName = name !== '' && name !== '.' && name !== '..' && !name.includes('/');
    if (isName) yield { mode: bytes.toString('latin1', at, space), name, id };
    at = end + 1 + hashBytes;
  }
}
