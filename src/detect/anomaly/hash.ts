/**
 * A keyed hash of a few texts, 53 bits as a safe integer: two lanes of 32-bit multiply-xor, as in MurmurHash3's finaliser
 * (Appleby, 2011). The key is an installation's own, so that nobody can choose names that share a place in a table.
 */
export function hashTexts(key: number, ...texts: readonly string[]): number {
  let [high, low] = [0xdeadbeef ^ key, 0x41c6ce57 ^ Math.imul(key, 0x9e3779b1)];
  for (const text of texts) {
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      high = Math.imul(high ^ code, 0x9e3779b1);
      low = Math.imul(low ^ code, 0x5f356495);
    }
    // Where one text ends is part of what is hashed.
    high = Math.imul(high ^ 0x1ffff, 0x9e3779b1);
    low = Math.imul(low ^ 0x1ffff, 0x5f356495);
  }
  return join(high, low);
}

/** One hash of two. */
export function mix(left: number, right: number): number {
  return join(
    Math.imul((left >>> 0) ^ Math.imul(right >>> 0, 0x85ebca6b), 0x9e3779b1) ^ Math.floor(right / 2 ** 32),
    Math.imul((right >>> 0) ^ Math.imul(Math.floor(left / 2 ** 32), 0xc2b2ae35), 0x5f356495) ^ left,
  );
}

function join(high: number, low: number): number {
  const left = finish(high ^ (low >>> 13));
  const right = finish(low ^ (left >>> 16));
  // 0 means an empty place.
  return (left & 0x1fffff) * 2 ** 32 + (right >>> 0) || 1;
}

function finish(mixed: number): number {
  let bits = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
