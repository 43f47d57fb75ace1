/* RFC 6962 section 2.1, SHA-256. These run once or twice a record: scratch space is kept, and nothing is allocated that need not be. */

export const HASH_BYTES = 32;

const LEAF = new Uint8Array(1 + HASH_BYTES);
const NODE = new Uint8Array(1 + 2 * HASH_BYTES);
NODE[0] = 1;
const DIGEST = new Uint8Array(HASH_BYTES);

/** The root of a tree without leaves. */
export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array());

export function sha256(data: Uint8Array): Buffer {
  const digest = Buffer.alloc(HASH_BYTES);
  Bun.SHA256.hash(data, digest);
  return digest;
}

/** Writes the hash of a leaf whose entry is 32 bytes, which all of ours are, to `target`. */
export function hashLeaf(entry: Uint8Array, target: Uint8Array, at: number): void {
  LEAF.set(entry, 1);
  Bun.SHA256.hash(LEAF, DIGEST);
  target.set(DIGEST, at);
}

/** Writes the hash of the node over the two hashes that lie one after the other at `from`. */
export function hashPair(source: Uint8Array, from: number, target: Uint8Array, at: number): void {
  NODE.set(source.subarray(from, from + 2 * HASH_BYTES), 1);
  Bun.SHA256.hash(NODE, DIGEST);
  target.set(DIGEST, at);
}

export function hashNode(left: Uint8Array, right: Uint8Array): Buffer {
  NODE.set(left, 1);
  NODE.set(right, 1 + HASH_BYTES);
  const node = Buffer.alloc(HASH_BYTES);
  Bun.SHA256.hash(NODE, node);
  return node;
}

/** The root over hashes of subtrees, of which only the last may be smaller than the others (MTH of RFC 6962). */
export function rootOver(hashes: readonly Uint8Array[]): Uint8Array {
  const [only = EMPTY_ROOT] = hashes;
  if (hashes.length < 2) return only;
  const cut = splitOf(hashes.length);
  return hashNode(rootOver(hashes.slice(0, cut)), rootOver(hashes.slice(cut)));
}

/** The largest power of two below `count`, which is at least 2: where RFC 6962 splits a tree. Sizes may pass 2³¹. */
export function splitOf(count: number): number {
  let cut = 1;
  while (cut * 2 < count) cut *= 2;
  return cut;
}
