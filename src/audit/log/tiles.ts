import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HASH_BYTES } from './hash.ts';
import { inconsistent } from './inconsistent.ts';

/* C2SP tlog-tiles: a tree as files of 256 hashes; `log/` served as it is, by any web server, is the log's interface. */

export const TILE_WIDTH = 256;
/** An entry in its bundle: its length (uint16, big-endian) and 32 bytes. */
export const ENTRY_BYTES = 2 + HASH_BYTES;

/** `level`: 0 has the leaves' hashes; `entries` the leaves themselves. `width`: 256, or less at the tree's right edge. */
export interface TileAddress {
  readonly level: number | 'entries';
  readonly index: number;
  readonly width: number;
}

export interface Tile extends TileAddress {
  readonly bytes: Uint8Array;
}

export function logDir(ledgerDir: string): string {
  return join(ledgerDir, 'log');
}

/** Relative to the log's folder: `tile/0/x001/234`, `tile/entries/003.p/17`. */
export function tilePath({ level, index, width }: TileAddress): string {
  const groups: string[] = [];
  for (let rest = index; groups.length === 0 || rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`${groups.length === 0 ? '' : 'x'}${String(rest % 1000).padStart(3, '0')}`);
  }
  return `tile/${level}/${groups.join('/')}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** How wide the tile is in a tree of `size` leaves; 0 when it has none. */
export function widthIn(size: number, level: number | 'entries', index: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** (level === 'entries' ? 0 : level));
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH));
}

/**
 * Reads a tile; one that was partial and has been filled since is read from the full one. Throws `ERR_LOG_INCONSISTENT`
 * when it is not there or has not its length.
 */
export function readTile(dir: string, address: TileAddress): Uint8Array {
  const unit = address.level === 'entries' ? ENTRY_BYTES : HASH_BYTES;
  const file = join(dir, tilePath(address));
  const full = join(dir, tilePath({ ...address, width: TILE_WIDTH }));
  const found = existsSync(file) ? file : full;
  let bytes: Buffer;
  try {
    bytes = readFileSync(found);
  } catch (cause) {
    throw inconsistent(file, 'the tile cannot be read', { cause, position: positionOf(address) });
  }
  const width = found === full ? TILE_WIDTH : address.width;
  if (bytes.length !== width * unit) throw inconsistent(found, `the tile has ${bytes.length} bytes and not ${width * unit}`, { position: positionOf(address) });
  return bytes.subarray(0, address.width * unit);
}

/** The first entry that a tile stands for. */
export function positionOf({ level, index }: Pick<TileAddress, 'level' | 'index'>): number {
  return index * TILE_WIDTH ** (level === 'entries' ? 1 : level + 1);
}
