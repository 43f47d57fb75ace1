/** A seeded stream of random numbers (sfc32, public domain by Chris Doty-Humphrey): the same seed gives the same month on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A stream of its own, by name: what one part of the world draws never shifts another part. */
  fork(name: string): Random;
}

function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  value = Math.imul(value ^ (value >>> 12), 0x297a2d39);
  return (value ^ (value >>> 15)) >>> 0;
}

/** 16 hex digits that stand for a text: names of contexts and destinations. */
export function digest(text: string): string {
  return hash(text).toString(16).padStart(8, '0') + hash(`${text}#`).toString(16).padStart(8, '0');
}

export function random(seed: string): Random {
  let [a, b, c, counter] = [hash(`${seed}:a`), hash(`${seed}:b`), hash(`${seed}:c`), 1];
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  };
  for (let round = 0; round < 12; round += 1) next();
  return { next, fork: (name) => random(`${seed}/${name}`) };
}

export function chance(from: Random, probability: number): boolean {
  return from.next() < probability;
}

export function uniform(from: Random, low: number, high: number): number {
  return low + (high - low) * from.next();
}

/** A whole number, both ends included. */
export function whole(from: Random, low: number, high: number): number {
  return Math.floor(uniform(from, low, high + 1));
}

/** Standard normal (Box–Muller). */
export function normal(from: Random): number {
  return Math.sqrt(-2 * Math.log(1 - from.next())) * Math.cos(2 * Math.PI * from.next());
}

/** Sizes, durations and people's rates are log-normal more often than anything else: `median`, and the standard deviation of the logarithm. */
export function lognormal(from: Random, median: number, sigma: number): number {
  return median * Math.exp(sigma * normal(from));
}

export function exponential(from: Random, mean: number): number {
  return -mean * Math.log(1 - from.next());
}

/** Knuth's product for small means, the normal approximation above. */
export function poisson(from: Random, mean: number): number {
  if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(from)));
  const floor = Math.exp(-mean);
  let count = 0;
  for (let product = from.next(); product > floor; product *= from.next()) count += 1;
  return count;
}

/** One of the items; throws on an empty list, which would be a mistake in the generator. */
export function pick<T>(from: Random, items: readonly T[]): T {
  const item = items[Math.floor(from.next() * items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** One of the items, earlier ones more often (weights 1/rank): favourites. */
export function favourite<T>(from: Random, items: readonly T[]): T {
  return weighted(from, items, (_, index) => 1 / (index + 1));
}

export function weighted<T>(from: Random, items: readonly T[], weight: (item: T, index: number) => number): T {
  const total = items.reduce((sum, item, index) => sum + weight(item, index), 0);
  let left = from.next() * total;
  const item = items.find((candidate, index) => (left -= weight(candidate, index)) < 0) ?? items.at(-1);
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** `count` different items, fewer where there are fewer. */
export function sample<T>(from: Random, items: readonly T[], count: number): T[] {
  const keyed = items.map((item) => ({ item, key: from.next() }));
  return keyed.sort((one, other) => one.key - other.key).slice(0, count).map(({ item }) => item);
}
