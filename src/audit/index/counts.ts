import type { Database } from 'bun:sqlite';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { fieldOf } from '../query/fields.ts';
import type { Grouping } from '../query/filter.ts';
import type { Row } from '../query/row.ts';
import { columnOf } from '../query/sql.ts';
import type { Count } from './ask.ts';
import type { Plan } from './plan.ts';
import type { Slice } from './slices.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

type Value = string | number | null;

/** Counts records by what some of their fields hold. Throws `ERR_QUERY_INVALID` when there are too many different ones. */
export class Counts {
  readonly #by: readonly Grouping[];
  readonly #counts = new Map<string, number>();
  #total = 0;

  constructor(by: readonly Grouping[]) {
    this.#by = by;
  }

  addSlice(sqlite: Database, { from, where }: Plan, { low, high }: Slice): void {
    const columns = this.#by.map((name, index) =>
      `${name === 'day' || name === 'hour' ? `record.at / ${name === 'day' ? DAY_MS : HOUR_MS}` : columnOf(name)} AS by${index}`);
    const groups = this.#by.map((_, index) => `by${index}`).join(', ');
    const text = `SELECT ${columns.join(', ')}, count(*) AS count FROM ${from}
      WHERE ${where.text} record.position >= ? AND record.position < ? GROUP BY ${groups}`;
    for (const [...values] of sqlite.query<unknown, (string | number)[]>(text).values(...where.values, low, high)) {
      const count = values.pop();
      if (typeof count === 'number') this.#add(values.map((value) => (typeof value === 'string' || typeof value === 'number' ? value : null)), count);
    }
  }

  add(row: Row): void {
    this.#add(this.#by.map((name) => valueOf(row, name)), 1);
  }

  toAnswer(): { readonly counts: readonly Count[]; readonly total: number } {
    const counts = [...this.#counts].map(([key, count]) => ({ values: this.#present(key), count }));
    return { counts: counts.toSorted((one, other) => other.count - one.count), total: this.#total };
  }

  #add(values: readonly Value[], count: number): void {
    const key = JSON.stringify(values);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
    this.#total += count;
    if (this.#counts.size <= LIMITS.countGroupsMax) return;
    throw new SallyportError('ERR_QUERY_INVALID', `these records would be counted in more than ${LIMITS.countGroupsMax} groups`, {
      remedy: 'Narrow the filter, or count by a field with fewer values.',
    });
  }

  /** Ranks by their words, times by their beginning (ISO 8601), lists as one text. */
  #present(key: string): readonly Value[] {
    const values: readonly Value[] = JSON.parse(key);
    return values.map((value, index) => {
      const name = this.#by[index];
      if (name === undefined || value === null) return value;
      if (name === 'day') return new Date(Number(value) * DAY_MS).toISOString().slice(0, 10);
      if (name === 'hour') return new Date(Number(value) * HOUR_MS).toISOString().slice(0, 13);
      const { kind, values: known = [] } = fieldOf(name);
      if (kind === 'rank') return known[Number(value)] ?? value;
      return kind === 'list' && typeof value === 'string' ? listed(value) : value;
    });
  }
}

function listed(text: string): string {
  const items: readonly string[] = JSON.parse(text);
  return items.join(', ');
}

function valueOf(row: Row, name: Grouping): Value {
  const at = typeof row.at === 'number' ? row.at : 0;
  if (name === 'day' || name === 'hour') return Math.floor(at / (name === 'day' ? DAY_MS : HOUR_MS));
  const value = row[name];
  if (value === undefined) return null;
  return typeof value === 'object' ? JSON.stringify(value) : value;
}
