/**
 * Mean and variance learnt online with exponential forgetting: three numbers in a row of a table (effective count, mean,
 * variance; Welford, 1962; forgetting as a bounded effective count, West and Harrison, 1997). Learning is robust: what
 * lies beyond `CLIP` deviations counts as if it lay there (Huber, 1964), so no single value and no short run of them can move a
 * baseline far, and what goes on for weeks is learnt in the end.
 */
export const MOMENTS_WIDTH = 3;
const CLIP = 3;

export interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
}

/** What is known of a value: its own history, drawn towards its peers' while that is short (empirical Bayes; Efron and Morris, 1975). */
export function predict(rows: Float32Array, at: number, peers: Moments, weight: number, out: { count: number; mean: number; variance: number }): void {
  const count = rows[at] ?? 0;
  const all = count + weight;
  out.count = count;
  out.mean = (count * (rows[at + 1] ?? 0) + weight * peers.mean) / all;
  out.variance = (count * (rows[at + 2] ?? 0) + weight * peers.variance) / all;
}

/** Learns one value. `countMax` is the memory, in values; `trust` below 1 learns less. `floor`: the least deviation that is thought possible. */
export function learn(rows: Float32Array, at: number, value: number, countMax: number, trust: number, floor: number): void {
  const count = rows[at] ?? 0;
  const mean = rows[at + 1] ?? 0;
  const variance = rows[at + 2] ?? 0;
  const reach = CLIP * Math.sqrt(Math.max(variance, floor * floor));
  const clipped = count < 5 ? value : Math.min(mean + reach, Math.max(mean - reach, value));
  const next = Math.min(count + trust, countMax);
  const share = trust / Math.max(next, 1);
  const moved = mean + share * (clipped - mean);
  rows[at] = next;
  rows[at + 1] = moved;
  rows[at + 2] = Math.max(0, variance + share * ((clipped - mean) * (clipped - moved) - variance));
}
