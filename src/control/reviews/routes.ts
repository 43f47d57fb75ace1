import { z } from 'zod';
import { REVIEW_CHECKS } from '../../domain/finding.ts';
import type { JsonObject } from '../../domain/json.ts';
import { ITEM_STATES } from '../../review/decision.ts';
import { LIMITS } from '../../domain/limits.ts';
import { csvReport } from '../../review/report/csv.ts';
import { htmlReport } from '../../review/report/html.ts';
import { markdownReport } from '../../review/report/markdown.ts';
import { ocsfReport } from '../../review/report/ocsf.ts';
import { SallyportError } from '../../domain/errors.ts';
import { asJson } from '../as-json.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { listStored, needStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import { REVIEW_ITEMS, REVIEW_SHOWN, REVIEW_SUGGESTION, REVIEWS_ANSWER } from './answer.ts';
import { closeReview, evidenceOf } from './close.ts';
import { decide, needOpen } from './decide.ts';
import { readPeople } from './facts.ts';
import { gravestFirst, itemOf, listItems } from './items.ts';
import { verify } from './lapse.ts';
import { openReview, rowId } from './open.ts';
import { remind } from './remind.ts';
import { reportOf, trendOf } from './report.ts';
import { reviewing, shownAs } from './reviewer.ts';
import { DECIDE, NEW_REVIEW } from './schema.ts';
import type { StoredItem, StoredReview } from './schema.ts';
import { suggestionFor } from './suggestion.ts';

const VERSION = '1.8.0';
const ID = { id: z.uuid() };

/** Campaigns, for who administers. */
const campaigns: readonly Route[] = [
  route({
    method: 'GET', path: '/reviews', summary: 'Campaigns, the latest first, with the trend', access: 'read', reach: 'space', answer: REVIEWS_ANSWER,
    act: async ({ space }, { store, now }) => ({
      reviews: (await listStored(store, 'review', space)).toSorted((one, other) => other.body.openedAt - one.body.openedAt).map((one) => present(one)),
      trend: (await trendOf({ store }, space, now())).map((one) => asJson(one)),
    }),
  }),
  route({
    method: 'POST', path: '/reviews', summary: 'Open a campaign: look at everything, and ask who answers for it', access: 'change', reach: 'space',
      body: NEW_REVIEW,
    act: ({ admin, space, body }, control) => openReview(control, { admin, space }, body),
  }),
  route({
    method: 'GET', path: '/reviews/mine', summary: 'What the asking person has to answer, the gravest first', access: 'self', reach: 'space',
    answer: REVIEW_ITEMS,
    act: async ({ admin, space }, control) => {
      const { isMine } = await reviewing(control, control.store, { admin, space });
      const items = gravestFirst((await listStored(control.store, 'review-item', space)).filter(({ body }) => body.state === 'open' && isMine(body)));
      return { items: items.map((one) => ({ review: one.body.campaign, ...presentItem(one, (id) => id) })) };
    },
  }),
  route({
    method: 'GET', path: '/reviews/:id', summary: 'A campaign', access: 'read', reach: 'space', answer: REVIEW_SHOWN,
    act: async ({ space, params }, { store }) => present(await needStored(store, 'review', space, idOf(params))),
  }),
  route({
    method: 'GET', path: '/reviews/:id/items', summary: 'Items of an open campaign, the gravest first', access: 'read', reach: 'space',
    answer: REVIEW_ITEMS,
    query: { state: z.enum(ITEM_STATES).exactOptional(), check: z.enum(REVIEW_CHECKS).exactOptional() },
    act: async ({ space, params, query: { state, check } }, { store }) => {
      await needStored(store, 'review', space, idOf(params));
      const shown = shownAs((await readPeople(store)).people);
      const items = (await listItems(store, space, idOf(params)))
        .filter(({ body }) => (state === undefined || body.state === state) && (check === undefined || body.check === check));
      return { items: items.map((one) => presentItem(one, shown)) };
    },
  }),
  route({
    method: 'POST', path: '/reviews/:id/verify', summary: 'Look again whether what was to go is gone', access: 'change', reach: 'space',
    act: async ({ space, params }, control) => {
      await needOpen(control.store, space, idOf(params));
      return { remedies: { ...(await verify(control, space, idOf(params))) } };
    },
  }),
  route({
    method: 'POST', path: '/reviews/:id/remind', summary: 'Tell those who have not answered once more', access: 'change', reach: 'space',
    act: async ({ space, params }, control) => {
      await needOpen(control.store, space, idOf(params));
      return { mailed: await remind(control, space, idOf(params)) };
    },
  }),
  route({
    method: 'POST', path: '/reviews/:id/close', summary: 'Close a campaign, and seal its evidence', access: 'change', reach: 'space',
    act: ({ admin, space, params }, control) => closeReview(control, { admin, space }, idOf(params)),
  }),
];

/** What reviewers do with what they are asked; whose an item is, is looked at anew each time. */
const answers: readonly Route[] = [
  route({
    method: 'POST', path: '/reviews/:id/decisions', summary: 'Answer items: certify, revoke, change or delegate, with the reason', access: 'self',
      reach: 'space', body: DECIDE,
    act: ({ admin, space, params, body }, control) => decide(control, { admin, space }, idOf(params), body),
  }),
  route({
    method: 'GET', path: '/reviews/:id/items/:item/suggestion', summary: 'The least that an item could be, and what that would have blocked', access: 'self',
    reach: 'space', answer: REVIEW_SUGGESTION,
    act: async ({ admin, space, params, signal }, control) => {
      const { body } = await needStored(control.store, 'review-item', space, rowId(idOf(params), params['item'] ?? ''));
      await (await reviewing(control, control.store, { admin, space })).need(body);
      // Each reads a quarter of records again: one at a time is what a person can read.
      const key = `reviews/suggesting/${admin.id}`;
      if (!(await control.state.setIfAbsent(key, '1', LIMITS.reviewSuggestionMs))) {
        throw new SallyportError('ERR_BUSY', 'another suggestion of yours is being made', { remedy: 'Wait for it, or a minute.' });
      }
      try {
        return await suggestionFor(control, { admin, space }, body, signal);
      } finally {
        await control.state.delete(key);
      }
    },
  }),
];

const FORMS = z.enum(['json', 'html', 'markdown', 'csv', 'ocsf']);

const reports: readonly Route[] = [
  route({
    method: 'GET', path: '/reviews/:id/report', summary: 'A campaign as a report', access: 'read', reach: 'space', query: { form: FORMS.default('json') },
    act: async ({ space, params, query: { form } }, control) => {
      const report = await reportOf(control, space, idOf(params));
      if (form === 'html') return { text: htmlReport(report) };
      if (form === 'markdown') return { text: markdownReport(report) };
      if (form === 'csv') return { text: csvReport(report) };
      if (form === 'ocsf') return { events: ocsfReport(report, VERSION) };
      return asJson(report);
    },
  }),
  route({
    method: 'GET', path: '/reviews/:id/evidence', summary: 'The evidence of a campaign that is closed, with its proofs', access: 'investigate', reach: 'space',
    act: async ({ admin, space, params }, control) => ({ files: Object.fromEntries(await evidenceOf(control, { admin, space }, idOf(params))) }),
  }),
];

export const reviewRoutes: readonly Route[] = [...campaigns, ...answers, ...reports];

function idOf(params: Readonly<Record<string, string>>): string {
  const read = z.object(ID).safeParse(params);
  if (read.success) return read.data.id;
  throw new SallyportError('ERR_NOT_FOUND', 'there is no such campaign', { remedy: 'See `sallyport review list`.' });
}

function present({ id, body: { standIns, moved: _moved, ...review } }: Stored<StoredReview>): JsonObject {
  return asJson({ id, ...review, standIns: standIns.length });
}

function presentItem({ id, body: { campaign: _c, to: _to, words, reviewers, ...item } }: Stored<StoredItem>, shown: (id: string) => string): JsonObject {
  return asJson({ ...item, id: itemOf(id), reviewers: reviewers.map(shown), words });
}
