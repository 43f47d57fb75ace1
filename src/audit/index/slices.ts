import type { Database } from 'bun:sqlite';
import { BLOCK } from './schema.ts';

/** Positions looked through at once, so that a search over everything stops now and then for others. */
const SLICE = 64 * BLOCK;

/** Positions from `low` up to, not including, `high`. */
export interface Slice {
  readonly low: number;
  readonly high: number;
}

/**
 * Parts of `[low, high)` in the order asked for, without those in whose blocks no record's time lies between `earliest` and
 * `latest`: clocks of several nodes do not run together, so each block knows its own times.
 */
export function slicesOf(
  sqlite: Database, range: Slice, times: { readonly earliest: number; readonly latest: number }, newest: boolean,
): readonly Slice[] {
  const within = 'SELECT block FROM block WHERE block >= ? AND block <= ? AND latest >= ? AND earliest <= ? ORDER BY block';
  const blocks = sqlite.query<{ block: number }, number[]>(within)
    .all(Math.floor(range.low / BLOCK), Math.floor(range.high / BLOCK), bounded(times.earliest), bounded(times.latest));
  const slices: { low: number; high: number }[] = [];
  for (const { block } of blocks) {
    const [low, high] = [Math.max(range.low, block * BLOCK), Math.min(range.high, (block + 1) * BLOCK)];
    const last = slices.at(-1);
    if (low >= high) continue;
    if (last?.high === low && high - last.low <= SLICE) last.high = high;
    else slices.push({ low, high });
  }
  return newest ? slices.toReversed() : slices;
}

function bounded(at: number): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, at));
}
