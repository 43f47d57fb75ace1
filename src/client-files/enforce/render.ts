import { applyEdits, modify, parseTree, getNodeValue } from 'jsonc-parser';
import type { ParseError } from 'jsonc-parser';
import { SallyportError } from '../../domain/errors.ts';
import { isArray, isObject } from '../../domain/json.ts';
import type { Json } from '../../domain/json.ts';
import { plainOf } from '../read/document.ts';
import { valueAt } from '../read/entries.ts';
import type { Artefact } from './plan.ts';

/** The first and last line of what is ours in a file that others write too and whose comments must stay. */
const BEGIN = '# sallyport: begin (written by `sallyport config enforce`; what stands here is replaced)';
const END = '# sallyport: end';

/**
 * The text of a document: `existing` with our keys as the plan has them; whatever else it holds stays, comments and order too.
 * Throws `ERR_CONFIG_SYNTAX` for a file that can't be read, `ERR_CONFLICT` where somebody else set a key of ours that can't stand twice.
 */
export function render(artefact: Artefact, existing: string | undefined): string {
  return artefact.format === 'toml' ? renderToml(artefact, existing ?? '') : renderJson(artefact, existing ?? '{}\n');
}

/** Throws `ERR_CONFIG_SYNTAX`. */
export function readDocument(text: string, format: Artefact['format'], file: string): Json {
  if (format === 'toml') return plainOf(readToml(text, file));
  const problems: ParseError[] = [];
  const tree = parseTree(text, problems, { allowTrailingComma: true });
  if (problems.length > 0 || tree === undefined) throw syntax(file);
  return plainOf(getNodeValue(tree));
}

function renderJson(artefact: Artefact, existing: string): string {
  readDocument(existing, 'json', artefact.id);
  const formattingOptions = { insertSpaces: true, tabSize: 2, eol: '\n' };
  const text = artefact.keys.reduce(
    (before, { at, value }) => applyEdits(before, modify(before, [...at], value, { formattingOptions })), existing,
  );
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** Dotted keys of the root, so that they can stand before anything else and leave the meaning of what follows alone. */
function renderToml(artefact: Artefact, existing: string): string {
  const rest = withoutOurs(existing, artefact.id);
  const others = readDocument(rest, 'toml', artefact.id);
  const lines = artefact.keys.flatMap(({ at, value }) => {
    const there = valueAt(others, at);
    if (there === undefined) return dotted(at, value);
    if (Bun.deepEquals(there, value)) return [];
    throw conflict(artefact.id, at.join('.'));
  });
  const text = `${[BEGIN, ...lines, END, ''].join('\n')}${rest === '' ? '' : `\n${rest}`}`;
  try {
    readDocument(text, 'toml', artefact.id);
  } catch {
    // A table of somebody else's with a header of its own may not be added to from outside.
    throw conflict(artefact.id, artefact.keys.map(({ at }) => at.join('.')).join(', '));
  }
  return text;
}

function withoutOurs(text: string, file: string): string {
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 && to < 0) return text;
  if (from < 0 || to < from) throw syntax(file);
  return `${text.slice(0, from)}${text.slice(to + END.length).replace(/^\r?\n(?:\r?\n)?/, '')}`;
}

/** One line a leaf below the table, so that a difference is one line too. */
function dotted(at: readonly string[], value: Json): readonly string[] {
  if (isObject(value) && Object.keys(value).length > 0 && at.length < 3) {
    return Object.entries(value).flatMap(([name, member]) => dotted([...at, name], member));
  }
  return [`${at.map(key).join('.')} = ${tomlOf(value)}`];
}

function tomlOf(value: Json): string {
  if (isArray(value)) return `[${value.map(tomlOf).join(', ')}]`;
  if (isObject(value)) {
    const members = Object.entries(value).map(([name, member]) => `${key(name)} = ${tomlOf(member)}`);
    return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
  }
  // A basic string of TOML has JSON's escapes; control characters that JSON leaves were refused with the plan.
  return JSON.stringify(value);
}

function key(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name);
}

function readToml(text: string, file: string): unknown {
  try {
    return Bun.TOML.parse(text);
  } catch (cause) {
    throw syntax(file, cause);
  }
}

function syntax(file: string, cause?: unknown): SallyportError {
  return new SallyportError('ERR_CONFIG_SYNTAX', `${file}: what is there can't be read, so it is left as it is`, {
    remedy: 'Correct the file or take it away, then enforce again.', cause,
  });
}

function conflict(file: string, keys: string): SallyportError {
  return new SallyportError('ERR_CONFLICT', `${file}: somebody else set ${keys}, and it can't stand twice`, {
    remedy: 'Take it out of the file, then enforce again.',
  });
}
