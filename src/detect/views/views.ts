import type { Place, View } from '../../domain/detector.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Span } from '../../domain/finding.ts';
import { base64, escapes, hex, percent, rot13, spaced } from './encoded.ts';
import type { Undo } from './encoded.ts';
import { decodedFrom } from './mapped.ts';
import type { Mapped } from './mapped.ts';
import { comments, hiddenText, pageText, terminalText } from './markup.ts';
import { plainForm } from './plain.ts';
import { selectorText, tagText } from './tagged.ts';
import { TRAIT, traitsOf } from './traits.ts';

/** Everything that hides a text, by the name that a finding gives it, and what characters it takes. */
const UNDOS: readonly (readonly [name: string, traits: number, read: Undo])[] = [
  ['plain', TRAIT.beyondAscii, plainForm], ['tags', TRAIT.tag, one(tagText)], ['selectors', TRAIT.selector, one(selectorText)],
  ['terminal', TRAIT.escape, terminalText], ['comment', TRAIT.angle | TRAIT.brace, comments], ['hidden', TRAIT.angle, hiddenText],
  ['page', TRAIT.angle | TRAIT.ampersand, pageText], ['percent', TRAIT.percent, percent], ['escapes', TRAIT.backslash, escapes],
  ['base64', TRAIT.run, base64], ['hex', TRAIT.hex, hex], ['rot13', TRAIT.letter, rot13], ['spaced', TRAIT.letter, spaced], ['json', TRAIT.brace, jsonTexts],
];
/** One thing hidden in another, and no deeper: the next layer is a finding of its own kind, not a message to a model. */
const DEPTH_MAX = 2;
/** What somebody may do twice to the same text: what it hides is then not there after undoing it once. */
const AGAIN: ReadonlySet<string> = new Set(['percent', 'escapes', 'base64', 'hex', 'json']);
const JOINED_CHARS_MAX = 512;

/**
 * All that the places say: each as it stands, each hiding undone (two deep), and short values put together, since what is
 * split over fields is read in one go by a model. Undefined when that is more than is ever inspected.
 */
export function viewsOf(places: readonly Place[]): readonly View[] | undefined {
  const views: View[] = [];
  const seen = new Set<string>();
  let chars = 0;
  const add = (via: readonly string[], text: string, spansOf: View['spansOf']): boolean => {
    views.push({ via, text, spansOf });
    chars += text.length;
    return chars <= LIMITS.inspectedViewCharsMax && views.length <= LIMITS.inspectedViewsMax && undo(via, text, spansOf);
  };
  const undo = (via: readonly string[], text: string, spansOf: View['spansOf']): boolean => {
    if (via.length >= DEPTH_MAX) return true;
    const traits = traitsOf(text);
    return UNDOS.every(([name, takes, read]) => {
      if ((traits & takes) === 0 || (via.includes(name) && !AGAIN.has(name))) return true;
      return read(text).every(({ text: said, origin }) => {
        // Two ways of undoing often come to the same in either order.
        if (said === text || (via.length > 0 && seen.has(said))) return true;
        seen.add(said);
        return add([...via, name], said, (start, end) => spansOf(...origin(start, end)));
      });
    });
  };
  const each = ({ pointer, text }: Place): boolean => {
    // The same in another place is another place.
    seen.clear();
    return add([], text, (start, end) => [{ at: pointer, start, end }]);
  };
  const whole = places.every(each);
  const joined = whole ? joinedView(places) : undefined;
  if (joined !== undefined && !add(joined.via, joined.text, joined.spansOf)) return undefined;
  return whole ? views : undefined;
}

function joinedView(places: readonly Place[]): View | undefined {
  const short = places.filter(({ text, isName }) => !isName && text.length <= JOINED_CHARS_MAX);
  if (short.length < 2) return undefined;
  const starts: number[] = [];
  let text = '';
  for (const place of short) {
    starts.push(text.length);
    text += place.text;
  }
  const spansOf = (start: number, end: number): readonly Span[] =>
    short.flatMap(({ pointer, text: said }, index) => {
      const at = starts[index] ?? 0;
      const [first, last] = [Math.max(start, at), Math.min(end, at + said.length)];
      return first < last ? [{ at: pointer, start: first - at, end: last - at }] : [];
    });
  return { via: ['joined'], text, spansOf };
}

function one(read: (text: string) => Mapped | undefined): Undo {
  return (text) => {
    const mapped = read(text);
    return mapped === undefined ? [] : [mapped];
  };
}

/** The strings of JSON that a text holds: servers like to answer so. */
function jsonTexts(text: string): readonly Mapped[] {
  if (!/^\s*[[{]/.test(text)) return [];
  try {
    const said = stringsOf(JSON.parse(text)).join('\n');
    return said === '' ? [] : [decodedFrom(said, 0, text.length)];
  } catch {
    return [];
  }
}

/** In reading order, and without calling itself: whoever nests deeper than the stack is hides nothing by it. */
function stringsOf(json: Json): readonly string[] {
  const found: string[] = [];
  const open: Json[] = [json];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === 'string') found.push(next);
    else if (isArray(next) || isObject(next)) for (const inner of Object.values(next).toReversed()) open.push(inner);
  }
  return found;
}
