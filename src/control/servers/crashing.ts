import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Control } from '../control.ts';
import { findStored, putStored } from '../stored.ts';

export const CRASHING = z.strictObject({ space: z.string().max(200), server: z.string().max(200) });

const REASON = 'it crashed on start again and again';
const MINUTE_MS = 60_000;

/**
 * The runner saw a server crash on start again and again: it goes into quarantine, until a person approves it anew. A runner
 * that was broken into may stop servers by this, so many in a minute and each on record, and no more than that.
 */
export async function quarantineCrashing(control: Control, { space, server: id }: z.infer<typeof CRASHING>): Promise<Json> {
  const known = await findStored(control.store, 'server', space, id);
  if (known === undefined || known.body.endpoint.transport !== 'stdio' || known.body.status === 'quarantined') return {};
  if (await control.state.increment('crashing', 1, MINUTE_MS) > LIMITS.crashQuarantinesPerMinuteMax) {
    control.report(`ALARM: the runner says that server ${id} crashes (space ${space}), as it said of too many others; it is not put into quarantine`);
    throw new SallyportError('ERR_BUSY', 'too many servers were put into quarantine', { remedy: 'Find out what is wrong with the runner.' });
  }
  const by = { admin: { id: 'sallyport|runner', may: [] }, space };
  return control.change(by, { resource: 'server', id, verb: 'quarantine', detail: { reason: REASON } }, async (rows) => {
    const server = await findStored(rows, 'server', space, id);
    if (server === undefined) return {};
    await putStored(rows, 'server', space, id, { ...server.body, status: 'quarantined', reason: REASON }, by.admin.id);
    return {};
  });
}
