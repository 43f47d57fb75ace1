import { LIMITS } from '../../domain/limits.ts';
import type { Rows } from '../../store/store.ts';
import { findStored, listStored, putStored } from '../stored.ts';
import type { Counting } from './collect.ts';
import type { FindingDay } from './schema.ts';
import { dayOf, stateAt } from './state.ts';

const BY = 'sallyport|control';
const DAY_MS = 24 * 60 * 60_000;
const NOTHING: FindingDay = { severities: {}, detectors: {}, silenced: 0 };

/** Counts what was found on its day, for trends. Gives the days of which these were the first. */
export async function noteDays(rows: Rows, space: string, all: readonly Counting[]): Promise<readonly string[]> {
  const begun: string[] = [];
  const found = all.flatMap(({ grouped: { detector }, those }) => those.map((one) => ({ detector, ...one })));
  for (const [day, those] of Map.groupBy(found, ({ at }) => dayOf(at))) {
    const before = (await findStored(rows, 'finding-day', space, day))?.body;
    const { severities, detectors, silenced } = before ?? NOTHING;
    const next = {
      severities: { ...severities }, detectors: { ...detectors }, silenced: silenced + those.filter((one) => one.silenced).length,
    };
    for (const { severity, detector } of those) {
      next.severities[severity] = (next.severities[severity] ?? 0) + 1;
      next.detectors[detector] = (next.detectors[detector] ?? 0) + 1;
    }
    await putStored(rows, 'finding-day', space, day, next, BY);
    if (before === undefined) begun.push(day);
  }
  return begun;
}

/** Lets go of days that no trend shows any more, and of groups of which nothing was found for long; gives the ids of these. */
export async function forgetOld(rows: Rows, space: string, now: number): Promise<readonly string[]> {
  const oldest = dayOf(now - LIMITS.findingTrendDaysMax * DAY_MS);
  for (const { id } of await rows.list('finding-day', space)) if (id < oldest) await rows.delete('finding-day', space, id, { by: BY });
  const old = (await listStored(rows, 'finding', space))
    .filter(({ body }) => body.lastAt < now - LIMITS.findingKeptMs && stateAt(body, now) !== 'suppressed');
  for (const { id } of old) await rows.delete('finding', space, id, { by: BY });
  return old.map(({ id }) => id);
}
