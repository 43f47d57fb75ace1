import { parseQuestion } from '../../audit/query/parse.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
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
