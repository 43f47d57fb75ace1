import { SEVERITIES } from '../../domain/finding.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { ReviewItem } from '../../review/item.ts';
import type { Control } from '../control.ts';
import { findStored, needStored, putStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import { settle } from './decide.ts';
import { itemOf, listItems } from './items.ts';
import { copied, countBy, lookNow } from './open.ts';
import { announce } from './remind.ts';
import { REVIEWS } from './remedy.ts';
import type { StoredItem } from './schema.ts';

/** Items of one record. */
const BATCH = 20;
const UNANSWERED = 'nobody answered in time';

/**
 * What nobody answered in time: what may lapse is taken away, or narrowed to what was used; the rest stays, and is told as a finding where it
 * is grave. Done once; what a control that was ended left half-done is done to its end by the next one.
 */
export async function lapse(control: Control, space: string, id: string): Promise<void> {
  const { store } = control;
  const { body: review } = await needStored(store, 'review', space, id);
  const open = (await listItems(store, space, id)).filter(({ body }) => body.state === 'open');
  if (review.dueAt > control.now() || review.state !== 'open' || (review.lapsedAt !== undefined && open.length === 0)) return;
  // What was idle when it was asked may be in use by now.
  const now = new Map((await lookNow(control, space, review.thresholds)).items.map((item) => [item.id, item]));
  for (let from = 0; from < open.length; from += BATCH) await lapseSome(control, space, id, open.slice(from, from + BATCH), now);
  // Rather told twice than never, where it is ended here.
  await tellLapsed(control, space, id);
  await store.transaction(async (rows) => {
    const { body } = await needStored(rows, 'review', space, id);
    await putStored(rows, 'review', space, id, { ...body, lapsedAt: body.lapsedAt ?? control.now() }, REVIEWS);
  });
}

async function tellLapsed(control: Control, space: string, id: string): Promise<void> {
  const grave = (await listItems(control.store, space, id)).filter(({ body: { state, severity } }) =>
    state === 'unanswered' && SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf('high'));
  for (const [check, items] of Map.groupBy(grave, ({ body }) => body.check)) {
    await control.record({
      event: 'finding.raised', space, findings: [{ detector: 'review', rule: check, severity: 'high', at: [],
        seen: `nobody answered for ${items.length} items` }],
      detail: { review: id, items: items.length },
    });
  }
  await announce(control, space, id, 'lapsed');
}

/** What would be taken away is what is unused now; what is not found any more is left alone. */
function asItIsNow(item: Stored<StoredItem>, found: ReviewItem | undefined): Stored<StoredItem> {
  const { change: _before, lapses: _then, ...body } = item.body;
  if (item.body.lapses !== true || found?.lapses !== true) return { ...item, body: { ...item.body, lapses: false } };
  return { ...item, body: { ...body, lapses: true, ...(found.change === undefined ? {} : { change: copied(found.change) }) } };
}

async function lapseSome(control: Control, space: string, id: string, items: readonly Stored<StoredItem>[],
  now: ReadonlyMap<string, ReviewItem>): Promise<void> {
  const next = await control.store.transaction(async (rows) => {
    // Somebody may have answered, or another control been here, since these were listed.
    const found = await Promise.all(items.map((item) => findStored(rows, 'review-item', space, item.id)));
    const lapsing = found.flatMap((item) => (item?.body.state === 'open' ? [asItIsNow(item, now.get(itemOf(item.id)))] : []))
      .map((item): Stored<StoredItem> => ({ ...item, body: { ...item.body, state: item.body.lapses === true ? 'lapsed' : 'unanswered' } }));
    if (lapsing.length === 0) return [];
    await control.record({
      event: 'review.decided', exchange: id, space, principal: REVIEWS, principalKind: 'workload', action: 'review.lapse', reason: UNANSWERED,
      detail: { review: id, items: lapsing.map(({ id: row, body: { state, check, subject } }) => ({ id: itemOf(row), state, check,
        subject: `${subject.kind} ${subject.id}` })) },
    });
    for (const { id: row, body } of lapsing) await putStored(rows, 'review-item', space, row, body, REVIEWS);
    return lapsing;
  });
  for (const item of next) if (item.body.state === 'lapsed') await settle(control, space, item, { by: REVIEWS, reason: UNANSWERED });
}

/** Carries out what was said and was not begun: whoever was to do it was ended before. Twice is once. */
export async function resume(control: Control, space: string, id: string): Promise<void> {
  const said: readonly StoredItem['state'][] = ['revoked', 'changed', 'lapsed'];
  for (const item of await listItems(control.store, space, id)) {
    if (item.body.remedy !== 'none' || !said.includes(item.body.state)) continue;
    // The last word of one that lapsed is whoever passed it on.
    const word = item.body.state === 'lapsed' ? undefined : item.body.words.at(-1);
    await settle(control, space, item, { by: word?.by ?? REVIEWS, reason: word?.reason ?? UNANSWERED });
  }
}

/** Looks again whether what was to go is gone: what control did, and what people were to do. Gives how many are what. */
export async function verify(control: Control, space: string, id: string): Promise<Readonly<Record<string, number>>> {
  const { store, now } = control;
  const { body: review } = await needStored(store, 'review', space, id);
  await resume(control, space, id);
  const { items: found, facts } = await lookNow(control, space, review.thresholds);
  if (!facts.knowsUse) {
    throw new SallyportError('ERR_JOURNAL_UNAVAILABLE', 'the ledger does not say what is used, so nothing can be verified',
      { remedy: 'Try again when it answers.' });
  }
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
