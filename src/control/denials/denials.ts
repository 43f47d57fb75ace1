import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { readApprovers } from '../approvals/approvers.ts';
import type { Control } from '../control.ts';
import { WORDS } from '../names.ts';

/** What somebody says of a denial: that they need what was denied, or that it was wrong. */
export const COMPLAINT = z.strictObject({ exchange: z.uuid(), kind: z.enum(['access', 'false-positive']), reason: WORDS });
export type Complaint = z.infer<typeof COMPLAINT>;

const DAY_MS = 24 * 60 * 60_000;
const EVENTS: ReadonlySet<string> = new Set(['call.denied', 'result.withheld', 'message.denied']);

/** The denial of an exchange as it is on record. Throws `ERR_NOT_FOUND`. */
export async function needDenial({ ledger }: Pick<Control, 'ledger'>, space: string, exchange: string): Promise<JsonObject> {
  const { entries } = await ledger.query({ space, exchange, limit: 20 });
  const found = entries.map(({ record }) => record).find(({ event }) => typeof event === 'string' && EVENTS.has(event));
  if (found !== undefined) return found;
  throw new SallyportError('ERR_NOT_FOUND', 'nothing was denied in that exchange', { remedy: 'Use the exchange id that the refusal names.' });
}

/** Whether a denied call was this person's, under whichever of their names. */
export async function isTheirs({ store }: Pick<Control, 'store'>, space: string, denial: JsonObject, principal: string): Promise<boolean> {
  const { whoIs } = await readApprovers(store, space);
  const { principal: caller } = denial;
  return typeof caller === 'string' && whoIs(caller) === whoIs(principal);
}

/**
 * Puts on record that somebody needs what was denied, or says that the denial was wrong: whoever works through the records finds
 * the exchange, its policies and findings beside it. Once for each; nothing here lets anything through. Throws `ERR_NOT_FOUND`,
 * `ERR_CONFLICT`, `ERR_RATE_LIMITED`.
 */
export async function complain(control: Control, space: string, by: string, { exchange, kind, reason }: Complaint): Promise<void> {
  const denial = await needDenial(control, space, exchange);
  if (await control.state.increment(`complaints/${Math.floor(control.now() / DAY_MS)}/${by}`, 1, DAY_MS) > LIMITS.complaintsPerDayMax) {
    throw new SallyportError('ERR_RATE_LIMITED', 'that is enough for one day', { remedy: 'Talk to an administrator.' });
  }
  if (!(await control.state.setIfAbsent(`complaint/${kind}/${exchange}`, '1', DAY_MS))) {
    throw new SallyportError('ERR_CONFLICT', 'that was said of this denial already', { remedy: 'Wait for an answer.' });
  }
  const named = (name: string): string | undefined => {
    const value = denial[name];
    return typeof value === 'string' ? value : undefined;
  };
  const [server, tool, agent, code] = ['server', 'tool', 'agent', 'code'].map(named);
  await control.record({
    event: kind === 'access' ? 'access.requested' : 'denial.disputed', space, exchange, principal: by, reason,
    ...(server === undefined ? {} : { server }), ...(tool === undefined ? {} : { tool }), ...(agent === undefined ? {} : { agent }),
    detail: { resource: 'denial', id: exchange, code: code ?? null, of: named('principal') ?? null },
  });
}
