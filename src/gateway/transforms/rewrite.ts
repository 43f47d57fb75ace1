import type { Span } from '../../domain/finding.ts';
import { isArray, isObject, type Json } from '../../domain/json.ts';

/** A part of one string, and what is to stand in its place. */
export interface Edit extends Span {
  readonly by: string;
}

/**
 * JSON with parts of its strings replaced. Edits that overlap become one, in whose place the first one's text stands. Undefined
 * where a place is not there, or is no text (a property's name, for instance): what can't be changed whole is not changed.
 */
export function rewrite(json: Json, edits: readonly Edit[]): Json | undefined {
  let result: Json | undefined = json;
  for (const [pointer, there] of Map.groupBy(edits, ({ at }) => at)) {
    if (result === undefined) return undefined;
    result = changed(result, partsOf(pointer), (text) => replaced(text, there));
  }
  return result;
}

/** What a place of a message holds, as text. */
export function textAt(json: Json, pointer: string): string | undefined {
  let here: Json | undefined = json;
  for (const part of partsOf(pointer)) here = memberOf(here, part);
  return here === undefined ? undefined : textOf(here);
}

function partsOf(pointer: string): readonly string[] {
  return pointer.split('/').slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function memberOf(json: Json | undefined, part: string): Json | undefined {
  if (isArray(json)) return json[Number(part)];
  return isObject(json) && Object.hasOwn(json, part) ? json[part] : undefined;
}

function changed(json: Json, [part, ...rest]: readonly string[], change: (text: string) => string | undefined): Json | undefined {
  if (part === undefined) {
    const text = textOf(json);
    return text === undefined ? undefined : change(text);
  }
  const member = memberOf(json, part);
  const next = member === undefined ? undefined : changed(member, rest, change);
  if (next === undefined) return undefined;
  if (isArray(json)) return json.with(Number(part), next);
  return isObject(json) ? { ...json, [part]: next } : undefined;
}

function textOf(json: Json): string | undefined {
  if (typeof json === 'string') return json;
  if (typeof json === 'number') return String(json);
  return JSON.isRawJSON(json) ? json.rawJSON : undefined;
}

function replaced(text: string, edits: readonly Edit[]): string | undefined {
  const ordered = edits.toSorted((one, other) => one.start - other.start || other.end - one.end);
  let [said, from] = ['', 0];
  for (const { start, end, by } of ordered) {
    if (start < 0 || end > text.length || start >= end) return undefined;
    if (start >= from) said += text.slice(from, start) + by;
    from = Math.max(from, end);
  }
  return said + text.slice(from);
}
