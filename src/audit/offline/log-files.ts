import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { HASH_BYTES } from '../log/hash.ts';
import { ENTRY_BYTES, TILE_WIDTH, readTile, tilePath, widthIn } from '../log/tiles.ts';
import type { TileAddress } from '../log/tiles.ts';
import type { OnFlaw } from './flaw.ts';

const RESOURCE = /^tile\/(entries|0|[1-9]\d?)\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** A file of a log's folder; `address`: undefined where it is no tile or bundle by its name. */
export interface LogFile {
  readonly file: string;
  readonly address: TileAddress | undefined;
}

/** Everything below `<log>/tile`, in the order of names. */
export function listLogFiles(log: string): readonly LogFile[] {
  const tiles = join(log, 'tile');
  if (!existsSync(tiles)) return [];
  return readdirSync(tiles, { recursive: true, withFileTypes: true })
    .filter((item) => !item.isDirectory())
    .map((item) => join(item.parentPath, item.name))
    .toSorted()
    .map((file) => ({ file, address: addressOf(relative(log, file)) }));
}

function addressOf(name: string): TileAddress | undefined {
  const [, level = '', groups = '', partial] = RESOURCE.exec(name) ?? [];
  const width = Number(partial ?? TILE_WIDTH);
  const address: TileAddress = { level: level === 'entries' ? level : Number(level), index: Number(groups.replaceAll(/[x/]/g, '')), width };
  // Its one name only: `x000/001` and a partial of 256 are none.
  return groups !== '' && tilePath(address) === name ? address : undefined;
}

/**
 * The files that no checkpoint needs any more, or not yet: an earlier partial must be the beginning of what took its place.
 * Gives how many lie beyond the checkpoint, of which nothing can be said.
 */
export function checkOtherFiles(log: string, size: number, found: OnFlaw): number {
  let beyond = 0;
  for (const { file, address } of listLogFiles(log)) {
    if (address === undefined) {
      // What a crash left half-written is nothing that is served; `fsck` names it.
      if (!file.endsWith('.draft')) found({ file, what: 'this is no file of a log' });
      continue;
    }
    const { level, index, width } = address;
    const unit = level === 'entries' ? ENTRY_BYTES : HASH_BYTES;
    const known = widthIn(size, level, index);
    if (width > known) beyond += 1;
    // Those of the checkpoint's own width were held against the lines.
    if (width === known || known === 0) continue;
    const bytes = readFileSync(file);
    if (bytes.length !== width * unit) found({ file, what: `it has ${bytes.length} bytes and not ${width * unit}` });
    else if (!beginsAlike(bytes, log, { level, index, width: known })) found({ file, what: 'it does not begin like the tile that took its place' });
  }
  return beyond;
}

/** A tile that cannot be read has been named already. */
function beginsAlike(bytes: Uint8Array, log: string, address: TileAddress): boolean {
  try {
    const proven = readTile(log, address);
    const common = Math.min(bytes.length, proven.length);
    return Buffer.compare(bytes.subarray(0, common), proven.subarray(0, common)) === 0;
  } catch {
    return true;
  }
}
