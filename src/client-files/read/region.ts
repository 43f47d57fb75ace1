import { parseTree } from 'jsonc-parser';
import type { Node } from 'jsonc-parser';
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Document } from 'yaml';

/** A part of a file, as code hosts count: from 1, in UTF-16 units. */
export interface Region {
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export type Path = readonly (string | number)[];
/** Where in its file a value stands, or the nearest one above it that does. */
export type Locate = (path: Path) => Region | undefined;

export function locateJson(text: string): Locate {
  const tree = parseTree(text.replace(/^\ufeff/, ' '), [], { allowTrailingComma: true });
  const regionOf = regionsOf(text);
  const membersOf = indexed<Node>(({ type, children = [] }) => (type === 'object'
    ? children.map((child) => [String(child.children?.[0]?.value), child.children?.[1]] as const) : children.map((child, index) => [index, child] as const)));
  return nearest((path) => {
    const node = path.reduce<Node | undefined>((at, name) => (at === undefined ? undefined : membersOf(at).get(name)), tree);
    return node === undefined ? undefined : regionOf(node.offset, node.offset + node.length);
  });
}

export function locateYaml(text: string, document: Document): Locate {
  const regionOf = regionsOf(text);
  const membersOf = indexed((node: unknown) => {
    if (isSeq(node)) return node.items.map((item, index) => [index, item] as const);
    return isMap(node) ? node.items.map(({ key, value }) => [isScalar(key) ? String(key.value) : '', value] as const) : [];
  });
  return nearest((path) => {
    const node = path.reduce<unknown>((at, name) => membersOf(isAlias(at) ? at.resolve(document) : at).get(name), document.contents);
    const range: unknown = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
    if (!Array.isArray(range)) return undefined;
    const [start, end]: readonly unknown[] = range;
    return typeof start === 'number' && typeof end === 'number' ? regionOf(start, end) : undefined;
  });
}

type Members<Inner> = ReadonlyMap<string | number, Inner | undefined>;

/** What stands in a node under which name, listed once for each node: files may have very many. */
function indexed<Inner>(list: (node: Inner) => readonly (readonly [string | number, Inner | undefined])[]): (node: Inner) => Members<Inner> {
  const known = new Map<Inner, Members<Inner>>();
  return (node) => {
    const found = known.get(node) ?? new Map(list(node));
    known.set(node, found);
    return found;
  };
}

/** TOML says no places: the line of the last name that stands below the lines of those before it. */
export function locateToml(text: string): Locate {
  const lines = text.split('\n');
  const byName = new Map<string, number[]>();
  for (const [index, line] of lines.entries()) {
    for (const name of new Set(namesInLine(line))) {
      const at = byName.get(name);
      if (at === undefined) byName.set(name, [index]);
      else at.push(index);
    }
  }
  return (path) => {
    let at = -1;
    for (const name of path) {
      const found = typeof name === 'string' ? firstFrom(byName.get(name) ?? [], Math.max(0, at)) : undefined;
      if (found !== undefined) at = found;
    }
    const line = lines[at];
    return line === undefined ? undefined : { startLine: at + 1, startColumn: 1, endLine: at + 1, endColumn: line.length + 1 };
  };
}

/** The first number that is not below another, of numbers in order. */
function firstFrom(numbers: readonly number[], from: number): number | undefined {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((numbers[middle] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return numbers[low];
}

/** The names of a table's head, or of a key before its `=`; a quoted one may have dots in it. */
function namesInLine(line: string): readonly string[] {
  const head = /^\s*\[\[?(.*?)\]\]?\s*(?:#.*)?$/.exec(line)?.[1] ?? /^((?:[^="']|"[^"]*"|'[^']*')*)=/.exec(line)?.[1];
  return head === undefined ? [] : [...head.matchAll(/"([^"]*)"|'([^']*)'|([^\s."']+)/g)].map(([, double, single, bare]) => double ?? single ?? bare ?? '');
}

function nearest(find: Locate): Locate {
  return (path) => {
    for (let length = path.length; length > 0; length -= 1) {
      const region = find(path.slice(0, length));
      if (region !== undefined) return region;
    }
    return undefined;
  };
}

/** Offsets to lines and columns; the lines are counted once. */
export function regionsOf(text: string): (start: number, end: number) => Region {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const placeOf = (offset: number): readonly [number, number] => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return [low + 1, offset - (starts[low] ?? 0) + 1];
  };
  return (start, end) => {
    const [[startLine, startColumn], [endLine, endColumn]] = [placeOf(start), placeOf(end)];
    return { startLine, startColumn, endLine, endColumn };
  };
}
