import type { Undo } from './encoded.ts';
import { MappedText, partOf } from './mapped.ts';
import type { Mapped } from './mapped.ts';

/** A tag that is longer holds no style that anybody wrote by hand. */
const TAG_CHARS_MAX = 2_048;
const HIDDEN_CHARS_MAX = 4_096;
const SAID_CHARS_MIN = 4;
const NAME = /^<([a-z][a-z0-9-]*)/i;
const CLOSING = /^<\/([a-z][a-z0-9-]*)/i;
const NAME_CHARS_MAX = 64;
const HIDING = /\shidden\b|(?:display|visibility|opacity|font-size|color)\s{0,9}:\s{0,9}(?:none\b|hidden\b|0(?![.\d])|#fff(?:fff)?\b|white\b|transparent\b)/i;
const ENTITY = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(lt|gt|amp|quot|apos|nbsp|shy|zwj|zwnj));/gi;
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", nbsp: ' ', shy: '', zwj: '', zwnj: '' };
const ESC = '\u001b';
const CSI = '\u009b';

/** Comments of HTML and Markdown: models read them, renderers don't show them. */
export const comments: Undo = (text) => [...between(text, '<!--', '-->'), ...between(text, '[//]: # (', ')')];

/** What stands in an element that is not drawn. What stands in two of them, one in the other, is said once. */
export const hiddenText: Undo = (text) => {
  const tags = tagsOf(text);
  const found: Mapped[] = [];
  let closing: ReadonlyMap<string, readonly number[]> | undefined;
  let from = 0;
  for (const { start, end } of tags) {
    const tag = text.slice(start, end);
    const name = NAME.exec(tag)?.[1];
    if (name === undefined || !HIDING.test(tag)) continue;
    closing ??= closingOf(text, tags);
    const last = Math.min(text.length, end + HIDDEN_CHARS_MAX, firstFrom(closing.get(name.toLowerCase()) ?? [], end) ?? text.length);
    if (last > from) found.push(...said(text, Math.max(from, end), last));
    from = Math.max(from, last);
  }
  return found;
};

/** Where elements of each name end. */
function closingOf(text: string, tags: readonly Tag[]): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  for (const { start, end } of tags) {
    const name = CLOSING.exec(text.slice(start, Math.min(end, start + NAME_CHARS_MAX)))?.[1]?.toLowerCase();
    if (name === undefined) continue;
    const places = found.get(name);
    if (places === undefined) found.set(name, [start]);
    else places.push(start);
  }
  return found;
}

/** The first of these that is not before `from`. */
function firstFrom(sorted: readonly number[], from: number): number | undefined {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return sorted[low];
}

/** The text of a page: tags gone, entities read. */
export const pageText: Undo = (text) => {
  const cuts = [...tagsOf(text).map(({ start, end }) => ({ start, end, by: '' })), ...entitiesOf(text)].toSorted((a, b) => a.start - b.start);
  const out = new MappedText();
  let from = 0;
  for (const { start, end, by } of cuts) {
    if (start < from) continue;
    out.copy(text, from, start);
    out.add(by, start);
    from = end;
  }
  out.copy(text, from, text.length);
  return out.ends(text.length);
};

/** What a terminal would show, and what its commands carry (titles, links, the clipboard). ECMA-48, section 5. */
export const terminalText: Undo = (text) => {
  const out = new MappedText();
  const carried: Mapped[] = [];
  let from = 0;
  for (let at = nextEscape(text, 0); at >= 0; at = nextEscape(text, from)) {
    out.copy(text, from, at);
    out.add('', at);
    from = endOfSequence(text, at);
    if (text.startsWith(`${ESC}]`, at)) carried.push(...said(text, at + 2, from));
  }
  out.copy(text, from, text.length);
  return [...out.ends(text.length), ...carried];
};

interface Tag {
  readonly start: number;
  readonly end: number;
}

/** Tags in order. Each character is looked at once: without a `>` ahead there are no more tags. */
function tagsOf(text: string): readonly Tag[] {
  const tags: Tag[] = [];
  let close = -1;
  for (let start = text.indexOf('<'); start >= 0; start = text.indexOf('<', start + 1)) {
    if (!/[a-z/]/i.test(text.charAt(start + 1))) continue;
    if (close < start) close = text.indexOf('>', start);
    if (close < 0) break;
    if (close - start > TAG_CHARS_MAX) continue;
    tags.push({ start, end: close + 1 });
    start = close;
  }
  return tags;
}

function entitiesOf(text: string): readonly { readonly start: number; readonly end: number; readonly by: string }[] {
  if (!text.includes('&')) return [];
  return [...text.matchAll(ENTITY)].flatMap(({ 0: entity, 1: decimal, 2: hexadecimal, 3: named, index }) => {
    const point = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
    const by = named === undefined ? (point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : '') : (NAMED[named.toLowerCase()] ?? '');
    return { start: index, end: index + entity.length, by };
  });
}

function between(text: string, open: string, close: string): readonly Mapped[] {
  const found: Mapped[] = [];
  let from = 0;
  for (let at = text.indexOf(open); at >= 0; at = text.indexOf(open, from)) {
    const end = text.indexOf(close, at + open.length);
    found.push(...said(text, at + open.length, end < 0 ? text.length : end));
    from = end < 0 ? text.length : end + close.length;
  }
  return found;
}

function said(text: string, start: number, end: number): readonly Mapped[] {
  return text.slice(start, end).trim().length < SAID_CHARS_MIN ? [] : [partOf(text, start, end)];
}

function nextEscape(text: string, from: number): number {
  const [escape, control] = [text.indexOf(ESC, from), text.indexOf(CSI, from)];
  return escape < 0 || control < 0 ? Math.max(escape, control) : Math.min(escape, control);
}

const PARAMETERS = /[^0-9:;<=>?\x20-\x2f]/g;
const STRING_END = new RegExp(`\u0007|${ESC}`, 'g');

/** Where the sequence that begins at `at` ends; one that is never finished swallows the rest, as in a terminal. */
function endOfSequence(text: string, at: number): number {
  const kind = text.charAt(at) === CSI ? '[' : text.charAt(at + 1);
  const body = text.charAt(at) === CSI ? at + 1 : at + 2;
  if (kind !== '[' && kind !== ']') return Math.min(text.length, body);
  const end = kind === '[' ? PARAMETERS : STRING_END;
  end.lastIndex = body;
  const last = end.exec(text)?.index;
  if (last === undefined) return text.length;
  // A string ends with BEL, or with ESC and a backslash; any other escape begins anew.
  return kind === ']' && text.charAt(last) === ESC ? (text.charAt(last + 1) === '\\' ? last + 2 : last) : last + 1;
}

