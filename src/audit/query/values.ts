import { fieldOf } from './fields.ts';
import type { FieldName } from './fields.ts';
import type { Condition, NumberOperator } from './filter.ts';
import { nearest } from './nearest.ts';
import { invalid } from './tokens.ts';
import type { Token } from './tokens.ts';

const NUMBER_OPERATORS: ReadonlyMap<string, NumberOperator> = new Map((['=', '<', '<=', '>', '>='] as const).map((one) => [one, one]));
const SPAN = /^(\d{1,9})(s|m|min|h|d|w)$/;
const SPAN_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?Z)?$/;
const NUMBER = /^(\d{1,15}(?:\.\d{1,9})?)([a-z]{0,3})$/;

/** A value that must be equal. Throws `ERR_QUERY_INVALID`: of a closed field, one that it can never be. */
export function readEqual(field: FieldName, value: Token): string {
  const { kind, values } = fieldOf(field);
  if (kind === 'number' || kind === 'time' || kind === 'rank') {
    throw invalid(value.column, `"${field}" is compared with =, <, <=, > or >=, not with a list`);
  }
  if (values !== undefined && !values.includes(value.text)) throw invalid(value.column, notOne(field, value.text, values), oneOf(field, values));
  return value.text;
}

/** `<field> <operator> <value>`, the operator without its negation. Throws `ERR_QUERY_INVALID`. */
export function readComparison(field: FieldName, operator: Token, value: Token, now: number): Condition {
  const { kind } = fieldOf(field);
  const byNumber = NUMBER_OPERATORS.get(operator.text);
  if (kind === 'number' || kind === 'time' || kind === 'rank') {
    if (byNumber === undefined) throw invalid(operator.column, `"${field}" is compared with =, <, <=, > or >=`);
    if (kind === 'time' && byNumber === '=') throw invalid(operator.column, `"${field}" is compared with <, <=, > or >=`);
    const number = kind === 'rank' ? readRank(field, value) : kind === 'time' ? readTime(value, now) : readNumber(field, value);
    return { kind: 'number', field, operator: byNumber, value: number };
  }
  if (operator.text === '=') return { kind: 'equal', field, values: [readEqual(field, value)] };
  if (operator.text === '~' && kind !== 'id') return { kind: 'glob', field, pattern: value.text };
  throw invalid(operator.column, kind === 'id' ? `"${field}" is compared with = or !=` : `"${field}" has no order; compare it with = or ~`);
}

function readRank(field: FieldName, value: Token): number {
  const { values = [] } = fieldOf(field);
  const rank = values.indexOf(value.text);
  if (rank < 0) throw invalid(value.column, notOne(field, value.text, values), oneOf(field, values));
  return rank;
}

/** A span counts back from now; a date is its beginning, UTC; a number is epoch ms. */
function readTime(value: Token, now: number): number {
  const [, count, unit = ''] = SPAN.exec(value.text) ?? [];
  if (count !== undefined) return now - Number(count) * (SPAN_MS[unit] ?? 0);
  if (/^\d{1,15}$/.test(value.text)) return Number(value.text);
  const at = DATE.test(value.text) ? Date.parse(value.text) : Number.NaN;
  if (Number.isNaN(at)) {
    throw invalid(value.column, `"${value.text.slice(0, 40)}" is no time`,
      'Write a span (2h, 14d), a date (2026-11-23), a time (2026-11-23T07:00Z) or epoch ms.');
  }
  return at;
}

function readNumber(field: FieldName, value: Token): number {
  const [, number, unit = ''] = NUMBER.exec(value.text.toLowerCase()) ?? [];
  const { units = {} } = fieldOf(field);
  const factor = unit === '' ? 1 : Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (number !== undefined && factor !== undefined) return Number(number) * factor;
  const known = Object.keys(units);
  throw invalid(value.column, `"${value.text.slice(0, 40)}" is no number`, known.length === 0 ? `Write a number.`
    : `Write a number, with ${known.join(', ')} or nothing.`);
}

function notOne(field: FieldName, text: string, values: readonly string[]): string {
  return `"${field}" is never "${text.slice(0, 40)}"${nearest(text, values)}`;
}

function oneOf(field: FieldName, values: readonly string[]): string {
  return values.length > 40 ? `See docs/audit/query.md for what "${field}" can be.` : `It is one of: ${values.join(', ')}.`;
}
