import { createHash } from 'node:crypto';
import { ANOMALY_RULES } from '../../domain/finding.ts';
import { CHANNEL_WORDS } from './channels.ts';
import type { ScorerMemory } from './memory.ts';
import type { Table } from './table.ts';

/*
 * A scorer's memory as bytes: a line of JSON (version, layout, the installation's key), the used rows of each table, the flat
 * arrays, and the SHA-256 of it all. What was written by another version or layout is not read: baselines are learnt anew.
 */
const MAGIC = 'sallyport anomaly 1';
const DIGEST_BYTES = 32;
const ROW_HEAD_BYTES = 16;

/** Everything that a number's place depends on. */
function layoutOf(memory: ScorerMemory): string {
  const strides = tablesOf(memory).map(({ stride }) => stride).join(' ');
  const lengths = arraysOf(memory).map(({ length }) => length);
  return createHash('sha256').update(JSON.stringify([MAGIC, CHANNEL_WORDS, ANOMALY_RULES, strides, lengths])).digest('hex');
}

export function writeMemory(memory: ScorerMemory): Uint8Array {
  const rows = tablesOf(memory).map((table) => [...table.rows()]);
  const head = Buffer.from(`${JSON.stringify({ layout: layoutOf(memory), key: memory.key, rows: rows.map(({ length }) => length) })}\n`);
  const parts: Uint8Array[] = [head];
  for (const [index, table] of tablesOf(memory).entries()) {
    for (const { key, hour, established, start } of rows[index] ?? []) {
      const row = Buffer.alloc(ROW_HEAD_BYTES + table.stride * 4);
      row.writeDoubleLE(key, 0);
      row.writeFloatLE(hour, 8);
      row.writeUInt32LE(established ? 1 : 0, 12);
      row.set(bytesOf(table.words.subarray(start, start + table.stride)), ROW_HEAD_BYTES);
      parts.push(row);
    }
  }
  for (const array of arraysOf(memory)) parts.push(bytesOf(array));
  const body = Buffer.concat(parts);
  return Buffer.concat([body, createHash('sha256').update(body).digest()]);
}

/** The key that a saved memory was made with; undefined where these are no whole and unchanged bytes of one. */
export function savedKey(bytes: Uint8Array): number | undefined {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const body = whole.subarray(0, Math.max(0, whole.length - DIGEST_BYTES));
  if (!createHash('sha256').update(body).digest().equals(whole.subarray(body.length))) return undefined;
  return headOf(body)?.key;
}

/** Puts what was saved into a new memory of the same key; false: it is of another layout, and nothing was taken. */
export function readMemory(bytes: Uint8Array, memory: ScorerMemory): boolean {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength - DIGEST_BYTES);
  const head = headOf(body);
  if (head === undefined || head.layout !== layoutOf(memory)) return false;
  let at = head.length;
  for (const [index, table] of tablesOf(memory).entries()) {
    for (let left = head.rows[index] ?? 0; left > 0; left -= 1) {
      readRow(body, at, table);
      at += ROW_HEAD_BYTES + table.stride * 4;
    }
  }
  for (const array of arraysOf(memory)) {
    const target = bytesOf(array);
    target.set(body.subarray(at, at + target.length));
    at += target.length;
  }
  return true;
}

function readRow(body: Buffer, at: number, table: Table): void {
  const start = table.claim(body.readDoubleLE(at), body.readFloatLE(at + 8));
  if (start < 0) return;
  bytesOf(table.words.subarray(start, start + table.stride)).set(body.subarray(at + ROW_HEAD_BYTES, at + ROW_HEAD_BYTES + table.stride * 4));
  if (body.readUInt32LE(at + 12) === 1) table.establish(start);
}

interface Head {
  readonly layout: string;
  readonly key: number;
  readonly rows: readonly number[];
  readonly length: number;
}

function headOf(body: Buffer): Head | undefined {
  const end = body.indexOf(0x0a);
  if (end < 0) return undefined;
  try {
    const read: unknown = JSON.parse(body.toString('utf8', 0, end));
    if (typeof read !== 'object' || read === null || !('layout' in read) || !('key' in read) || !('rows' in read)) return undefined;
    const { layout, key, rows } = read;
    if (typeof layout !== 'string' || typeof key !== 'number' || !Array.isArray(rows)) return undefined;
    return { layout, key, rows: rows.filter((count): count is number => typeof count === 'number'), length: end + 1 };
  } catch {
    return undefined;
  }
}

function tablesOf({ actors, pairs, tools, destinations }: ScorerMemory): readonly Table[] {
  return [actors, pairs, tools, destinations];
}

function arraysOf({ moments, cells, alarms }: ScorerMemory): readonly Float32Array[] {
  return [moments, cells, alarms];
}

function bytesOf(array: Float32Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
