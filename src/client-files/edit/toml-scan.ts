import type { Extent } from './place.ts';
import type { Path } from '../read/region.ts';

/** One `key = value` of a TOML text; also those within inline tables. */
export interface TomlItem {
  /** With the names of the table that it stands in; items of lists of tables and of arrays by their position. */
  readonly at: Path;
  /** From the first unit of the key to the last of the value; of an array's item, the value alone. */
  readonly whole: Extent;
  readonly value: Extent;
  readonly isInline: boolean;
}

/** One `[table]` or `[[table]]`: its header, and everything up to the next. */
export interface TomlTable {
  readonly at: Path;
  readonly header: Extent;
  readonly end: number;
}

export interface TomlText {
  readonly items: readonly TomlItem[];
  readonly tables: readonly TomlTable[];
}

/**
 * Where everything stands in a TOML 1.0 text, which says no places when it is parsed. The text must be known to be TOML: what
 * is wrong in it is not told here, only not found. Linear in its length.
 */
export function scanToml(text: string): TomlText {
  const items: TomlItem[] = [];
  const tables: TomlTable[] = [];
  const counts = new Map<string, number>();
  const scan: Scan = { text, at: 0, items };
  let table: Path = [];
  for (skipBlank(scan); scan.at < text.length; skipBlank(scan)) {
    const start = scan.at;
    if (text[start] === '[') {
      const isList = text[start + 1] === '[';
      scan.at += isList ? 2 : 1;
      const names = readKey(scan);
      if (names.length === 0) break;
      table = inLists(names, counts, isList);
      const close = text.indexOf(isList ? ']]' : ']', scan.at);
      scan.at = close < 0 ? text.length : close + (isList ? 2 : 1);
      tables.push({ at: table, header: { start, end: scan.at }, end: text.length });
    } else if (!readItem(scan, table, false)) break;
    toLineEnd(scan);
  }
  return { items, tables: tables.map((one, index) => ({ ...one, end: tables[index + 1]?.header.start ?? text.length })) };
}

interface Scan {
  readonly text: string;
  at: number;
  readonly items: TomlItem[];
}

/** `[[servers]]` for the second time is `servers[1]`, and `[servers.env]` below it is of the last one. */
function inLists(names: readonly string[], counts: Map<string, number>, isList: boolean): Path {
  const path: (string | number)[] = [];
  for (const [index, name] of names.entries()) {
    path.push(name);
    const key = JSON.stringify(path);
    const count = counts.get(key);
    if (isList && index === names.length - 1) {
      counts.set(key, (count ?? 0) + 1);
      path.push(count ?? 0);
    } else if (count !== undefined) path.push(count - 1);
  }
  return path;
}

function skipBlank(scan: Scan): void {
  for (;;) {
    const blank = /^[\s\ufeff]+/.exec(scan.text.slice(scan.at, scan.at + BLANK_CHARS))?.[0].length ?? 0;
    scan.at += blank;
    if (scan.text[scan.at] === '#') toLineEnd(scan);
    else if (blank === 0) return;
  }
}

const BLANK_CHARS = 4096;

function toLineEnd(scan: Scan): void {
  const end = scan.text.indexOf('\n', scan.at);
  scan.at = end < 0 ? scan.text.length : end + 1;
}

function skipSpace(scan: Scan): void {
  while (scan.text[scan.at] === ' ' || scan.text[scan.at] === '\t') scan.at += 1;
}

/** A dotted key; empty where there is none. */
function readKey(scan: Scan): readonly string[] {
  const names: string[] = [];
  for (;;) {
    skipSpace(scan);
    const name = readName(scan);
    if (name === undefined) return names;
    names.push(name);
    skipSpace(scan);
    if (scan.text[scan.at] !== '.') return names;
    scan.at += 1;
  }
}

function readName(scan: Scan): string | undefined {
  const start = scan.at;
  const quote = scan.text[start];
  if (quote === '"' || quote === '\'') {
    if (!skipString(scan)) return undefined;
    const inner = scan.text.slice(start + 1, scan.at - 1);
    return quote === '"' ? unescaped(inner) : inner;
  }
  const bare = /^[A-Za-z0-9_-]+/.exec(scan.text.slice(start, start + NAME_CHARS))?.[0] ?? '';
  scan.at += bare.length;
  return bare === '' ? undefined : bare;
}

const NAME_CHARS = 1024;

function unescaped(inner: string): string {
  try {
    const name: unknown = JSON.parse(`"${inner}"`);
    return typeof name === 'string' ? name : inner;
  } catch {
    return inner;
  }
}

function readItem(scan: Scan, table: Path, isInline: boolean): boolean {
  const start = scan.at;
  const names = readKey(scan);
  if (names.length === 0 || scan.text[scan.at] !== '=') return false;
  scan.at += 1;
  skipSpace(scan);
  const at = [...table, ...names];
  const from = scan.at;
  if (!readValue(scan, at)) return false;
  scan.items.push({ at, whole: { start, end: scan.at }, value: { start: from, end: scan.at }, isInline });
  return true;
}

function readValue(scan: Scan, at: Path): boolean {
  const sign = scan.text[scan.at];
  if (sign === '"' || sign === '\'') return skipString(scan);
  if (sign === '[') return readArray(scan, at);
  if (sign === '{') return readInlineTable(scan, at);
  const plain = /^[^\s,\]}#]+(?: \d{2}:[^\s,\]}#]+)?/.exec(scan.text.slice(scan.at, scan.at + NAME_CHARS))?.[0] ?? '';
  scan.at += plain.length;
  return plain !== '';
}

function readArray(scan: Scan, at: Path): boolean {
  scan.at += 1;
  for (let index = 0; ; index += 1) {
    skipBlank(scan);
    if (scan.text[scan.at] !== ']') {
      const start = scan.at;
      if (!readValue(scan, [...at, index])) return false;
      scan.items.push({ at: [...at, index], whole: { start, end: scan.at }, value: { start, end: scan.at }, isInline: true });
      skipBlank(scan);
      if (scan.text[scan.at] === ',') {
        scan.at += 1;
        continue;
      }
    }
    if (scan.text[scan.at] !== ']') return false;
    scan.at += 1;
    return true;
  }
}

function readInlineTable(scan: Scan, at: Path): boolean {
  scan.at += 1;
  for (;;) {
    skipBlank(scan);
    if (scan.text[scan.at] !== '}') {
      if (!readItem(scan, at, true)) return false;
      skipBlank(scan);
      if (scan.text[scan.at] === ',') {
        scan.at += 1;
        continue;
      }
    }
    if (scan.text[scan.at] !== '}') return false;
    scan.at += 1;
    return true;
  }
}

/** Any of the four kinds of strings; false where it does not end. */
function skipString(scan: Scan): boolean {
  const quote = scan.text[scan.at] ?? '';
  const isLong = scan.text.startsWith(quote.repeat(3), scan.at);
  const close = isLong ? quote.repeat(3) : quote;
  for (let at = scan.at + close.length; at < scan.text.length; at += 1) {
    if (quote === '"' && scan.text[at] === '\\') at += 1;
    else if (!isLong && scan.text[at] === '\n') return false;
    else if (scan.text.startsWith(close, at)) {
      scan.at = at + close.length;
      // Up to two more quotes belong to the text of a long one.
      if (isLong) scan.at += (quote === '"' ? /^"{0,2}/ : /^'{0,2}/).exec(scan.text.slice(scan.at, scan.at + 2))?.[0].length ?? 0;
      return true;
    }
  }
  return false;
}
