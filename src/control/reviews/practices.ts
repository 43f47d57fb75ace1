import type { RecordEvent } from '../../domain/record.ts';
import type { CompanyFacts } from '../../review/facts.ts';
import type { Rows } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { dueIn, readVendors } from '../vendors/facts.ts';

/** What an organisation practises at its gate, by the record that says that it was done. */
const PRACTICES: readonly { readonly kind: string; readonly title: string; readonly everyDays: number; readonly event: RecordEvent }[] = [
  { kind: 'exercise', title: 'an exercise of incidents', everyDays: 365, event: 'exercise.scored' },
  { kind: 'red-team', title: 'a run of the red team', everyDays: 92, event: 'redteam.ran' },
];

/** When each practice was last on record. Where the ledger does not answer, none is said to be due. */
export async function readPractices({ ledger, now }: Pick<Control, 'ledger' | 'now'>, space: string): Promise<CompanyFacts['practices']> {
  try {
    return await Promise.all(PRACTICES.map(async ({ kind, title, everyDays, event }) => {
      const { entries } = await ledger.search({ space, question: `event = ${event} and not has action`, now: now(), order: 'newest', limit: 1 });
      const at = entries[0]?.record['at'];
      return { kind, title, everyDays, ...(typeof at === 'number' ? { lastAt: at } : {}) };
    }));
  } catch {
    return [];
  }
}

/** Vendors, and until when what they said of themselves holds. */
export async function vendorFacts(rows: Rows, space: string, now: number): Promise<CompanyFacts['vendors']> {
  return (await readVendors(rows, now, { space })).map((one) => {
    const { at, why } = dueIn(one);
    return { id: one.id, owner: one.vendor.owner, tier: one.vendor.tier, why, ...(at === undefined ? {} : { dueAt: at }) };
  });
}
