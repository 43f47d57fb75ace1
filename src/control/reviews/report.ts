import type { ReviewReport } from '../../review/report/report.ts';
import type { Control } from '../control.ts';
import { findStored, listStored, needStored } from '../stored.ts';
import { readPeople } from './facts.ts';
import { itemOf, listItems } from './items.ts';
import { shownAs } from './reviewer.ts';

/** A campaign with all its items: of one that is closed, what was sealed. */
export async function reportOf({ store }: Pick<Control, 'store'>, space: string, id: string): Promise<ReviewReport> {
  const { body: review } = await needStored(store, 'review', space, id);
  const kept = await findStored(store, 'review-evidence', space, id);
  const trend = await trendOf({ store }, space, review.openedAt);
  if (kept !== undefined) {
    const sealed: ReviewReport = JSON.parse(kept.body.text);
    return { ...sealed, ...(review.closed === undefined ? {} : { closedAt: review.closed.at }), trend };
  }
  const shown = shownAs((await readPeople(store)).people);
  const { title, openedAt, openedBy, dueAt, configuration, left } = review;
  return {
    id, space, title, openedAt, openedBy, dueAt, left, trend, ...(configuration === undefined ? {} : { configuration }),
    items: (await listItems(store, space, id)).map(({ id: row, body: { campaign: _c, notBy: _n, to: _t, revoke: _r, change: _h, lookedAt: _l, ...item } }) => (
      { ...item, id: itemOf(row), reviewers: item.reviewers.map(shown) }
    )),
  };
}

const TREND_MAX = 12;

/** The campaigns up to one, the oldest first. */
export async function trendOf({ store }: Pick<Control, 'store'>, space: string, until: number): Promise<ReviewReport['trend']> {
  return (await listStored(store, 'review', space)).filter(({ body }) => body.openedAt <= until)
    .toSorted((one, other) => one.body.openedAt - other.body.openedAt).slice(-TREND_MAX)
    .map(({ body: { title, openedAt, checks, closed } }) => ({ title, openedAt, checks, states: closed?.states ?? {} }));
}
