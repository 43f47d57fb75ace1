import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Editor } from './edit.ts';
import { splice } from './place.ts';
import type { Path } from '../read/region.ts';
import { scanToml } from './toml-scan.ts';
import type { TomlItem, TomlTable } from './toml-scan.ts';

/** TOML 1.0, as Codex, Vibe, Grok and OpenHands read it. */
export const TOML_EDITOR: Editor = {
  parse: (text) => {
    try {
      return Bun.TOML.parse(text.replace(/^\ufeff/, ''));
    } catch {
      return undefined;
    }
  },
  extentOf: (text, at) => scanToml(text).items.find((item) => isSame(item.at, at))?.value,
  setValue: (text, at, value) => {
    const { items, tables } = scanToml(text);
    const inline = items.find((item) => isSame(item.at, at));
    if (inline !== undefined) return splice(text, inline.value, written(value));
    if (!isObject(value)) return undefined;
    const table = tables.find((one) => isSame(one.at, at));
    return table === undefined ? setDotted(text, at, value, items) : setTable(text, at, value, { items, tables, table });
  },
};

function isSame(one: Path, other: Path): boolean {
  return one.length === other.length && startsWith(one, other);
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((name, index) => path[index] === name);
}

interface Found {
  readonly items: readonly TomlItem[];
  readonly tables: readonly TomlTable[];
  readonly table: TomlTable;
}

/** `[mcp_servers.x]`: its own lines are written anew below the header, the tables below it go. Comments between tables stay. */
function setTable(text: string, at: Path, entry: JsonObject, { items, tables, table }: Found): string {
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = Object.entries(entry).map(([name, value]) => `${end}${nameOf(name)} = ${written(value ?? null)}`).join('');
  const below = tables.filter((one) => one !== table && startsWith(one.at, at));
  const cuts = [
    { start: behindHeader(text, table), end: Math.max(behindHeader(text, table), lastOf(items, table)), to: lines },
    ...below.map((one) => ({ start: one.header.start, end: lineBreakAfter(text, lastOf(items, one)), to: '' })),
  ];
  return cuts.toSorted((a, b) => b.start - a.start).reduce((edited, cut) => splice(edited, cut, cut.to), text);
}

/** The comment beside a header stays. */
function behindHeader(text: string, { header }: TomlTable): number {
  return header.end + (/^[^\r\n]*/.exec(text.slice(header.end))?.[0].length ?? 0);
}

/** Behind the last item of a table, or its header. */
function lastOf(items: readonly TomlItem[], { header, end }: TomlTable): number {
  return items.filter(({ whole }) => whole.start >= header.end && whole.end <= end).reduce((last, { whole }) => Math.max(last, whole.end), header.end);
}

function lineBreakAfter(text: string, offset: number): number {
  const rest = /^[ \t]*(?:#[^\n]*)?\r?\n/.exec(text.slice(offset))?.[0];
  return offset + (rest?.length ?? 0);
}

/** `x.command = "…"` below `[mcp_servers]`: the first of its lines becomes the entry, the others go. */
function setDotted(text: string, at: Path, entry: JsonObject, items: readonly TomlItem[]): string | undefined {
  const own = items.filter((item) => !item.isInline && item.at.length > at.length && startsWith(item.at, at));
  const [first, ...others] = own.toSorted((a, b) => a.whole.start - b.whole.start);
  const name = at.at(-1);
  if (first === undefined || typeof name !== 'string') return undefined;
  const key = /^[^=]*?(?=\s*=)/.exec(text.slice(first.whole.start, first.whole.end))?.[0] ?? '';
  // The names before the entry's own stand in the key where no header says them.
  const leading = key.split('.').slice(0, -(first.at.length - at.length + 1)).map((part) => `${part.trim()}.`).join('');
  const cut = others.toSorted((a, b) => b.whole.start - a.whole.start)
    .reduce((edited, { whole }) => splice(edited, { start: whole.start, end: lineBreakAfter(edited, whole.end) }, ''), text);
  return splice(cut, first.whole, `${leading}${nameOf(name)} = ${written(entry)}`);
}

function nameOf(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name);
}

/** What JSON escapes, a basic string of TOML has escaped alike; DEL alone must be, and is not by JSON. */
function written(value: Json): string {
  if (typeof value === 'string') return JSON.stringify(value).replaceAll('\u007f', String.raw`\u007f`);
  if (isArray(value)) return `[${value.map((item) => written(item)).join(', ')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{ ${Object.entries(value).map(([name, item]) => `${nameOf(name)} = ${written(item ?? null)}`).join(', ')} }`;
}
