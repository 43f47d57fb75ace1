import type { Database } from 'bun:sqlite';
import type { Condition, Filter, Grouping } from '../query/filter.ts';
import { fieldOf } from '../query/fields.ts';
import type { Place } from '../query/fields.ts';
import { compileFilter } from '../query/sql.ts';
import type { Sql } from '../query/sql.ts';
import { SHARED } from './schema.ts';
import type { Shared } from './schema.ts';

/** An index is worth its look-ups when it leaves out most of the records. */
const SELECTIVE = 8;

/** How records are found in the index: SQL up to the range of positions, which comes as the last two values. */
export interface Plan {
  readonly from: string;
  readonly where: Sql;
  /** Nothing can match, whatever is in the records. */
  readonly isEmpty: boolean;
  /** Times between which everything that matches lies, epoch ms. */
  readonly earliest: number;
  readonly latest: number;
}

/**
 * Parts of the filter that speak of one shared table only become sets of its rows first, of which it is known how many
 * records say them; the smallest set, if it is small, is what records are found by.
 */
export function planSearch(sqlite: Database, space: string, filter: Filter, groupings: readonly Grouping[]): Plan {
  const parts = compileFilter(filter);
  const total = sqlite.query<{ total: number }, []>('SELECT coalesce(sum(records), 0) AS total FROM how').get()?.total ?? 0;
  const conditions: Sql[] = [];
  const mixed = parts.filter(({ places }) => places.size !== 1 || places.has('record'));
  let best: { readonly place: Shared; readonly records: number } | undefined;
  for (const place of SHARED) {
    const own: readonly Sql[] = parts.filter(({ places }) => places.size === 1 && places.has(place));
    const set = resolve(sqlite, place, place === 'who' ? [{ text: 'who.space = ?', values: [space] }, ...own] : own);
    if (set.records >= total) continue;
    conditions.push({ text: `record.${place} IN (SELECT value FROM json_each(?))`, values: [JSON.stringify(set.ids)] });
    if (set.records < (best?.records ?? total / SELECTIVE)) best = { place, records: set.records };
  }
  const byId = (filter.kind === 'and' ? filter.parts : [filter]).some((part) => part.kind === 'equal' && part.field === 'exchange');
  const index = byId ? 'INDEXED BY record_exchange' : best === undefined ? 'NOT INDEXED' : `INDEXED BY record_${best.place}`;
  const needed = new Set<Place>([...mixed.flatMap(({ places }) => [...places]), ...groupings.map(placeOf)]);
  const joins = SHARED.filter((place) => needed.has(place)).map((place) => ` CROSS JOIN ${place} ON ${place}.id = record.${place}`).join('');
  const all = [...conditions, ...mixed];
  return {
    from: `record ${index}${joins}`,
    where: { text: all.map(({ text }) => `${text} AND `).join(''), values: all.flatMap(({ values }) => values) },
    isEmpty: best?.records === 0,
    ...timesOf(filter),
  };
}

function placeOf(name: Grouping): Place {
  return name === 'day' || name === 'hour' ? 'record' : fieldOf(name).place;
}

function resolve(sqlite: Database, place: Shared, parts: readonly Sql[]): { readonly ids: readonly number[]; readonly records: number } {
  if (parts.length === 0) return { ids: [], records: Number.POSITIVE_INFINITY };
  const where = parts.map(({ text }) => text).join(' AND ');
  const rows = sqlite.query<{ id: number; records: number }, (string | number)[]>(`SELECT id, records FROM ${place} WHERE ${where}`)
    .all(...parts.flatMap(({ values }) => values));
  return { ids: rows.map(({ id }) => id), records: rows.reduce((sum, { records }) => sum + records, 0) };
}

/** Bounds that every match keeps. */
function timesOf(filter: Filter): Pick<Plan, 'earliest' | 'latest'> {
  const parts = filter.kind === 'and' ? filter.parts : [filter];
  const times = parts.filter((part): part is Extract<Condition, { kind: 'number' }> => part.kind === 'number' && part.field === 'at');
  return {
    earliest: Math.max(-Infinity, ...times.filter(({ operator }) => operator.startsWith('>')).map(({ value }) => value)),
    latest: Math.min(Infinity, ...times.filter(({ operator }) => operator.startsWith('<')).map(({ value }) => value)),
  };
}
