import { statSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { LIMITS } from '../../../domain/limits.ts';
import { readPart } from '../../bounded-file.ts';

export const OBJECT_KINDS = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' } as const;
export type ObjectKind = (typeof OBJECT_KINDS)[keyof typeof OBJECT_KINDS];

export interface GitObject {
  readonly kind: ObjectKind;
  readonly bytes: Buffer;
}

const OFFSET_DELTA = 6;
const NAMED_DELTA = 7;
/** Of an entry: at most ten bytes of size, then a base's offset or id. */
const HEAD_BYTES = 64;
const INDEX_HEAD = 8;
const FAN_OUT = 256 * 4;

/** Where the object stands in the pack; undefined: elsewhere. The index is looked up, not read whole. Layout: gitformat-pack, version 2. */
export function findInPack(pack: string, id: string, hashBytes: number): number | undefined {
  const path = `${pack}.idx`;
  const head = readPart(path, 0, INDEX_HEAD + FAN_OUT);
  if (head.byteLength < INDEX_HEAD + FAN_OUT || head.readUInt32BE(0) !== 0xff744f63 || head.readUInt32BE(4) !== 2) return undefined;
  const wanted = Buffer.from(id, 'hex');
  const first = wanted[0] ?? 0;
  const countOf = (slot: number): number => head.readUInt32BE(INDEX_HEAD + slot * 4);
  const [from, to, total] = [first === 0 ? 0 : countOf(first - 1), countOf(first), countOf(255)];
  if (to < from || to - from > LIMITS.gitObjectsMax) return undefined;
  const ids = readPart(path, INDEX_HEAD + FAN_OUT + from * hashBytes, (to - from) * hashBytes);
  let [low, high] = [0, Math.floor(ids.byteLength / hashBytes) - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const order = Buffer.compare(ids.subarray(middle * hashBytes, (middle + 1) * hashBytes), wanted);
    if (order === 0) return offsetOf(path, from + middle, total, hashBytes);
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}

function offsetOf(path: string, position: number, total: number, hashBytes: number): number | undefined {
  const offsets = INDEX_HEAD + FAN_OUT + total * (hashBytes + 4);
  const entry = readPart(path, offsets + position * 4, 4);
  if (entry.byteLength < 4) return undefined;
  const short = entry.readUInt32BE(0);
  if (short < 0x80000000) return short;
  const long = readPart(path, offsets + total * 4 + (short - 0x80000000) * 8, 8);
  const offset = long.byteLength < 8 ? undefined : Number(long.readBigUInt64BE(0));
  return offset !== undefined && Number.isSafeInteger(offset) ? offset : undefined;
}

/** Reads an object by its id: what a delta that names its base needs. */
type Lookup = (id: string) => GitObject | undefined;

/** The object at an offset, its deltas applied. Undefined: broken, larger than `bytesMax`, or of more deltas than Git itself makes. */
export function readPacked(pack: string, offset: number, bytesMax: number, hashBytes: number, lookup: Lookup): GitObject | undefined {
  const path = `${pack}.pack`;
  const packBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const deltas: Buffer[] = [];
  let at = offset;
  while (deltas.length <= LIMITS.gitDeltasMax) {
    const entry = entryAt(path, at, hashBytes);
    if (entry === undefined || entry.size > bytesMax || entry.body >= packBytes) return undefined;
    const bytes = inflate(readPart(path, entry.body, compressedMax(entry.size)), entry.size);
    if (bytes === undefined) return undefined;
    const kind = kindOf(entry.kind);
    if (kind !== undefined) return applyAll({ kind, bytes }, deltas, bytesMax);
    deltas.push(bytes);
    if (entry.baseId !== undefined) {
      const base = lookup(entry.baseId);
      return base === undefined ? undefined : applyAll(base, deltas, bytesMax);
    }
    // A base stands before what is made from it: an offset that doesn't go back is no pack, and could go on for ever.
    if (entry.baseBefore === undefined || entry.baseBefore <= 0 || entry.baseBefore > at) return undefined;
    at -= entry.baseBefore;
  }
  return undefined;
}

function kindOf(kind: number): ObjectKind | undefined {
  return kind === 1 || kind === 2 || kind === 3 || kind === 4 ? OBJECT_KINDS[kind] : undefined;
}

interface Entry {
  readonly kind: number;
  readonly size: number;
  /** Where its compressed bytes begin. */
  readonly body: number;
  readonly baseBefore?: number;
  readonly baseId?: string;
}

function entryAt(path: string, offset: number, hashBytes: number): Entry | undefined {
  const head = readPart(path, offset, HEAD_BYTES);
  let at = 0;
  let byte = head[at] ?? 0;
  const kind = (byte >> 4) & 7;
  let size = byte & 15;
  for (let shift = 4; byte >= 0x80; shift += 7) {
    at += 1;
    byte = head[at] ?? 0;
    if (shift > 46) return undefined;
    size += (byte & 0x7f) * 2 ** shift;
  }
  at += 1;
  if (kind === NAMED_DELTA) return { kind, size, body: offset + at + hashBytes, baseId: head.toString('hex', at, at + hashBytes) };
  if (kind !== OFFSET_DELTA) return kindOf(kind) === undefined ? undefined : { kind, size, body: offset + at };
  byte = head[at] ?? 0;
  let before = byte & 0x7f;
  while (byte >= 0x80) {
    at += 1;
    byte = head[at] ?? 0;
    before = (before + 1) * 128 + (byte & 0x7f);
    if (!Number.isSafeInteger(before)) return undefined;
  }
  return { kind, size, body: offset + at + 1, baseBefore: before };
}

/** What deflate makes of incompressible bytes, with room for its own head. */
function compressedMax(size: number): number {
  return size + Math.ceil(size / 1000) + 128;
}

/** Exactly `size` bytes, or nothing: a bomb ends where the entry said that it would. */
export function inflate(compressed: Buffer, size: number): Buffer | undefined {
  try {
    const bytes = inflateSync(compressed, { maxOutputLength: Math.max(1, size) });
    return bytes.byteLength === size ? bytes : undefined;
  } catch {
    return undefined;
  }
}

function applyAll(base: GitObject, deltas: readonly Buffer[], bytesMax: number): GitObject | undefined {
  let bytes: Buffer | undefined = base.bytes;
  for (const delta of deltas.toReversed()) {
    bytes = bytes === undefined ? undefined : applyDelta(bytes, delta, bytesMax);
  }
  return bytes === undefined ? undefined : { kind: base.kind, bytes };
}

/** Copies parts of the base and inserts new bytes, as the delta says; undefined where it says something impossible. */
export function applyDelta(base: Buffer, delta: Buffer, bytesMax: number): Buffer | undefined {
  let at = 0;
  const next = (): number => {
    at += 1;
    return delta[at - 1] ?? 0;
  };
  const length = (): number => {
    let [value, scale, byte] = [0, 1, 0x80];
    while (byte >= 0x80) {
      byte = next();
      value += (byte & 0x7f) * scale;
      scale *= 128;
    }
    return value;
  };
  if (length() !== base.byteLength) return undefined;
  const size = length();
  if (size > bytesMax) return undefined;
  const made = Buffer.alloc(size);
  let filled = 0;
  while (at < delta.byteLength) {
    const order = next();
    if (order === 0) return undefined;
    const copies = order >= 0x80;
    const number = (bits: readonly number[]): number => bits.reduce((sum, bit, place) => sum + ((order & bit) === 0 ? 0 : next() * 256 ** place), 0);
    const from = copies ? number([1, 2, 4, 8]) : at;
    const said = copies ? number([16, 32, 64]) : order;
    const count = copies && said === 0 ? 0x10000 : said;
    const source = copies ? base : delta;
    if (from + count > source.byteLength || filled + count > size) return undefined;
    source.copy(made, filled, from, from + count);
    filled += count;
    if (!copies) at += count;
  }
  return filled === size ? made : undefined;
}
