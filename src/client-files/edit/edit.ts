import { isDeepStrictEqual } from 'node:util';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { JSON_EDITOR } from './json-edit.ts';
import { lineAt, withValue } from './place.ts';
import type { Extent } from './place.ts';
import { plainOf } from '../read/document.ts';
import { valueAt } from '../read/entries.ts';
import type { Path } from '../read/region.ts';
import { TOML_EDITOR } from './toml-edit.ts';
import { YAML_EDITOR } from './yaml-edit.ts';

export type Format = 'json' | 'yaml' | 'toml';

/** How a text of one format is changed at one place, every other byte staying. */
export interface Editor {
  /** As plain data; undefined for what does not parse. */
  parse(text: string): unknown;
  /** Where a value stands; undefined where there is none. */
  extentOf(text: string, at: Path): Extent | undefined;
  /** The text with another value at a place; undefined where there is no such place. */
  setValue(text: string, at: Path, value: Json): string | undefined;
}

const EDITORS: Readonly<Record<Format, Editor>> = { json: JSON_EDITOR, yaml: YAML_EDITOR, toml: TOML_EDITOR };

/** A value that becomes another: a text, a list, a whole entry. */
export interface Change {
  readonly at: Path;
  readonly to: Json;
}

function formatOf(file: string): Format {
  if (/\.ya?ml$/i.test(file)) return 'yaml';
  return /\.toml$/i.test(file) ? 'toml' : 'json';
}

/**
 * The text with every change made and every other byte as it was: comments, order, spacing, line ends. What comes out is
 * parsed again and must say exactly what was meant, else nothing is given out (anchors of YAML, keys that stand twice, whatever
 * a client may have written). Throws `ERR_CONFIG_INVALID` with the place.
 */
export function applyChanges(text: string, file: string, changes: readonly Change[]): string {
  const editor = EDITORS[formatOf(file)];
  let meant = plainOf(editor.parse(text));
  let edited = text;
  for (const { at, to } of changes) {
    const next = valueAt(meant, at) === undefined ? undefined : editor.setValue(edited, at, to);
    meant = withValue(meant, at, to);
    if (next === undefined || !isDeepStrictEqual(plainOf(editor.parse(next)), meant)) throw unchangeable(file, text, at);
    edited = next;
  }
  return edited;
}

/** Where a value stands, for people: a line, 1-based. */
export function lineOf(text: string, file: string, at: Path): number | undefined {
  const extent = EDITORS[formatOf(file)].extentOf(text, at);
  return extent === undefined ? undefined : lineAt(text, extent.start);
}

/** A file as plain data; null for what does not parse. */
export function dataOf(text: string, file: string): Json {
  return plainOf(EDITORS[formatOf(file)].parse(text));
}

function unchangeable(file: string, text: string, at: Path): SallyportError {
  const extent = EDITORS[formatOf(file)].extentOf(text, at);
  const line = extent === undefined ? '' : `:${lineAt(text, extent.start)}`;
  return new SallyportError('ERR_CONFIG_INVALID', `${file}${line}: ${at.join('.')} can't be changed without changing something else`, {
    remedy: 'Write the entry out plainly (no anchors, no name twice), then try again.',
  });
}
