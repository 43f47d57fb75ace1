import { randomFillSync } from 'node:crypto';
import { HASH_BYTES } from './log/hash.ts';

/*
 * How a line proves itself, on bytes, since this runs for every record that is written or verified:
 *   {"leaf":"<43>","salt":"<22>","position":7,…}
 *   {"leaf":"<43>","position":7,"erased":{…}}        padded with spaces to the length that it had
 * `leaf` is HMAC-SHA-256 under the salt over what follows the salt. Both are base64url in its canonical form only, so that
 * no bit of a line can change unseen.
 */

const LEAF_CHARS = 43;
const SALT_BYTES = 16;
const SALT_CHARS = 22;
const BEFORE_LEAF = Buffer.from('{"leaf":"');
const BEFORE_SALT = Buffer.from('","salt":"');
const BEFORE_POSITION = Buffer.from('","position":');
const SALT_AT = BEFORE_LEAF.length + LEAF_CHARS + BEFORE_SALT.length;
/** Where what the leaf commits to begins: `,"position":`. */
export const REST_AT = SALT_AT + SALT_CHARS + 1;
const LEAF_END = BEFORE_LEAF.length + LEAF_CHARS;

const BLOCK = 64;
const [INNER_PAD, OUTER_PAD] = [0x36, 0x5c];
const INNER = new Uint8Array(BLOCK).fill(INNER_PAD);
const OUTER = new Uint8Array(BLOCK + HASH_BYTES).fill(OUTER_PAD);
const DIGEST = new Uint8Array(HASH_BYTES);
const LEAF = new Uint8Array(HASH_BYTES);
const SALT = new Uint8Array(SALT_BYTES);
const SAVED = new Uint8Array(BLOCK);
const CHARS = new Uint8Array(LEAF_CHARS);

const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
const NO_CHAR = 255;
const VALUES = new Uint8Array(256).fill(NO_CHAR);
ALPHABET.forEach((char, value) => (VALUES[char] = value));

const POOL = new Uint8Array(256 * SALT_BYTES);
const BATCH_BYTES = 256 * 1024;
const BATCH_KEPT_BYTES = 8 * 1024 * 1024;

/** Lines to be written at once. One buffer serves all batches: it is used again after `clear`. */
export class LineBatch {
  #buffer = Buffer.allocUnsafe(BATCH_BYTES);
  #length = 0;
  #poolAt = POOL.length;

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    if (this.#buffer.length > BATCH_KEPT_BYTES) this.#buffer = Buffer.allocUnsafe(BATCH_BYTES);
  }

  /** Adds a line; `rest` is all of it from `,"position":` on. Gives its leaf: the entry of the log. */
  add(rest: string): Uint8Array {
    const start = this.#length;
    // UTF-16 code units take at most three bytes each.
    this.#reserve(REST_AT + rest.length * 3 + 1);
    const end = start + REST_AT + this.#buffer.write(rest, start + REST_AT, 'utf8');
    if (this.#poolAt === POOL.length) {
      randomFillSync(POOL);
      this.#poolAt = 0;
    }
    SALT.set(POOL.subarray(this.#poolAt, this.#poolAt + SALT_BYTES));
    this.#poolAt += SALT_BYTES;
    const buffer = this.#buffer;
    commit(buffer, start, end);
    buffer.set(BEFORE_LEAF, start);
    encode(LEAF, LEAF_CHARS, buffer, start + BEFORE_LEAF.length);
    buffer.set(BEFORE_SALT, start + LEAF_END);
    encode(SALT, SALT_CHARS, buffer, start + SALT_AT);
    buffer[start + REST_AT - 1] = QUOTE;
    buffer[end] = NEWLINE;
    this.#length = end + 1;
    return LEAF.slice();
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + bytes));
    larger.set(this.bytes);
    this.#buffer = larger;
  }
}

const QUOTE = 34;
const NEWLINE = 10;

/** The leaf that a line names, whether or not it proves it; undefined when it names none. `[from, to)` is the line without its newline. */
export function leafOf(buffer: Uint8Array, from: number, to: number): Uint8Array | undefined {
  if (to - from < REST_AT || !holds(buffer, from, BEFORE_LEAF) || buffer[from + LEAF_END] !== QUOTE) return undefined;
  const leaf = new Uint8Array(HASH_BYTES);
  return decode(buffer, from + BEFORE_LEAF.length, LEAF_CHARS, leaf) ? leaf : undefined;
}

/** Whether the line is what was written: its leaf is that of its salt and everything after it. */
export function provesItself(buffer: Uint8Array, from: number, to: number): boolean {
  if (to - from <= REST_AT || !holds(buffer, from, BEFORE_LEAF) || !holds(buffer, from + LEAF_END, BEFORE_SALT)) return false;
  if (buffer[from + REST_AT - 1] !== QUOTE || !decode(buffer, from + SALT_AT, SALT_CHARS, SALT)) return false;
  SAVED.set(buffer.subarray(from + REST_AT - BLOCK, from + REST_AT));
  commit(buffer, from, to);
  buffer.set(SAVED, from + REST_AT - BLOCK);
  encode(LEAF, LEAF_CHARS, CHARS, 0);
  return holds(buffer, from + BEFORE_LEAF.length, CHARS);
}

/** Whether the line has the form of an erased one. */
export function isErased(buffer: Uint8Array, from: number, to: number): boolean {
  return to - from > REST_AT && holds(buffer, from, BEFORE_LEAF) && holds(buffer, from + LEAF_END, BEFORE_POSITION);
}

/** The text of a line of this leaf that has been erased, as long as the line was. Undefined when `erased` does not fit. */
export function erasedLine(line: Buffer, position: number, erased: string): Buffer | undefined {
  const head = line.subarray(0, LEAF_END).toString('latin1');
  const text = Buffer.from(`${head}","position":${position},"erased":${erased}}`);
  return text.length > line.length ? undefined : Buffer.concat([text, Buffer.alloc(line.length - text.length, ' ')]);
}

/**
 * HMAC-SHA-256 of `[from + REST_AT, to)` under `SALT`, to `LEAF`. The first block of the inner hash is laid before the data
 * where it lies, over the line's beginning, which the caller writes (again) afterwards: nothing is copied.
 */
function commit(buffer: Uint8Array, from: number, to: number): void {
  for (let index = 0; index < SALT_BYTES; index += 1) {
    const byte = SALT[index] ?? 0;
    INNER[index] = byte ^ INNER_PAD;
    OUTER[index] = byte ^ OUTER_PAD;
  }
  buffer.set(INNER, from + REST_AT - BLOCK);
  Bun.SHA256.hash(buffer.subarray(from + REST_AT - BLOCK, to), DIGEST);
  OUTER.set(DIGEST, BLOCK);
  Bun.SHA256.hash(OUTER, LEAF);
}

function holds(buffer: Uint8Array, at: number, part: Uint8Array): boolean {
  for (let index = 0; index < part.length; index += 1) if (buffer[at + index] !== part[index]) return false;
  return true;
}

function encode(bytes: Uint8Array, chars: number, target: Uint8Array, at: number): void {
  let [bits, held, from] = [0, 0, 0];
  for (let index = 0; index < chars; index += 1) {
    if (held < 6) {
      bits = ((bits << 8) | (bytes[from] ?? 0)) & 0xffff;
      from += 1;
      held += 8;
    }
    held -= 6;
    target[at + index] = ALPHABET[(bits >> held) & 63] ?? 0;
  }
}

/** False for a character that is none, and for bits beyond the last byte that are not zero. */
function decode(buffer: Uint8Array, at: number, chars: number, target: Uint8Array): boolean {
  let [bits, held, to] = [0, 0, 0];
  for (let index = 0; index < chars; index += 1) {
    const value = VALUES[buffer[at + index] ?? 0] ?? NO_CHAR;
    if (value === NO_CHAR) return false;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    target[to] = (bits >> held) & 255;
    to += 1;
  }
  return (bits & ((1 << held) - 1)) === 0;
}

const POSITION_AT = REST_AT + BEFORE_POSITION.length - 1;
const [ZERO, NINE] = [48, 57];

/** The position that an intact line names. */
export function positionIn(buffer: Uint8Array, from: number): number {
  let position = 0;
  for (let at = from + POSITION_AT; ; at += 1) {
    const digit = buffer[at] ?? 0;
    if (digit < ZERO || digit > NINE) return position;
    position = position * 10 + digit - ZERO;
  }
}
