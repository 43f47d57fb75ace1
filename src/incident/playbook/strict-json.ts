import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { invalid } from './graph.ts';

const MARK = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/gs;

/**
 * Reads JSON as RFC 8785 wants it (I-JSON): of a key that stands twice, programs take the first or the last, so that a signature, a
 * reviewer and whoever runs it would mean different things; `__proto__` is dropped without a word by readers of objects. Throws
 * `ERR_PLAYBOOK_INVALID` for these with `place`, and what `JSON.parse` throws.
 */
export function parseStrictJson(text: string, place: string): Json {
  const value: Json = JSON.parse(text);
  const open: Set<string>[] = [];
  let last = '';
  for (const [mark] of text.matchAll(MARK)) {
    if (mark === '{' || mark === '[') open.push(new Set());
    else if (mark === '}' || mark === ']') open.pop();
    else if (mark === ':') note(open.at(-1), JSON.parse(last), place);
    else last = mark;
    if (open.length > LIMITS.playbookJsonDepthMax) throw invalid(place, `has more than ${LIMITS.playbookJsonDepthMax} objects and lists in each other`);
  }
  return value;
}

function note(seen: Set<string> | undefined, key: string, place: string): void {
  if (key === '__proto__') throw invalid(place, 'has a key __proto__');
  if (seen?.has(key) === true) throw invalid(place, `has the key ${JSON.stringify(key.slice(0, 80))} twice in one object`, 'Each may stand once.');
  seen?.add(key);
}
