import { isMap, isNode } from 'yaml';
import type { Node } from 'yaml';
import { isObject } from '../../domain/json.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Editor } from './edit.ts';
import { splice } from './place.ts';
import type { Extent } from './place.ts';
import { parseYaml } from '../read/document.ts';
import type { Path } from '../read/region.ts';

/** YAML 1.2, one document, as Continue, Goose, LibreChat and Hermes read it. */
export const YAML_EDITOR: Editor = {
  parse: (text) => {
    const document = parseYaml(text);
    return document.errors.length > 0 ? undefined : document.toJS({ maxAliasCount: 100 }) as unknown;
  },
  extentOf: (text, at) => {
    const node = nodeAt(text, at);
    return node === undefined ? undefined : extentOf(text, node);
  },
  // What JSON writes is flow style of YAML, too.
  setValue: (text, at, value) => {
    const node = nodeAt(text, at);
    if (node === undefined) return undefined;
    const place = extentOf(text, node);
    return splice(text, place, isMap(node) && node.flow !== true && isObject(value) ? blockOf(text, place.start, value) : JSON.stringify(value));
  },
};

function nodeAt(text: string, at: Path): Node | undefined {
  const found: unknown = parseYaml(text).getIn(at, true);
  return isNode(found) ? found : undefined;
}

/** Without the line breaks behind it: those of block scalars and block maps count as theirs, and stay. */
function extentOf(text: string, node: Node): Extent {
  const [start = 0, end = 0] = node.range ?? [];
  return { start, end: start + text.slice(start, end).replace(/\s+$/, '').length };
}

/** Each member on a line of its own, as far in as the first one stood. */
function blockOf(text: string, start: number, entry: JsonObject): string {
  const column = start - (text.lastIndexOf('\n', start - 1) + 1);
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  return Object.entries(entry).map(([name, value]) => `${/^[A-Za-z_][\w-]*$/.test(name) ? name : JSON.stringify(name)}: ${JSON.stringify(value)}`)
    .join(`${end}${' '.repeat(column)}`);
}
