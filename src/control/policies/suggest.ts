import { ACTIONS } from '../../domain/decision.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { suggestPolicies } from '../../policy/suggest.ts';
import type { ObservedCall } from '../../policy/suggest.ts';
import type { Control } from '../control.ts';

/** The least that would permit what was seen to be permitted: what replaces a learning period. */
export async function suggestFromRecords({ ledger }: Control, space: string, server: string | undefined): Promise<Json> {
  const filter = { space, event: 'call.permitted', limit: LIMITS.queryRecordsMax, ...(server === undefined ? {} : { server }) };
  const { entries, damaged } = await ledger.query(filter);
  const calls = entries.flatMap(({ record }) => observe(record));
  return { text: suggestPolicies(calls), calls: calls.length, complete: entries.length < LIMITS.queryRecordsMax && damaged === 0 };
}

function observe({ agent, action, server, tool }: JsonObject): readonly ObservedCall[] {
  const known = ACTIONS.find((one) => one === action);
  if (known === undefined || typeof agent !== 'string' || typeof server !== 'string') return [];
  // The registry's own reading is permitted by construction.
  if (agent.startsWith('sallyport|')) return [];
  return [{ agent, action: known, server, name: typeof tool === 'string' ? tool : '' }];
}
