import { findNodeAtLocation, getNodeValue, parseTree } from 'jsonc-parser';
import type { Node } from 'jsonc-parser';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';
import type { Editor } from './edit.ts';
import { indentAt, splice } from './place.ts';
import type { Extent } from './place.ts';
import type { Path } from '../read/region.ts';

/** JSON with comments and trailing commas, as the clients read it. */
export const JSON_EDITOR: Editor = {
  parse: (text) => {
    const tree = treeOf(text);
    return tree === undefined ? undefined : getNodeValue(tree) as unknown;
  },
  extentOf,
  setValue: (text, at, value) => {
    const place = extentOf(text, at);
    return place === undefined ? undefined : splice(text, place, written(text, place.start, value));
  },
};

function treeOf(text: string): Node | undefined {
  return parseTree(text.replace(/^\ufeff/, ' '), [], { allowTrailingComma: true });
}

function extentOf(text: string, at: Path): Extent | undefined {
  const tree = treeOf(text);
  const node = tree === undefined ? undefined : findNodeAtLocation(tree, [...at]);
  return node === undefined ? undefined : { start: node.offset, end: node.offset + node.length };
}

/** A value as text, in the file's own manner: its unit, its line ends, and on one line where the file has but one. */
function written(text: string, offset: number, value: Json): string {
  const unit = /\n(\t| +)\S/.exec(text)?.[1];
  if (unit === undefined) return JSON.stringify(value);
  const lines = jsonLines(value, unit).replaceAll('\n', `\n${indentAt(text, offset)}`);
  return text.includes('\r\n') ? lines.replaceAll('\n', '\r\n') : lines;
}

/** Lists of plain values stay on one line, as people write arguments. */
function jsonLines(value: Json, unit: string): string {
  if (isArray(value)) return `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, item]) => `${unit}${JSON.stringify(name)}: ${jsonLines(item ?? null, unit).replaceAll('\n', `\n${unit}`)}`);
  return members.length === 0 ? '{}' : `{\n${members.join(',\n')}\n}`;
}
