import type { Json, JsonObject } from '../../domain/json.ts';
import type { JournalRecord } from '../../domain/record.ts';
import { formOf } from '../record-form.ts';

/**
 * A record is stored as its writer sent it, and one of another version, or from before records were held to their form, may say
 * anything: what is not of its field's form (and what no field is) is set apart as `odd`, so that it reaches the SIEM and breaks
 * nothing there. What the ledger checked (id, event, category, names of node, space and exchange) is as it should be.
 */
export function soundOf(record: JournalRecord): { readonly record: JournalRecord; readonly odd: JsonObject } {
  const fields: readonly (readonly [string, Json])[] = Object.entries(record);
  const bad = fields.filter(([name, value]) => value !== undefined && formOf(name, value) !== 'right');
  if (bad.length === 0) return { record, odd: {} };
  const names = new Set(bad.map(([name]) => name));
  const { id, at, category, event, node, space, exchange } = record;
  const kept = Object.fromEntries(fields.filter(([name]) => !names.has(name)));
  return { record: { id, at: names.has('at') ? 0 : at, category, event, node, space, exchange, ...kept }, odd: Object.fromEntries(bad) };
}
