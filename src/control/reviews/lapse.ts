import { SEVERITIES } from '../../domain/finding.ts';
import type { Control } from '../control.ts';
import { needStored, putStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import { settle } from './decide.ts';
import { itemOf, listItems } from './items.ts';
import { countBy, lookNow } from './open.ts';
import { announce } from './remind.ts';
import { REVIEWS } from './remedy.ts';
import type { StoredItem } from './schema.ts';

const BATCH = 50;

/**
 * What nobody answered in time: what may lapse is taken away, or narrowed to what was used; the rest stays, and is told as a finding where it
 * is grave. Done once.
 */
export async function lapse(control: Control, space: string, id: string): Promise<void> {
  const { store } = control;
  const at = control.now();
  const claimed = await store.transaction(async (rows) => {
    const { body } = await needStored(rows, 'review', space, id);
    if (body.lapsedAt !== undefined || body.dueAt > at || body.state !== 'open') return false;
    await putStored(rows, 'review', space, id, { ...body, lapsedAt: at }, REVIEWS);
    return true;
  });
  if (!claimed) return;
  const open = (await listItems(store, space, id)).filter(({ body }) => body.state === 'open');
  for (let from = 0; from < open.length; from += BATCH) await lapseSome(control, space, id, open.slice(from, from + BATCH));
  const grave = open.filter(({ body: { lapses, severity } }) => lapses !== true && SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf('high'));
  for (const [check, items] of Map.groupBy(grave, ({ body }) => body.check)) {
    await control.record({
      event: 'finding.raised', space, findings: [{ detector: 'review', rule: check, severity: 'high', at: [],
        seen: `nobody answered for ${items.length} items` }],
      detail: { review: id, items: items.length },
    });
  }
  await announce(control, space, id, 'lapsed');
}

async function lapseSome(control: Control, space: string, id: string, items: readonly Stored<StoredItem>[]): Promise<void> {
  const next = items.map((item): Stored<StoredItem> => ({ ...item, body: { ...item.body, state: item.body.lapses === true ? 'lapsed' : 'unanswered' } }));
  await control.record({
    event: 'review.decided', exchange: id, space, principal: REVIEWS, principalKind: 'workload', action: 'review.lapse', reason: 'nobody answered in time',
    detail: { review: id, items: next.map(({ id: row, body: { state, check, subject } }) => ({ id: itemOf(row), state, check,
      subject: `${subject.kind} ${subject.id}` })) },
  });
  await control.store.transaction(async (rows) => {
    for (const { id: row, body } of next) await putStored(rows, 'review-item', space, row, body, REVIEWS);
  });
  for (const item of next) if (item.body.state === 'lapsed') await settle(control, space, item, { by: REVIEWS, reason: 'nobody answered in time' });
}

/** Looks again whether what was to go is gone: what control did, and what people were to do. Gives how many are what. */
export async function verify(control: Control, space: string, id: string): Promise<Readonly<Record<string, number>>> {
  const { store, now } = control;
  const { body: review } = await needStored(store, 'review', space, id);
  const { items: found } = await lookNow(control, space, review.thresholds);
  const there = new Set(found.map((item) => item.id));
  const at = now();
  const items = await listItems(store, space, id);
  await store.transaction(async (rows) => {
    for (const { id: row, body } of items) {
      const next = after(body, there.has(itemOf(row)));
      if (next !== undefined) await putStored(rows, 'review-item', space, row, { ...body, remedy: next, lookedAt: at }, REVIEWS);
    }
  });
  return countBy(await listItems(store, space, id), ({ body }) => body.remedy);
}

function after({ remedy, state }: StoredItem, isThere: boolean): StoredItem['remedy'] | undefined {
  if (remedy === 'none' || state === 'certified') return undefined;
  if (!isThere) return 'verified';
  return remedy === 'done' || remedy === 'verified' ? 'returned' : remedy;
}
