import { join } from 'node:path';
import type { Checkpoint } from '../log/checkpoint.ts';
import { HASH_BYTES, hashLeaf } from '../log/hash.ts';
import { ENTRY_BYTES, TILE_WIDTH, readTile, tilePath } from '../log/tiles.ts';
import type { Tile, TileAddress } from '../log/tiles.ts';
import { TreeEdge } from '../log/tree.ts';
import type { OnFlaw } from './flaw.ts';

/** What a line says of itself: the entry that it names, undefined where the line is damaged or missing; and where it lies. */
export interface Said {
  readonly leaf: Uint8Array | undefined;
  readonly file: string;
  readonly offset: number;
}

/**
 * The tree as the lines have it, built once more and held against the log's files up to its checkpoint: bundles, tiles of
 * every level, root. Where two of line, entry and hash agree, the third is named; so one flaw stays one.
 */
export class TreeCheck {
  readonly #log: string;
  readonly #checkpoint: Checkpoint;
  readonly #found: OnFlaw;
  readonly #edge = new TreeEdge();
  readonly #hash = Buffer.alloc(HASH_BYTES);
  #block: Said[] = [];

  constructor(log: string, checkpoint: Checkpoint, found: OnFlaw) {
    this.#log = log;
    this.#checkpoint = checkpoint;
    this.#found = found;
  }

  /** The position that the next line has. */
  get next(): number {
    return this.#edge.size + this.#block.length;
  }

  /** In order of positions; what lies beyond the checkpoint is nothing that the log vouches for, and is passed over. */
  add(said: Said): void {
    if (this.next >= this.#checkpoint.size) return;
    this.#block.push(said);
    if (this.#block.length === TILE_WIDTH || this.next === this.#checkpoint.size) this.#settle();
  }

  /** After the last line: the tree's right edge and its root. */
  finish(): void {
    for (const tile of this.#edge.partials()) this.#compare(tile);
    if (Buffer.compare(this.#edge.root(), this.#checkpoint.root) === 0) return;
    this.#found({ file: join(this.#log, 'checkpoint'), what: 'the root that was signed is not the root over these entries' });
  }

  #settle(): void {
    const index = Math.floor(this.#edge.size / TILE_WIDTH);
    const width = this.#block.length;
    const bundle = this.#read({ level: 'entries', index, width });
    const tile = this.#read({ level: 0, index, width });
    for (const [at, said] of this.#block.entries()) {
      const entry = bundle?.subarray(at * ENTRY_BYTES + 2, (at + 1) * ENTRY_BYTES);
      const agree = said.leaf !== undefined && entry !== undefined && Buffer.compare(said.leaf, entry) === 0;
      this.#edge.append(agree ? entry : this.#judge(said, entry, tile, at, index));
    }
    // What was read is compared as it lies there: lengths within a bundle, and hashes, are part of what is served.
    for (const finished of this.#edge.takeFinished()) this.#compare(finished, finished.level === 'entries' ? bundle : finished.level === 0 ? tile : undefined);
    this.#block = [];
  }

  /** The entry that counts where line and bundle do not agree. */
  #judge({ leaf, file, offset }: Said, entry: Uint8Array | undefined, tile: Uint8Array | undefined, at: number, index: number): Uint8Array {
    const position = index * TILE_WIDTH + at;
    const hash = tile?.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
    if (leaf !== undefined && this.#hashes(leaf, hash)) return leaf;
    if (entry !== undefined && leaf !== undefined) {
      const what = this.#hashes(entry, hash) ? 'the line is not the one that was logged here' : 'line, entry and hash of this position are of three records';
      this.#found({ file, offset, position, what });
    }
    return entry ?? leaf ?? new Uint8Array(HASH_BYTES);
  }

  #hashes(entry: Uint8Array, hash: Uint8Array | undefined): boolean {
    if (hash === undefined) return false;
    hashLeaf(entry, this.#hash, 0);
    return this.#hash.equals(hash);
  }

  #compare(expected: Tile, read?: Uint8Array): void {
    const found = read ?? this.#read(expected);
    if (found === undefined || Buffer.compare(found, expected.bytes) === 0) return;
    const unit = expected.level === 'entries' ? ENTRY_BYTES : HASH_BYTES;
    const offset = found.findIndex((byte, at) => byte !== expected.bytes[at]);
    const position = (expected.index * TILE_WIDTH + Math.floor(offset / unit)) * TILE_WIDTH ** (expected.level === 'entries' ? 0 : expected.level);
    const what = expected.level === 'entries' ? 'the entry is not the one of its line' : 'the hash is not the one of its entries';
    this.#found({ file: join(this.#log, tilePath(expected)), offset, position, what });
  }

  #read(address: TileAddress): Uint8Array | undefined {
    try {
      return readTile(this.#log, address);
    } catch (error) {
      const [file = '', what = ''] = error instanceof Error ? [join(this.#log, tilePath(address)), error.message.replace(/^.*?: /, '')] : [];
      this.#found({ file, what });
      return undefined;
    }
  }
}
