import { createHash } from 'node:crypto';
import { isArray, isObject, type Json, type JsonObject } from '../domain/json.ts';
import { PLACE } from './read.ts';
import type { Scenario } from './scenario.ts';

/** What stands for what in one run of a scenario, by name. */
export type Values = Readonly<Record<string, string>>;

const FIRST = ['Robert', 'Mira', 'Jonas', 'Leila', 'Anton', 'Ruth', 'Pavel', 'Ines'];
const LAST = ['Steiner', 'Okafor', 'Lindqvist', 'Moreau', 'Tanaka', 'Novak', 'Alvarez', 'Byrne'];
const SYLLABLES = ['ka', 'lo', 'mir', 'ten', 'vu', 'sa', 'dor', 'pel', 'ni', 'gra', 'bo', 'zet', 'ul', 'fa', 'ry', 'hin'];

/** The values of a run: the same for the same seed. Canaries are not among them: the vault makes those. */
export function valuesOf({ id, data = {} }: Scenario, seed: string): Values {
  return Object.fromEntries(Object.entries(data).flatMap(([name, { kind, text }]) => {
    if (kind === 'canary') return [];
    return [[name, kind === 'text' ? (text ?? '') : MAKE[kind](createHash('sha256').update(`${seed}\n${id}\n${name}`).digest())] as const];
  }));
}

const MAKE = {
  token: (bytes: Uint8Array): string => `ghp_${lettersOf(bytes, 36)}`,
  word: (bytes: Uint8Array): string => Array.from(bytes.subarray(0, 5), (byte) => pick(SYLLABLES, byte)).join(''),
  record(bytes: Uint8Array): string {
    const [a = 0, b = 0, ...rest] = bytes;
    const [first, last] = [pick(FIRST, a), pick(LAST, b)];
    const number = rest.slice(0, 8).map((byte) => String(byte % 10)).join('');
    return `${first} ${last}, ${first.toLowerCase()}.${last.toLowerCase()}@customer.example, customer ${number}, owes ${String(rest[9] ?? 7)}40 EUR`;
  },
};

function lettersOf(bytes: Uint8Array, count: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length: count }, (_, index) => alphabet[((bytes[index % bytes.length] ?? 0) + index * 7) % alphabet.length] ?? '').join('');
}

function pick(words: readonly string[], byte: number): string {
  return words[byte % words.length] ?? '';
}

/** A text with its values in their places; what has none stays. */
export function fill(text: string, values: Values): string {
  return text.replace(PLACE, (place, name: string) => values[name] ?? place);
}

export function fillJson(value: Json, values: Values): Json {
  if (typeof value === 'string') return fill(value, values);
  if (isArray(value)) return value.map((item) => fillJson(item, values));
  return isObject(value) ? fillObject(value, values) : value;
}

export function fillObject(object: JsonObject, values: Values): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [fill(key, values), fillJson(value, values)]));
}
