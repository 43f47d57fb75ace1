import { createHash } from 'node:crypto';

/** Chance that is the same again for the same seed. */
export interface Chance {
  /** 0 up to, and without, `below`. */
  below(below: number): number;
  pick<T>(items: readonly T[], fallback: T): T;
}

export function createChance(seed: string): Chance {
  let drawn = 0;
  const below = (limit: number): number => {
    drawn += 1;
    return createHash('sha256').update(`${seed}\n${drawn}`).digest().readUInt32BE(0) % Math.max(1, limit);
  };
  return { below, pick: (items, fallback) => items[below(items.length)] ?? fallback };
}
