import { FIELDS, fieldOf } from './fields.ts';
import type { FieldName, Place } from './fields.ts';
import type { Condition, Filter } from './filter.ts';
import { keyOf } from './key.ts';

/** A piece of SQL with its values: none of what was typed is ever part of the text. */
export interface Sql {
  readonly text: string;
  readonly values: readonly (string | number)[];
}

/** A filter for the index. `places`: what each part of the filter, all of which must hold, speaks of. */
export interface Compiled extends Sql {
  readonly places: ReadonlySet<Place>;
}

const OPERATORS = { '=': '=', '<': '<', '<=': '<=', '>': '>', '>=': '>=' } as const;

/** The parts of a filter that must all hold, each compiled by itself. Columns are `<place>.<field>`. */
export function compileFilter(filter: Filter): readonly Compiled[] {
  const parts = filter.kind === 'and' ? filter.parts.flatMap((part) => (part.kind === 'and' ? part.parts : [part])) : [filter];
  return parts.map((part) => ({ ...compile(part, false), places: placesOf(part) }));
}

/** SQL knows a third truth value: negations go down to the conditions, where what is absent is named. */
function compile(filter: Filter, negated: boolean): Sql {
  if (filter.kind === 'not') return compile(filter.part, !negated);
  if (!('parts' in filter)) return condition(filter, negated);
  const parts = filter.parts.map((part) => compile(part, negated));
  const conjoined = (filter.kind === 'and') !== negated;
  if (parts.length === 0) return { text: conjoined ? '1' : '0', values: [] };
  return { text: `(${parts.map(({ text }) => text).join(conjoined ? ' AND ' : ' OR ')})`, values: parts.flatMap(({ values }) => values) };
}

function condition(asked: Condition, negated: boolean): Sql {
  const { kind } = fieldOf(asked.field);
  const column = columnOf(asked.field);
  if (asked.kind === 'has') return { text: `${column} IS ${negated ? '' : 'NOT '}NULL`, values: [] };
  // The index holds a part of an id: more than what is meant may look the same, and the records themselves are looked at then.
  const held = kind === 'id' && asked.kind === 'equal'
    ? among(column, asked.values.map(keyOf))
    : kind === 'list' ? inList(column, asked) : directly(column, asked);
  return negated ? { text: `(${column} IS NULL OR NOT (${held.text}))`, values: held.values } : held;
}

function directly(column: string, asked: Exclude<Condition, { kind: 'has' }>): Sql {
  if (asked.kind === 'equal') return among(column, asked.values);
  if (asked.kind === 'glob') return { text: `${column} GLOB ?`, values: [globOf(asked.pattern)] };
  return { text: `${column} ${OPERATORS[asked.operator]} ?`, values: [asked.value] };
}

function inList(column: string, asked: Exclude<Condition, { kind: 'has' }>): Sql {
  const { text, values } = directly('item.value', asked);
  return { text: `EXISTS (SELECT 1 FROM json_each(${column}) AS item WHERE ${text})`, values };
}

function among(column: string, values: readonly (string | number)[]): Sql {
  return { text: values.length === 1 ? `${column} = ?` : `${column} IN (${values.map(() => '?').join(', ')})`, values };
}

/** Our patterns know `*` and `?`; SQLite's know brackets too. */
function globOf(pattern: string): string {
  return pattern.replaceAll('[', '[[]');
}

export function columnOf(field: FieldName): string {
  return `${FIELDS[field].place}."${field}"`;
}

function placesOf(filter: Filter): ReadonlySet<Place> {
  if ('parts' in filter) return new Set(filter.parts.flatMap((part) => [...placesOf(part)]));
  return filter.kind === 'not' ? placesOf(filter.part) : new Set([fieldOf(filter.field).place]);
}
