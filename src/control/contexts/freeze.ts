import type { Json } from '../../domain/json.ts';
import type { Control } from '../control.ts';
import { turnSwitch } from '../kill/kill.ts';
import type { Freeze } from './schema.ts';

/** A gateway's cascade rule tripped: the switch of that context is thrown for all gateways, until an administrator turns it back. */
export async function freezeContext(control: Control, { space, context, why, exchange, principal, agent }: Freeze): Promise<Json> {
  const by = { admin: { id: 'sallyport|gateway', may: [] }, space };
  const reason = `${why} (exchange ${exchange}, ${principal} with ${agent})`;
  await turnSwitch(control, by, { target: 'context', name: context, on: true, reason });
  return {};
}
