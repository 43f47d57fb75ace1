import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import { leafOf } from './line.ts';
import { writeDurable } from './log/durable.ts';
import { inconsistent } from './log/inconsistent.ts';
import { checkpointFile } from './log/keeper.ts';
import type { Signed } from './log/keeper.ts';
import { logDir, positionOf, readTile, tilePath } from './log/tiles.ts';
import type { Tile } from './log/tiles.ts';
import { TreeEdge } from './log/tree.ts';
import type { Damage } from './scan.ts';
import { listSegments, readLines } from './segments.ts';

/**
 * The edge of the tree that was signed. Tiles that do not give its root are written anew from the segments' lines, and named
 * as damage, only where those lines give that very root. Throws `ERR_LOG_INCONSISTENT`, naming file and position, when they don't.
 */
export async function openEdge(dir: string, signed: Signed): Promise<{ readonly edge: TreeEdge; readonly damage: readonly Damage[] }> {
  let why = inconsistent(checkpointFile(dir), `the tiles of the ${signed.size} entries that it covers give another root`);
  try {
    const edge = TreeEdge.load(logDir(dir), signed.size);
    if (Buffer.compare(edge.root(), signed.root) === 0) return { edge, damage: [] };
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    why = error;
  }
  return { damage: await restoreTiles(dir, signed, why), edge: TreeEdge.load(logDir(dir), signed.size) };
}

/** What `work` gives, which reads tiles; where one is not what was signed, it is restored first, as at a start, and `tell` told. Throws what both do. */
export async function orRestored<T>(dir: string, signed: Signed, tell: (damage: readonly Damage[]) => Promise<void>, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SallyportError) || error.code !== 'ERR_LOG_INCONSISTENT') throw error;
    const damage = await restoreTiles(dir, signed, error);
    if (damage.length === 0) throw error;
    await tell(damage);
    return work();
  }
}

async function restoreTiles(dir: string, signed: Signed, why: SallyportError): Promise<readonly Damage[]> {
  const edge = await grow(dir, signed.size, why, () => undefined);
  if (Buffer.compare(edge.root(), signed.root) !== 0) {
    throw inconsistent(checkpointFile(dir), `${why.message}; and the lines of the segments do not give its root either`, { cause: why });
  }
  const damage: Damage[] = [];
  const again = await grow(dir, signed.size, why, (tile) => restore(dir, tile, damage));
  for (const tile of again.partials()) restore(dir, tile, damage);
  return damage;
}

/** The tree of the first `size` entries as the segments name them. */
async function grow(dir: string, size: number, why: SallyportError, finished: (tile: Tile) => void): Promise<TreeEdge> {
  const edge = new TreeEdge();
  for (const segment of listSegments(dir)) {
    if (segment.first !== edge.size) break;
    let isHead = true;
    for await (const lines of readLines(segment.file)) {
      for (const { bytes, whole } of lines) {
        const leaf = isHead || !whole || edge.size === size ? undefined : leafOf(bytes, 0, bytes.length);
        if (leaf !== undefined) edge.append(leaf);
        else if (!isHead && edge.size < size) throw cannotRestore(segment.file, edge.size, why);
        isHead = false;
      }
      for (const tile of edge.takeFinished()) finished(tile);
    }
  }
  if (edge.size < size) throw cannotRestore(join(dir, 'segments'), edge.size, why);
  return edge;
}

function cannotRestore(file: string, position: number, why: SallyportError): SallyportError {
  return inconsistent(file, `the line that could replace a damaged tile is not there (${why.message})`, { position, cause: why });
}

function restore(dir: string, tile: Tile, damage: Damage[]): void {
  const file = join(logDir(dir), tilePath(tile));
  if (isThere(dir, tile)) return;
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  writeDurable(file, tile.bytes, 0o644);
  const reason = `the tile at position ${positionOf(tile)} was not what was signed; it was written anew from the segments, whose root is the signed one`;
  damage.push({ file, offset: 0, reason });
}

/** A partial tile may have been filled since. */
function isThere(dir: string, tile: Tile): boolean {
  try {
    return Buffer.compare(readTile(logDir(dir), tile), tile.bytes) === 0;
  } catch {
    return false;
  }
}
