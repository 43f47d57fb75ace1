import { LIMITS } from '../../domain/limits.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { DISCLOSURE_FORMAT } from './answer.ts';
import { QUESTION_IDS, questionOf } from './questions.ts';

/** A spreadsheet of answers (RFC 4180) as the disclosure that it stands for, and in which of its lines each answer is. */
export interface DisclosureRows {
  readonly value: JsonObject;
  readonly lineOf: ReadonlyMap<string, number>;
  readonly complaints: readonly { readonly line: number; readonly message: string }[];
}

const COLUMNS = ['question', 'value', 'evidence', 'date', 'expires'] as const;
const LINES_MAX = 1_000;

/**
 * Columns `question,value,evidence,date,expires`, in any order, by their names in the first line. Lists are separated by `;`, tools are
 * `name:effect:data`, yes and no are `yes` and `no`.
 */
export function disclosureOfCsv(text: string, of: { readonly vendor: string; readonly by: string; readonly date: string }): DisclosureRows {
  const complaints: { readonly line: number; readonly message: string }[] = [];
  const [head, ...rows] = splitCsv(text.replace(/^\uFEFF/, ''));
  const names = head?.cells.map((cell) => cell.trim().toLowerCase()) ?? [];
  for (const name of COLUMNS) {
    if (names.filter((one) => one === name).length !== 1 && name !== 'evidence') complaints.push({ line: 1, message: `must have the column ${name} once` });
  }
  if (rows.length > LINES_MAX) complaints.push({ line: LINES_MAX, message: `must have at most ${LINES_MAX} lines` });
  const answers: Record<string, Json> = {};
  const lineOf = new Map<string, number>();
  for (const { line, cells } of complaints.length > 0 ? [] : rows) {
    const at = (name: (typeof COLUMNS)[number]): string => (cells[names.indexOf(name)] ?? '').trim();
    const id = at('question');
    const known = QUESTION_IDS.find((one) => one === id);
    if (known === undefined) complaints.push({ line, message: `names no question: ${JSON.stringify(id.slice(0, 100))}` });
    else if (lineOf.has(id)) complaints.push({ line, message: `answers ${id} a second time` });
    else {
      lineOf.set(id, line);
      const evidence = at('evidence');
      answers[id] = {
        value: valueOf(questionOf(known).kind, at('value')), ...(evidence === '' ? {} : { evidence }), date: at('date'), expires: at('expires'),
      };
    }
  }
  return { value: { disclosure: DISCLOSURE_FORMAT, ...of, answers }, lineOf, complaints };
}

/** What a cell, or a field of a form, says; what it cannot be read as stays text, and is refused as that. */
export function valueOf(kind: ReturnType<typeof questionOf>['kind'], cell: string): Json {
  if (kind === 'yes-no') return cell === 'yes' ? true : cell === 'no' ? false : cell;
  if (kind === 'number') return /^\d{1,7}(?:\.\d{1,3})?$/.test(cell) ? Number(cell) : cell;
  if (kind === 'list') return partsOf(cell);
  if (kind !== 'tools') return cell;
  return partsOf(cell).map((part) => {
    const [data = '', effect = '', ...name] = part.split(':').map((word) => word.trim()).toReversed();
    return { name: name.toReversed().join(':'), effect, data };
  });
}

/** As a cell, or a field of a form, holds it. */
export function cellOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (!Array.isArray(value)) return typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '';
  return value.map((one: unknown) => (typeof one === 'string' ? one : isTool(one) ? `${one.name}:${one.effect}:${one.data}` : '')).join('; ');
}

function isTool(value: unknown): value is { readonly name: string; readonly effect: string; readonly data: string } {
  return typeof value === 'object' && value !== null && 'effect' in value && 'data' in value;
}

function partsOf(cell: string): string[] {
  return cell.split(/[;\n]/).map((part) => part.trim()).filter((part) => part !== '').slice(0, LIMITS.vendorToolsMax + 1);
}

interface CsvRow {
  /** Where it begins, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** Quotes, commas and line breaks as RFC 4180 has them; empty lines are none. */
function splitCsv(text: string): readonly CsvRow[] {
  const rows: CsvRow[] = [];
  let [cells, cell, quoted, line, began]: [string[], string, boolean, number, number] = [[], '', false, 1, 1];
  const end = (): void => {
    if (cells.length > 0 || cell.trim() !== '') rows.push({ line: began, cells: [...cells, cell] });
    [cells, cell] = [[], ''];
  };
  for (let at = 0; at < text.length && rows.length <= LINES_MAX + 1; at += 1) {
    const character = text[at] ?? '';
    if (character === '\n') line += 1;
    if (quoted) {
      if (character !== '"') cell += character;
      else if (text[at + 1] === '"') [cell, at] = [`${cell}"`, at + 1];
      else quoted = false;
    } else if (character === '"' && cell === '') quoted = true;
    else if (character === ',') {
      cells.push(cell);
      cell = '';
    } else if (character === '\n') {
      end();
      began = line;
    } else if (character !== '\r') cell += character;
  }
  end();
  return rows;
}
