/** Words of a shingle; minima of a signature; rows whose signatures share a band of four are one group. */
const [SHINGLE, HASHES, BAND] = [4, 32, 4];

/**
 * Groups of near-duplicates (MinHash over word shingles, banded): texts of a Jaccard similarity above about 0.6 land in one group.
 * The number of each text's group; groups are numbered in the order of their first text.
 */
export function groupDuplicates(texts: readonly string[]): Uint32Array {
  const parent = Uint32Array.from(texts, (_, at) => at);
  const root = (at: number): number => {
    let top = at;
    for (let up = parent[top] ?? top; up !== top; up = parent[top] ?? top) top = up;
    return top;
  };
  const bands = new Map<string, number>();
  texts.forEach((text, at) => {
    const signature = signatureOf(text);
    for (let from = 0; from < HASHES; from += BAND) {
      const key = `${from}:${signature.slice(from, from + BAND).join()}`;
      const other = bands.get(key);
      if (other === undefined) bands.set(key, at);
      else join(parent, root(other), root(at));
    }
  });
  const numbers = new Map<number, number>();
  return parent.map((_, at) => {
    const top = root(at);
    const number = numbers.get(top) ?? numbers.size;
    numbers.set(top, number);
    return number;
  });
}

/** Hashes of all runs of `length` words of a text, each once. */
export function shinglesOf(text: string, length: number): ReadonlySet<number> {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const found = new Set<number>();
  for (let at = 0; at + Math.min(length, words.length) <= words.length && words.length > 0; at += 1) {
    found.add(hashOf(words.slice(at, at + length).join(' ')));
    if (words.length <= length) break;
  }
  return found;
}

/** 32 bits of a string: FNV-1a, spread. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return spread(hash) >>> 0;
}

function signatureOf(text: string): readonly number[] {
  const minima = Array.from({ length: HASHES }, () => 0xffffffff);
  for (const shingle of shinglesOf(text, SHINGLE)) {
    for (let at = 0; at < HASHES; at += 1) {
      const hash = spread(Math.imul(shingle ^ (at * 0x9e3779b9), 0x85ebca6b)) >>> 0;
      if (hash < (minima[at] ?? 0)) minima[at] = hash;
    }
  }
  return minima;
}

function join(parent: Uint32Array, one: number, other: number): void {
  parent[Math.max(one, other)] = Math.min(one, other);
}

function spread(value: number): number {
  const once = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  const twice = Math.imul(once ^ (once >>> 12), 0x297a2d39);
  return twice ^ (twice >>> 15);
}
