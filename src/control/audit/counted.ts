import { parseQuestion } from '../../audit/query/parse.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Control } from '../control.ts';
import type { Found } from './reader.ts';

type View = (record: JsonObject) => JsonObject;

/** Counts under the names of their fields; people as records show them. */
export function presentCounts(counts: NonNullable<Found['counts']>, question: string, view: View): Json {
  const { countBy } = parseQuestion(question, 0);
  return counts.map(({ values, count }) => {
    const named = Object.fromEntries(countBy.map((field, index) => [field, values[index] ?? null]));
    return { ...view(named), count };
  });
}

/** Counts by the values of one field. `uncounted`: how many records the ledger has not indexed yet. */
export interface Counted {
  readonly counts: ReadonlyMap<string, number>;
  readonly uncounted: number;
}

/** A search stops now and then, so that nobody waits without end; counting goes on until it is through. */
export async function countAll({ ledger, now }: Pick<Control, 'ledger' | 'now'>, space: string, question: string): Promise<Counted> {
  const counts = new Map<string, number>();
  for (let after: number | undefined; ;) {
    const found = await ledger.search({ space, question, now: now(), order: 'newest', limit: 1, ...(after === undefined ? {} : { after }) });
    for (const { values: [value], count } of found.counts ?? []) counts.set(String(value), (counts.get(String(value)) ?? 0) + count);
    if (found.next === undefined) return { counts, uncounted: 0 };
    if (after !== undefined && found.next >= after) return { counts, uncounted: found.next };
    after = found.next;
  }
}
