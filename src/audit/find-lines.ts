import { readErased } from './entry.ts';
import { isErased, leafOf, positionIn } from './line.ts';
import { listSegments, readLines } from './segments.ts';

/**
 * The lines of many positions, each as it lies there, in one reading of each segment that holds some. What is missing is
 * missing from the answer, too.
 */
export async function findLines(dir: string, positions: readonly number[]): Promise<ReadonlyMap<number, Buffer>> {
  const found = new Map<number, Buffer>();
  const segments = listSegments(dir);
  for (const [at, { file, first }] of segments.entries()) {
    const end = segments[at + 1]?.first ?? Number.POSITIVE_INFINITY;
    const wanted = new Set(positions.filter((position) => position >= first && position < end));
    if (wanted.size > 0) await findIn(file, wanted, found);
  }
  return found;
}

async function findIn(file: string, wanted: Set<number>, found: Map<number, Buffer>): Promise<void> {
  for await (const lines of readLines(file)) {
    for (const { bytes, whole } of lines) {
      if (!whole || leafOf(bytes, 0, bytes.length) === undefined) continue;
      const position = isErased(bytes, 0, bytes.length) ? readErased(bytes) : positionIn(bytes, 0);
      if (position !== undefined && wanted.delete(position)) found.set(position, Buffer.from(bytes));
    }
    if (wanted.size === 0) return;
  }
}
