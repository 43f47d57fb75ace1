import { isPseudonym } from '../../audit/pseudonym.ts';
import { parseQuestion } from '../../audit/query/parse.ts';
import { narrowed, quote, renamed } from '../../audit/query/rewrite.ts';
import { readTokens } from '../../audit/query/tokens.ts';
import type { Filter } from '../../audit/query/filter.ts';
import type { Control } from '../control.ts';
import type { Admin } from '../route.ts';
import { needMayAsk, principalOf } from './people.ts';
import type { AskedOfPeople } from './people.ts';

/** Fields that must be equal, as the API's own parameters name them. */
export type Exact = Readonly<Record<string, string | undefined>>;

/**
 * A question for the ledger: the filter that was typed, and the parameters beside it. People may be named by their pseudonyms
 * in both. Throws `ERR_QUERY_INVALID` with the column in what was typed, `ERR_NOT_FOUND` for a pseudonym that is nobody's,
 * `ERR_ADMIN_FORBIDDEN` for a name that may not be seen.
 */
export async function questionOf(
  control: Control, { admin, space }: { readonly admin: Admin; readonly space: string }, filter: string, exact: Exact,
): Promise<string> {
  const { filter: typed } = parseQuestion(filter, control.now());
  const { principal: id } = exact;
  await needMayAsk(control, admin, space, [...ofPeople(typed), ...(id === undefined ? [] : [{ id }])]);
  const names = new Map<string, string>();
  const values = [...readTokens(filter).map(({ text }) => text), exact['principal'] ?? ''];
  for (const value of new Set(values)) if (isPseudonym(value)) names.set(value, await principalOf(control, space, value));
  const conditions = exactly(exact).map(([field, value]) => `${field} = ${quote(names.get(value) ?? value)}`);
  return narrowed(renamed(filter, names), conditions);
}

function ofPeople(filter: Filter): readonly AskedOfPeople[] {
  if (filter.kind === 'not') return ofPeople(filter.part);
  if ('parts' in filter) return filter.parts.flatMap(ofPeople);
  if (filter.field !== 'principal') return [];
  if (filter.kind === 'equal') return filter.values.map((id) => ({ id }));
  return filter.kind === 'glob' ? [{ pattern: filter.pattern }] : [];
}

function exactly(exact: Exact): readonly (readonly [string, string])[] {
  return Object.entries(exact).flatMap(([field, value]) => (value === undefined ? [] : [[field, value]]));
}
