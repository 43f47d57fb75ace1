import { HASH_BYTES, hashNode, rootOver, splitOf } from './hash.ts';
import { TILE_WIDTH, readTile, widthIn } from './tiles.ts';

const TILE_HEIGHT = 8;
const TILES_CACHED_MAX = 64;

/** A tree as it lies in tiles: roots and proofs of any size up to its own. All throw `ERR_LOG_INCONSISTENT` for a tile that is missing. */
export interface TiledTree {
  readonly size: number;
  /** RFC 6962 leaf hash. */
  leafHash(index: number): Uint8Array;
  root(size?: number): Uint8Array;
  /** RFC 6962 section 2.1.1, towards the root of the whole tree. */
  inclusion(index: number): readonly Uint8Array[];
  /** RFC 6962 section 2.1.2, from the tree of the first `from` leaves, 0 < from. */
  consistency(from: number): readonly Uint8Array[];
}

/** The tree of `size` leaves in a log's folder. Tiles are read when they are needed. */
export function openTree(dir: string, size: number): TiledTree {
  const tiles = new Map<string, Uint8Array>();
  const tileAt = (level: number, index: number): Uint8Array => {
    const key = `${level}/${index}`;
    const known = tiles.get(key);
    if (known !== undefined) return known;
    if (tiles.size >= TILES_CACHED_MAX) tiles.clear();
    const bytes = readTile(dir, { level, index, width: widthIn(size, level, index) });
    tiles.set(key, bytes);
    return bytes;
  };
  /** The hash of the full subtree of that height, the `index`th of its row. */
  const node = (height: number, index: number): Uint8Array => {
    const level = Math.floor(height / TILE_HEIGHT);
    const span = 2 ** (height % TILE_HEIGHT);
    const first = index * span;
    const tile = tileAt(level, Math.floor(first / TILE_WIDTH));
    const at = (first % TILE_WIDTH) * HASH_BYTES;
    return rootOver(Array.from({ length: span }, (_, offset) => tile.subarray(at + offset * HASH_BYTES, at + (offset + 1) * HASH_BYTES)));
  };
  /** MTH of the leaves from `low` on, below `high`; `low` is a multiple of the power of two that holds the range. */
  const range = (low: number, high: number): Uint8Array => {
    const count = high - low;
    if (count === 0) return rootOver([]);
    const height = Math.log2(count);
    if (Number.isInteger(height)) return node(height, low / count);
    const cut = low + splitOf(count);
    return hashNode(range(low, cut), range(cut, high));
  };
  const path = (index: number, low: number, high: number): readonly Uint8Array[] => {
    if (high - low === 1) return [];
    const cut = low + splitOf(high - low);
    return index < cut ? [...path(index, low, cut), range(cut, high)] : [...path(index, cut, high), range(low, cut)];
  };
  const subproof = (from: number, low: number, high: number, whole: boolean): readonly Uint8Array[] => {
    if (from === high) return whole ? [] : [range(low, high)];
    const cut = low + splitOf(high - low);
    return from <= cut ? [...subproof(from, low, cut, whole), range(cut, high)] : [...subproof(from, cut, high, false), range(low, cut)];
  };
  return {
    size,
    leafHash: (index) => node(0, index),
    root: (at = size) => range(0, at),
    inclusion: (index) => path(index, 0, size),
    consistency: (from) => subproof(from, 0, size, true),
  };
}

/** RFC 9162 section 2.1.3.2. */
export function verifyInclusion(leafHash: Uint8Array, index: number, size: number, proof: readonly Uint8Array[], root: Uint8Array): boolean {
  if (index >= size || index < 0) return false;
  let [first, last] = [index, size - 1];
  let hash = leafHash;
  for (const part of proof) {
    if (last === 0) return false;
    if (first % 2 === 1 || first === last) {
      hash = hashNode(part, hash);
      while (first % 2 === 0 && first !== 0) [first, last] = [first / 2, Math.floor(last / 2)];
    } else hash = hashNode(hash, part);
    [first, last] = [Math.floor(first / 2), Math.floor(last / 2)];
  }
  return last === 0 && equal(hash, root);
}

/** RFC 9162 section 2.1.4.2: whether the tree of `size` begins with the one of `from`. */
export function verifyConsistency(
  from: number, fromRoot: Uint8Array, size: number, root: Uint8Array, proof: readonly Uint8Array[],
): boolean {
  if (from > size) return false;
  if (from === size) return proof.length === 0 && equal(fromRoot, root);
  if (from === 0) return proof.length === 0;
  let [first, last] = [from - 1, size - 1];
  while (first % 2 === 1) [first, last] = [Math.floor(first / 2), Math.floor(last / 2)];
  const [start, ...rest] = Math.log2(from) % 1 === 0 ? [fromRoot, ...proof] : proof;
  if (start === undefined) return false;
  let [old, young] = [start, start];
  for (const part of rest) {
    if (last === 0) return false;
    if (first % 2 === 1 || first === last) {
      [old, young] = [hashNode(part, old), hashNode(part, young)];
      while (first % 2 === 0 && first !== 0) [first, last] = [first / 2, Math.floor(last / 2)];
    } else young = hashNode(young, part);
    [first, last] = [Math.floor(first / 2), Math.floor(last / 2)];
  }
  return last === 0 && equal(old, fromRoot) && equal(young, root);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
