import { SallyportError } from '../../../domain/errors.ts';
import { LIMITS } from '../../../domain/limits.ts';
import { isObject } from '../../../domain/json.ts';
import type { Json, JsonObject } from '../../../domain/json.ts';
import { openRegular } from '../lines.ts';

/** What an export holds: documents, each with the line at which it begins, and how much of it is none. */
export interface Export {
  readonly documents: readonly { readonly line: number; readonly value: Json }[];
  readonly broken: readonly number[];
}

/**
 * Reads an administrator's export whole: one JSON document, JSON lines, or CSV with a header. Undefined for what is none of them;
 * throws `ERR_FILE_UNREADABLE` for what can't be read, or is larger than an export.
 */
export async function readExport(path: string): Promise<Export | undefined> {
  const file = await openRegular(path);
  try {
    const { size } = await file.stat();
    if (size > LIMITS.exportBytesMax) {
      throw new SallyportError('ERR_FILE_UNREADABLE', `it is no log, and an export has at most ${LIMITS.exportBytesMax} bytes`,
        { remedy: 'Export less at a time.' });
    }
    const text = (await file.readFile('utf8')).replace(/^\uFEFF/, '');
    const whole = parsed(text);
    if (whole !== undefined) return { documents: [{ line: 1, value: whole }], broken: [] };
    return /^\s*[{[]/.test(text) ? readLines(text) : readTable(text);
  } finally {
    await file.close();
  }
}

function parsed(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function readLines(text: string): Export | undefined {
  const lines = text.split('\n').map((line, at) => ({ line: at + 1, text: line.trim(), value: parsed(line) })).filter((line) => line.text !== '');
  const documents = lines.flatMap(({ line, value }) => value === undefined ? [] : [{ line, value }]);
  return documents.length === 0 ? undefined : { documents, broken: lines.filter(({ value }) => value === undefined).map(({ line }) => line) };
}

/** A header of at least two columns, and rows of as many; fields that are JSON themselves are read as such. */
function readTable(text: string): Export | undefined {
  const [header, ...rows] = rowsOf(text);
  if (header === undefined || header.values.length < 2 || header.values.some((name) => !/^[\w .()/-]{1,80}$/.test(name))) return undefined;
  const names = header.values.map((name) => name.trim());
  const isRow = ({ values }: Row): boolean => values.length === names.length;
  return {
    documents: rows.filter(isRow).map(({ line, values }) => ({ line, value: recordOf(names, values) })),
    broken: rows.filter((row) => !isRow(row)).map(({ line }) => line),
  };
}

function recordOf(names: readonly string[], values: readonly string[]): JsonObject {
  return Object.fromEntries(names.map((name, at) => {
    const value = values[at] ?? '';
    const inner = /^[{[]/.test(value) ? parsed(value) : undefined;
    return [name, inner !== undefined && (isObject(inner) || Array.isArray(inner)) ? inner : value];
  }));
}

interface Row {
  readonly line: number;
  readonly values: readonly string[];
}

/** RFC 4180: quotes around fields, doubled within them; line ends within quotes belong to the field. */
function rowsOf(text: string): readonly Row[] {
  const rows: Row[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy;
  let values: string[] = [];
  let line = 1;
  let first = 1;
  for (let match = field.exec(text); match !== null; match = field.exec(text)) {
    values.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    line += (match[1]?.match(/\n/g) ?? []).length;
    if (match[3] === ',') continue;
    if (values.length > 1 || values[0] !== '') rows.push({ line: first, values });
    if (field.lastIndex >= text.length || match[3] === '') break;
    values = [];
    line += 1;
    first = line;
  }
  return rows;
}
