import { isArray, isObject } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';
import type { Path } from '../read/region.ts';

/** A part of a text: UTF-16 units from `start` up to `end`. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

/** The same with another value at one place, which must be there. */
export function withValue(value: Json, [name, ...rest]: Path, to: Json): Json {
  if (name === undefined) return to;
  if (isArray(value)) return value.map((item, index) => (index === name ? withValue(item, rest, to) : item));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, key === name && item !== undefined ? withValue(item, rest, to) : item]));
}

export function splice(text: string, { start, end }: Extent, to: string): string {
  return text.slice(0, start) + to + text.slice(end);
}

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** What stands before a place on its line, where that is nothing but space. */
export function indentAt(text: string, offset: number): string {
  return /[^\n]*$/.exec(text.slice(0, offset))?.[0].replace(/\S.*$/, '') ?? '';
}
