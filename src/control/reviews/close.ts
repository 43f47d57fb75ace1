import { createHash } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { markdownReport } from '../../review/report/markdown.ts';
import { asJson } from '../as-json.ts';
import { makeBundle } from '../audit/bundle.ts';
import { whoOf } from '../change.ts';
import type { By, Control } from '../control.ts';
import { findStored, listStored, needStored, putStored } from '../stored.ts';
import { needOpen } from './decide.ts';
import { listItems } from './items.ts';
import { countBy } from './open.ts';
import { reportOf } from './report.ts';
import { announce } from './remind.ts';
import { REVIEWS } from './remedy.ts';
import { lapse, verify } from './lapse.ts';

/**
 * Ends a campaign: looks once more at what was to go, seals everything that was asked, said and done into one text, and puts its digest on
 * record, so that the log vouches for it. Throws `ERR_CONFLICT` while items are open and there is time to answer them.
 */
export async function closeReview(control: Control, { admin, space }: By, id: string): Promise<JsonObject> {
  const { store } = control;
  const review = await needOpen(store, space, id);
  if (control.now() >= review.dueAt) await lapse(control, space, id);
  const open = (await listItems(store, space, id)).filter(({ body }) => body.state === 'open');
  if (open.length > 0) {
    throw new SallyportError('ERR_CONFLICT', `${open.length} items are open`, { remedy: 'Answer them, or wait until it is due.' });
  }
  await verify(control, space, id);
  const report = await reportOf(control, space, id);
  // People stand under pseudonyms here, as in records: so that it may be shown to whom those may be shown.
  const { of } = control.retention.pseudonyms;
  const items = report.items.map((item) => ({ ...item, reviewers: item.reviewers.map(of), words: item.words.map((word) => ({ ...word, by: of(word.by) })) }));
  const text = JSON.stringify(asJson({ format: 'sallyport/review/v1', ...report, openedBy: of(report.openedBy), items }), undefined, 1);
  const digest = createHash('sha256').update(text).digest('hex');
  const rows_ = await listItems(store, space, id);
  const [states, remedies] = [countBy(rows_, ({ body }) => body.state), countBy(rows_, ({ body }) => body.remedy)];
  await store.transaction(async (rows) => {
    const body = await needOpen(rows, space, id);
    await control.record({
      event: 'review.closed', exchange: id, space, ...whoOf(admin), action: 'review.close', digest, detail: { review: id, items: rows_.length, states,
        remedies },
    });
    await putStored(rows, 'review-evidence', space, id, { text }, admin.id);
    await putStored(rows, 'review', space, id, { ...body, state: 'closed', closed: { at: control.now(), by: admin.id, digest, states, remedies } }, admin.id);
    for (const { id: row } of rows_) await rows.delete('review-item', space, row, { by: REVIEWS });
    const closed = (await listStored(rows, 'review', space)).filter((one) => one.body.state === 'closed').toSorted((a, b) => b.body.openedAt - a.body.openedAt);
    for (const old of closed.slice(LIMITS.reviewsKeptMax)) {
      await rows.delete('review', space, old.id, { by: REVIEWS });
      await rows.delete('review-evidence', space, old.id, { by: REVIEWS });
    }
  });
  await announce(control, space, id, 'closed');
  return { id, digest, states, remedies };
}

/**
 * The evidence of a campaign that is closed, for people outside: every record of it with its place in the log, what was asked and said, and the
 * digest by which the record of its end names that; signed, and checked by `audit verify-bundle` or the script in it.
 */
export async function evidenceOf(control: Control, { admin, space }: By, id: string): Promise<ReadonlyMap<string, string>> {
  const { body: review } = await needStored(control.store, 'review', space, id);
  const kept = await findStored(control.store, 'review-evidence', space, id);
  if (review.closed === undefined || kept === undefined) {
    throw new SallyportError('ERR_CONFLICT', 'the campaign is open', { remedy: 'Close it first: sallyport review close' });
  }
  const digest = createHash('sha256').update(kept.body.text).digest('hex');
  if (digest !== review.closed.digest) throw new SallyportError('ERR_CONFIG_TAMPERED', 'what is stored of the campaign is not what was put on record',
    { remedy: 'Restore a backup; the record of its end has the digest.' });
  const also = new Map([['review/campaign.json', kept.body.text], ['review/report.md', markdownReport(JSON.parse(kept.body.text))]]);
  return makeBundle(control, { admin, space, reveal: false }, { exchanges: [id], contexts: [] }, also);
}
