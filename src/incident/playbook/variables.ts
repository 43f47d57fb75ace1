import type { Json } from '../../domain/json.ts';

/** CACAO 2.0, 10.18.3: `__name__:value`. */
const USE = /(__[a-z][a-z0-9_]{0,60}__):value/g;

/** Names of the variables that are used in any text of a value. */
export function variablesIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [...value.matchAll(USE)].flatMap(([, name]) => (name === undefined ? [] : [name]));
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(variablesIn) : [];
}

/** A text with the values of variables in their places. What is unknown is left empty. */
export function filled(text: string, valueOf: (name: string) => string | null): string {
  return text.replaceAll(USE, (_, name: string) => valueOf(name) ?? '');
}

/** Variables within JSON are filled in after it was read: a value of an attacker's stays one text, and never becomes a field. */
export function filledJson(value: Json, valueOf: (name: string) => string | null): Json {
  if (typeof value === 'string') return filled(value, valueOf);
  if (Array.isArray(value)) return value.map((one: Json) => filledJson(one, valueOf));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, filledJson(one, valueOf)]));
}
