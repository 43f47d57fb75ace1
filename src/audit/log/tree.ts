import { HASH_BYTES, hashLeaf, hashPair, rootOver } from './hash.ts';
import { ENTRY_BYTES, TILE_WIDTH, readTile, widthIn } from './tiles.ts';
import type { Tile } from './tiles.ts';

const TILE_BYTES = TILE_WIDTH * HASH_BYTES;

interface Edge {
  index: number;
  count: number;
  hashes: Uint8Array;
}

/**
 * The growing edge of the tree: per level the tile that is being filled. A leaf costs its own hash and one node's, on
 * average; what is finished is handed out once.
 */
export class TreeEdge {
  readonly #levels: Edge[] = [];
  #bundle = new Uint8Array(TILE_WIDTH * ENTRY_BYTES);
  #finished: Tile[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The edge of the tree of `size` leaves that lies in a log's folder. Throws `ERR_LOG_INCONSISTENT` when a tile is missing. */
  static load(dir: string, size: number): TreeEdge {
    const edge = new TreeEdge();
    edge.#size = size;
    for (let level = 0; size >= TILE_WIDTH ** level; level += 1) {
      const index = Math.floor(size / TILE_WIDTH ** (level + 1));
      const width = widthIn(size, level, index);
      const of = edge.#edge(level);
      of.index = index;
      of.count = width;
      if (width > 0) of.hashes.set(readTile(dir, { level, index, width }));
      if (width > 0 && level === 0) edge.#bundle.set(readTile(dir, { level: 'entries', index, width }));
    }
    return edge;
  }

  /** `entry`: 32 bytes, taken over. */
  append(entry: Uint8Array): void {
    const edge = this.#edge(0);
    const at = edge.count * ENTRY_BYTES;
    this.#bundle[at + 1] = HASH_BYTES;
    this.#bundle.set(entry, at + 2);
    hashLeaf(entry, edge.hashes, edge.count * HASH_BYTES);
    edge.count += 1;
    this.#size += 1;
    if (edge.count < TILE_WIDTH) return;
    this.#finished.push({ level: 'entries', index: edge.index, width: TILE_WIDTH, bytes: this.#bundle });
    this.#bundle = new Uint8Array(TILE_WIDTH * ENTRY_BYTES);
    this.#finish(0);
  }

  root(): Uint8Array {
    let carried: Uint8Array | undefined;
    for (const { hashes, count } of this.#levels) {
      const parts = Array.from({ length: count }, (_, index) => hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES));
      if (carried !== undefined) parts.push(carried);
      if (parts.length > 0) carried = rootOver(parts);
    }
    return Buffer.from(carried ?? rootOver([]));
  }

  /** The full tiles that were finished since this was last asked. */
  takeFinished(): readonly Tile[] {
    const finished = this.#finished;
    this.#finished = [];
    return finished;
  }

  /** Copies of the tiles that are not full yet. */
  partials(): readonly Tile[] {
    const tiles: Tile[] = this.#levels.flatMap(({ index, count: width, hashes }, level) =>
      width === 0 ? [] : [{ level, index, width, bytes: hashes.slice(0, width * HASH_BYTES) }],
    );
    const [leaves] = this.#levels;
    if (leaves === undefined || leaves.count === 0) return tiles;
    return [...tiles, { level: 'entries', index: leaves.index, width: leaves.count, bytes: this.#bundle.slice(0, leaves.count * ENTRY_BYTES) }];
  }

  #edge(level: number): Edge {
    return (this.#levels[level] ??= { index: 0, count: 0, hashes: new Uint8Array(TILE_BYTES) });
  }

  #finish(level: number): void {
    const edge = this.#edge(level);
    const above = this.#edge(level + 1);
    this.#finished.push({ level, index: edge.index, width: TILE_WIDTH, bytes: edge.hashes });
    foldInto(edge.hashes, above.hashes, above.count * HASH_BYTES);
    edge.hashes = new Uint8Array(TILE_BYTES);
    edge.index += 1;
    edge.count = 0;
    above.count += 1;
    if (above.count === TILE_WIDTH) this.#finish(level + 1);
  }
}

/** The root of a full tile, written to `target`. */
function foldInto(tile: Uint8Array, target: Uint8Array, at: number): void {
  const row = tile.slice();
  for (let width = TILE_WIDTH; width > 2; width /= 2) {
    for (let pair = 0; pair < width / 2; pair += 1) hashPair(row, pair * 2 * HASH_BYTES, row, pair * HASH_BYTES);
  }
  hashPair(row, 0, target, at);
}
