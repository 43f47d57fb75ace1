import { createTwoFilesPatch } from 'diff';
import { isArray, isObject } from '../domain/json.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { Drift } from './drift.ts';
import { showHidden } from '../domain/hidden.ts';

/** Edits after which a diff says less than the two texts: it then shows all of the one and all of the other. */
const EDITS_MAX = 500;

/**
 * A unified diff of two definitions as a person reads them: one line for each value, keys in order, long text on lines of
 * its own after `| `, and every character that cannot be seen shown as `<U+200B>`. Safe to print on a terminal.
 */
export function diffDefinitions(before: JsonObject | undefined, after: JsonObject | undefined): string {
  const old = before ? renderDefinition(before) : '';
  const now = after ? renderDefinition(after) : '';
  const patch = createTwoFilesPatch('approved', 'now', old, now, undefined, undefined, { context: 3, maxEditLength: EDITS_MAX });
  const text = patch ?? [...lines('-', old), ...lines('+', now)].join('\n');
  return text.replace(/^=+\n/, '').replaceAll('\n\\ No newline at end of file', '');
}

/** The diff of one drift, under a line that says what it is. */
export function describeDrift(drift: Drift): string {
  const name = `${drift.kind} ${showHidden(drift.name)}`;
  const more = drift.renamedTo === undefined ? '' : ` to ${showHidden(drift.renamedTo)}`;
  const copy = drift.copyOf === undefined ? '' : ` (behaves as ${showHidden(drift.copyOf)})`;
  return `${name}: ${drift.class}${more}${copy}\n${diffDefinitions(drift.baseline?.definition, drift.observed?.definition)}`;
}

/** A definition as text, for people. */
export function renderDefinition(definition: JsonObject): string {
  return `${renderEntries(definition, '').join('\n')}\n`;
}

function lines(sign: string, text: string): readonly string[] {
  return text.split('\n').map((line) => `${sign}${line}`);
}

function renderEntries(json: JsonObject, indent: string): readonly string[] {
  const keys = Object.keys(json).sort();
  return keys.flatMap((key) => renderValue(`${indent}${renderKey(key)}:`, json[key] ?? null, indent));
}

function renderValue(head: string, value: Json, indent: string): readonly string[] {
  const inner = `${indent}  `;
  if (typeof value === 'string') return renderText(head, value, inner);
  if (isArray(value)) {
    return value.length === 0 ? [`${head} []`] : [head, ...value.flatMap((item) => renderValue(`${inner}-`, item, inner))];
  }
  if (isObject(value)) return Object.keys(value).length === 0 ? [`${head} {}`] : [head, ...renderEntries(value, inner)];
  return [`${head} ${JSON.stringify(value)}`];
}

function renderText(head: string, text: string, indent: string): readonly string[] {
  if (!text.includes('\n') && text.length <= 100) return [`${head} ${quote(text)}`];
  return [head, ...text.split('\n').map((line) => `${indent}| ${showHidden(line)}`)];
}

function renderKey(key: string): string {
  return /^[\w$-]+$/.test(key) ? key : quote(key);
}

function quote(text: string): string {
  return `"${showHidden(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
