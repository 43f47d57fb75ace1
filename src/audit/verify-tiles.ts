import { join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { findLine } from './find-line.ts';
import { checkpointFile } from './log/keeper.ts';
import type { Signed } from './log/keeper.ts';
import { ENTRY_BYTES, TILE_WIDTH, logDir, positionOf, readTile, tilePath, widthIn } from './log/tiles.ts';
import type { Tile } from './log/tiles.ts';
import { TreeEdge } from './log/tree.ts';
import type { Damage } from './scan.ts';

const LENGTH_BYTES = 2;
/** How many single places of one kind are named; beyond that their number is. */
const NAMED_MAX = 100;

interface Difference {
  readonly tile: Tile;
  readonly file: string;
  /** The first byte that differs; 0 when the tile cannot be read at all. */
  readonly offset: number;
  readonly why: string;
}

/** Holds the tree that the segments' lines give against the files of the log, and says which of the two is not what was signed. */
export class TileCheck {
  readonly #dir: string;
  readonly #signed: Signed | undefined;
  readonly #found: Damage[];
  #differences: Difference[] = [];
  #root: Uint8Array | undefined;
  #bundle: { readonly index: number; readonly bytes: Uint8Array | undefined } = { index: -1, bytes: undefined };

  constructor(dir: string, signed: Signed | undefined, found: Damage[]) {
    this.#dir = dir;
    this.#signed = signed;
    this.#found = found;
  }

  /** The entry that the log's own files have at a position below the signed size. */
  entryAt(position: number): Uint8Array | undefined {
    const size = this.#signed?.size ?? 0;
    if (position >= size) return undefined;
    const index = Math.floor(position / TILE_WIDTH);
    if (this.#bundle.index !== index) this.#bundle = { index, bytes: this.#read({ level: 'entries', index, width: widthIn(size, 'entries', index) }) };
    const at = (position % TILE_WIDTH) * ENTRY_BYTES;
    return this.#bundle.bytes?.slice(at + LENGTH_BYTES, at + ENTRY_BYTES);
  }

  compare(tiles: readonly Tile[]): void {
    for (const tile of tiles) this.#compare(tile);
  }

  /** All that was signed has been seen: its root, and the tiles of its edge. */
  seal(root: Uint8Array, partials: readonly Tile[]): void {
    this.#root = root;
    this.compare(partials);
  }

  /** Adds what is damaged. */
  async finish(): Promise<void> {
    const signed = this.#signed;
    if (signed === undefined || (signed.size === 0 && this.#root === undefined)) return;
    if (this.#root !== undefined && Buffer.compare(this.#root, signed.root) === 0) {
      for (const { file, offset, why } of this.#differences.slice(0, NAMED_MAX)) this.#found.push({ file, offset, reason: why });
      this.#more(this.#differences.length - NAMED_MAX, 'further tiles are not what was signed');
      return;
    }
    await this.#blame(signed);
  }

  /** The lines do not give the signed root. Where the log's entries do, they say which line is another. */
  async #blame(signed: Signed): Promise<void> {
    const others = this.#differences.flatMap(({ tile }) => (tile.level === 'entries' ? this.#positions(tile) : []));
    this.#differences = [];
    const edge = new TreeEdge();
    for (let position = 0; position < signed.size; position += 1) {
      const entry = this.entryAt(position);
      if (entry === undefined) break;
      edge.append(entry);
      this.compare(edge.takeFinished());
    }
    if (edge.size < signed.size || Buffer.compare(edge.root(), signed.root) !== 0) {
      const reason = `neither the segments nor the entries give the root that was signed over ${signed.size} entries`;
      this.#found.push({ file: checkpointFile(this.#dir), offset: 0, reason });
    } else this.compare(edge.partials());
    for (const { file, offset, why } of this.#differences.slice(0, NAMED_MAX)) this.#found.push({ file, offset, reason: why });
    for (const position of others.slice(0, NAMED_MAX)) {
      const place = await findLine(this.#dir, position).catch(() => undefined);
      const reason = `the log was signed with another line at position ${position}`;
      this.#found.push({ file: place?.file ?? join(this.#dir, 'segments'), offset: place?.offset ?? 0, reason });
    }
    this.#more(others.length - NAMED_MAX, 'further lines are not the ones that were signed');
  }

  #more(count: number, what: string): void {
    if (count > 0) this.#found.push({ file: logDir(this.#dir), offset: 0, reason: `${count} ${what}` });
  }

  #compare(tile: Tile): void {
    const file = join(logDir(this.#dir), tilePath(tile));
    const why = `the tile at position ${positionOf(tile)} is not what was signed`;
    try {
      const there = readTile(logDir(this.#dir), tile);
      if (Buffer.compare(there, tile.bytes) === 0) return;
      const offset = tile.bytes.findIndex((byte, at) => byte !== there[at]);
      this.#differences.push({ tile, file, offset, why });
    } catch (error) {
      if (!(error instanceof SallyportError)) throw error;
      this.#differences.push({ tile, file, offset: 0, why: error.message });
    }
  }

  /** Where a bundle of the lines' entries differs from the log's. */
  #positions(tile: Tile): readonly number[] {
    const there = this.#read(tile);
    if (there === undefined) return [];
    const places = Array.from({ length: tile.width }, (_, index) => index);
    return places.filter((index) => {
      const [from, to] = [index * ENTRY_BYTES, (index + 1) * ENTRY_BYTES];
      return Buffer.compare(there.subarray(from, to), tile.bytes.subarray(from, to)) !== 0;
    }).map((index) => positionOf(tile) + index);
  }

  #read(address: Omit<Tile, 'bytes'>): Uint8Array | undefined {
    try {
      return readTile(logDir(this.#dir), address);
    } catch {
      return undefined;
    }
  }
}
