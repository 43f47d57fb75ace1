import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { readKill, turnSwitch } from '../kill/kill.ts';
import type { Control } from '../control.ts';
import type { Freeze } from './schema.ts';

const MINUTE_MS = 60_000;

/**
 * A gateway's cascade rule tripped: the switch of that context is thrown for all gateways, until an administrator turns it back.
 * Each stands in every lease, so a gateway that was broken into may throw only so many. Throws `ERR_LIMIT_CONTEXTS` beyond that:
 * what a gateway froze stays frozen there, and administrators learn of it.
 */
export async function freezeContext(control: Control, freeze: Freeze): Promise<Json> {
  const { space, context, why, exchange, principal, agent } = freeze;
  const { contexts } = await readKill(control.store);
  if (contexts.includes(`${space}/${context}`)) return {};
  const full = contexts.length >= LIMITS.frozenContextsMax ? 'so many are frozen'
    : contexts.filter((name) => name.startsWith(`${space}/`)).length >= LIMITS.frozenContextsPerSpaceMax ? 'so many are frozen in that space'
    : await control.state.increment('freezes', 1, MINUTE_MS) > LIMITS.freezesPerMinuteMax ? 'so many were frozen within a minute'
    : undefined;
  if (full !== undefined) throw await refused(control, freeze, full);
  const by = { admin: { id: 'sallyport|gateway', may: [] }, space };
  const reason = `${why} (exchange ${exchange}, ${principal} with ${agent})`;
  await turnSwitch(control, by, { target: 'context', name: context, on: true, reason });
  return {};
}

/** Told once a minute: reports without end would fill the log as well. */
async function refused(control: Control, { space, context, exchange, principal, agent }: Freeze, why: string): Promise<SallyportError> {
  if (await control.state.setIfAbsent('freeze-refused', '1', MINUTE_MS)) {
    const reason = `a gateway froze a flow context, for itself alone: ${why}`;
    control.report(`ALARM: ${reason} (space ${space}, context ${context})`);
    await control.record({ event: 'freeze.refused', space, exchange, principal, agent, code: 'ERR_LIMIT_CONTEXTS', reason, detail: { context } });
  }
  return new SallyportError('ERR_LIMIT_CONTEXTS', 'too many flow contexts are frozen', {
    remedy: 'Find out which gateway freezes so many; let go on what may: sallyport kill context KEY --off', internal: why,
  });
}
