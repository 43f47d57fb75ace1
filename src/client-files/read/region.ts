import { findNodeAtLocation, parseTree } from 'jsonc-parser';
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
  return nearest((path) => {
    const node = tree === undefined ? undefined : findNodeAtLocation(tree, [...path]);
    return node === undefined ? undefined : regionOf(node.offset, node.offset + node.length);
  });
}

export function locateYaml(text: string, document: Document): Locate {
  const regionOf = regionsOf(text);
  return nearest((path) => {
    const node: unknown = document.getIn(path, true);
    const range: unknown = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
    if (!Array.isArray(range)) return undefined;
    const [start, end]: readonly unknown[] = range;
    return typeof start === 'number' && typeof end === 'number' ? regionOf(start, end) : undefined;
  });
}

/** TOML says no places: the line of the last name that stands below the lines of those before it. */
export function locateToml(text: string): Locate {
  const lines = text.split('\n');
  return (path) => {
    let at = -1;
    for (const name of path) {
      const found = lines.findIndex((line, index) => index >= Math.max(0, at) && typeof name === 'string' && nameInLine(line, name));
      if (found >= 0) at = found;
    }
    const line = lines[at];
    return line === undefined ? undefined : { startLine: at + 1, startColumn: 1, endLine: at + 1, endColumn: line.length + 1 };
  };
}

function nameInLine(line: string, name: string): boolean {
  const head = /^\s*\[\[?([^\]]*)\]/.exec(line)?.[1] ?? line.split('=', 1)[0] ?? '';
  return head.split('.').some((part) => part.trim().replaceAll(/^["']|["']$/g, '') === name);
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
