/**
 * Sets of hashes in few bits. `known…`: a Bloom filter (1970) with two hashes; it stops taking in when it is so full that it would
 * begin to know what it was never told, so that a flood can't make everything look familiar. `distinct…`: linear counting
 * (Whang et al., 1990).
 */
export function knows(words: Uint32Array, at: number, width: number, hash: number): boolean {
  const [first, second] = placesOf(hash, width);
  return bitAt(words, at, first) && bitAt(words, at, second);
}

/** Whether it was taken in: false where the set is full. */
export function know(words: Uint32Array, at: number, width: number, hash: number): boolean {
  if (filled(words, at, width) > FULL) return false;
  const [first, second] = placesOf(hash, width);
  mark(words, at, first);
  mark(words, at, second);
  return true;
}

const FULL = 0.4;

/** How many different hashes were marked, about; exact enough below four for each bit. */
export function distinct(words: Uint32Array, at: number, width: number): number {
  const empty = 1 - filled(words, at, width);
  const bits = width * 32;
  return Math.round(-bits * Math.log(Math.max(empty, 1 / bits)));
}

/** Marks a hash for counting; whether its place was empty. */
export function count(words: Uint32Array, at: number, width: number, hash: number): boolean {
  const place = (hash >>> 0) % (width * 32);
  const isNew = !bitAt(words, at, place);
  if (isNew) mark(words, at, place);
  return isNew;
}

function placesOf(hash: number, width: number): readonly [number, number] {
  const low = hash >>> 0;
  return [low % (width * 32), ((Math.imul(low, 0x9e3779b1) ^ Math.floor(hash / 2 ** 32)) >>> 0) % (width * 32)];
}

function bitAt(words: Uint32Array, at: number, place: number): boolean {
  return ((words[at + (place >>> 5)] ?? 0) & (1 << (place & 31))) !== 0;
}

function mark(words: Uint32Array, at: number, place: number): void {
  words[at + (place >>> 5)] = ((words[at + (place >>> 5)] ?? 0) | (1 << (place & 31))) >>> 0;
}

function filled(words: Uint32Array, at: number, width: number): number {
  let set = 0;
  for (let word = at; word < at + width; word += 1) set += ones(words[word] ?? 0);
  return set / (width * 32);
}

function ones(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
