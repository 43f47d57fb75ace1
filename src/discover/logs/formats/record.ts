import { isObject } from '../../../domain/json.ts';
import type { Json, JsonObject } from '../../../domain/json.ts';
import type { LineReader, Traffic } from '../traffic.ts';

/** The object that a line is; undefined for what is none. */
function recordOf(line: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A reader of lines that are JSON objects. */
export function jsonReader(read: (record: JsonObject) => Traffic | 'other' | undefined, all?: true): LineReader {
  return {
    read: (line) => {
      if (line === '') return 'other';
      const record = recordOf(line);
      return record === undefined ? 'broken' : read(record) ?? 'other';
    },
    isWhole: (line) => line === '' || recordOf(line) !== undefined,
    ...(all === undefined ? {} : { all }),
  };
}

/** The first line that is an object: what tells formats of JSON from each other. */
export function firstRecord(lines: readonly string[]): JsonObject | undefined {
  for (const line of lines) {
    const record = recordOf(line);
    if (record !== undefined) return record;
  }
  return undefined;
}

/** A text, or a number as text; undefined for anything else and for what stands for nothing. */
export function textAt(record: JsonObject, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = record[name];
    if (typeof value === 'string' && value !== '' && value !== '-') return value;
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}

export function numberAt(record: JsonObject, ...names: readonly string[]): number | undefined {
  const text = textAt(record, ...names);
  const number = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : undefined;
}

export function objectAt(record: JsonObject, name: string): JsonObject | undefined {
  const value = record[name];
  return isObject(value) ? value : undefined;
}

/** Texts of a list, or the one text where a list was expected. */
export function textsAt(record: JsonObject, name: string): readonly string[] {
  const value = record[name];
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** Seconds or milliseconds since the epoch, or a date of ISO 8601 or RFC 2822, as milliseconds; 0 for none, and for no time at all. */
export function timeOf(value: string | number | undefined): number {
  if (value === undefined) return 0;
  const number = Number(value);
  // Nanoseconds, milliseconds and seconds of this century lie far apart.
  const at = Number.isFinite(number) ? Math.round(number > 1e17 ? number / 1e6 : number > 1e11 ? number : number * 1000)
    : Date.parse(String(value).replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  return at > 0 && at < LATEST ? at : 0;
}

/** The year 2100: a date beyond it is none, and could not even be written. */
const LATEST = 4_102_444_800_000;
