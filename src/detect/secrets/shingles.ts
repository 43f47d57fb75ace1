import { createHmac } from 'node:crypto';

/** The letters and digits of a text in lower case, and where each stands: what splits a secret, or sets it in capitals, changes nothing. */
export interface Letters {
  readonly codes: Uint8Array;
  readonly places: Uint32Array;
  readonly length: number;
}

const LETTER = Uint8Array.from({ length: 128 }, (_, code) => (/[A-Za-z0-9]/.test(String.fromCharCode(code))
  ? String.fromCharCode(code).toLowerCase().charCodeAt(0) : 0));

export function lettersOf(text: string): Letters {
  const codes = new Uint8Array(text.length);
  const places = new Uint32Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const letter = code < 128 ? (LETTER[code] ?? 0) : 0;
    if (letter === 0) continue;
    codes[length] = letter;
    places[length] = at;
    length += 1;
  }
  return { codes, places, length };
}

/** A key as both sides use it: for digests, and as the odd base of the rolling hash. */
export interface ShingleKey {
  readonly bytes: Uint8Array;
  readonly base: number;
}

export function shingleKey(key: string): ShingleKey {
  const bytes = Buffer.from(key, 'base64url');
  return { bytes, base: (createHmac('sha256', bytes).update('base').digest().readUInt32BE(0) | 1) >>> 0 };
}

/** A cheap hash of every shingle of a size, in order (Rabin and Karp, modulo 2^32): what is looked up before anything is digested. */
export function roll({ codes, length }: Letters, size: number, base: number, each: (hash: number, at: number) => void): void {
  let hash = 0;
  let leaving = 1;
  for (let index = 1; index < size; index += 1) leaving = Math.imul(leaving, base);
  for (let at = 0; at < length; at += 1) {
    if (at >= size) hash = (hash - Math.imul(codes[at - size] ?? 0, leaving)) | 0;
    hash = (Math.imul(hash, base) + (codes[at] ?? 0)) | 0;
    if (at >= size - 1) each(hash >>> 0, at - size + 1);
  }
}

/** `<rolling hash, 4 bytes><digest, 12 bytes>`, base64url. */
export function shingleOf(key: ShingleKey, { codes }: Letters, hash: number, at: number, size: number): string {
  const out = Buffer.alloc(16);
  out.writeUInt32BE(hash, 0);
  createHmac('sha256', key.bytes).update(codes.subarray(at, at + size)).digest().copy(out, 4, 0, 12);
  return out.toString('base64url');
}
