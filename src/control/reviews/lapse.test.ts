import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { journalOf } from '../../../test/fixtures/journal-of.ts';
import { objects, part, text } from '../../cli/json-view.ts';
import type { JsonObject } from '../../domain/json.ts';
import { ask, person } from '../admins/fixture-admin.ts';
import { configure, openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import type { Admin } from '../route.ts';
import { findStored, listStored, needStored, putStored } from '../stored.ts';
import { reads, tool } from './fixture-reviews.ts';
import { lapse } from './lapse.ts';
import { openScheduled } from './tend.ts';

setDefaultTimeout(30_000);

let fixture: ControlFixture;
const control = (): ControlFixture['role']['control'] => fixture.role.control;
const as = (name: string, ...groups: readonly string[]): Admin => ({ ...person(name, ...groups), id: `sallyport|${name}` });
const [ANN, BOB, DAN] = [as('ann'), as('bob'), as('dan', 'admins')];

async function known(name: string, ...groups: readonly string[]): Promise<void> {
  const at = Date.now();
  const body = { userName: name, active: true, source: 'scim' as const, groups: [...groups], createdAt: at, changedAt: at };
  await putStored(control().store, 'person', 'default', name, body, 'tests');
}

async function serve(space: string, id: string, owner: string): Promise<void> {
  await configure(control(), 'server', space, id, {
    endpoint: { transport: 'http', url: `https://${id}.example/mcp`, allowPrivate: false }, owner, hosting: 'self', tier: 'internal', status: 'approved',
    labels: { confidentiality: 'internal', categories: [], integrity: 'trusted' }, credentials: { type: 'none' }, tools: {}, allow: [],
  });
  await configure(control(), 'baseline', space, id, {
    digest: 'a'.repeat(64), approvedBy: 'sallyport|ann', approvedAt: Date.now(), surface: {
      revision: '2026-07-28', eras: ['modern'], serverInfo: {}, capabilities: {}, prompts: [], templates: [], pages: [], tools: [tool('find', 'read')],
    },
  });
}

const send = (admin: Admin, method: 'GET' | 'POST', path: string, wanted: Parameters<typeof ask>[4] = {}): ReturnType<typeof ask> =>
  ask(control(), admin, method, path, wanted);

async function opened(title: string, space = 'default'): Promise<string> {
  const { code, body } = await send(DAN, 'POST', '/reviews', { space, body: { title } });
  expect(code).toBe('');
  return text(body['id']);
}

async function itemOf(review: string, subject: string, server: string): Promise<string> {
  const { body } = await send(DAN, 'GET', '/reviews/:id/items', { params: { id: review } });
  const of = (one: JsonObject): boolean => part(one, 'subject', 'id') === subject && part(one, 'subject', 'server') === server;
  return text(objects(body['items']).find(of)?.['id']);
}

const decide = async (admin: Admin, review: string, item: string, decision: string): Promise<string> =>
  (await send(admin, 'POST', '/reviews/:id/decisions', { params: { id: review }, body: { items: [item], decision, reason: 'because' } })).code;

async function due(id: string, space = 'default', lapsedAt?: number): Promise<void> {
  const { body } = await needStored(control().store, 'review', space, id);
  await putStored(control().store, 'review', space, id, { ...body, dueAt: 1, ...(lapsedAt === undefined ? {} : { lapsedAt }) }, 'tests');
}

const states = async (id: string): Promise<readonly string[]> =>
  (await listStored(control().store, 'review-item', 'default')).flatMap(({ body }) => (body.campaign === id ? [body.state] : []));

beforeAll(async () => {
  fixture = await openControl();
  await known('ann');
  await known('bob');
  await known('dan', 'admins');
  await configure(control(), 'admin', 'default', 'admins', { to: { group: 'admins' }, role: 'admin', space: '*' });
  await serve('default', 'crm', 'ann');
  await serve('default', 'erp', 'bob');
  await configure(control(), 'role', 'default', 'desk', { allow: [reads('crm'), reads('erp')] });
  await configure(control(), 'binding', 'default', 'desk-support', { role: 'desk', to: { group: 'support' } });
});
afterAll(() => fixture.close());

test('nobody answers for a right that they came to have, whatever its binding is called by then', async () => {
  const review = await opened('Moved');
  const erp = await itemOf(review, 'desk-support', 'erp');
  expect(await decide(ANN, review, await itemOf(review, 'desk-support', 'crm'), 'revoke')).toBe('');
  expect(await findStored(control().store, 'binding', 'default', 'desk-support')).toBeUndefined();
  // What is suggested is of the binding that took its place.
  expect((await send(BOB, 'GET', '/reviews/:id/items/:item/suggestion', { params: { id: review, item: erp } })).code).toBe('');
  await known('bob', 'support');
  for (const decision of ['certify', 'revoke']) expect(await decide(BOB, review, erp, decision)).toBe('ERR_ADMIN_FORBIDDEN');
  await known('bob');
  expect(await decide(BOB, review, erp, 'certify')).toBe('');
});

test('two rights of one binding that are taken away at the same moment are both gone', async () => {
  await configure(control(), 'binding', 'default', 'desk-both', { role: 'desk', to: { group: 'both' } });
  const review = await opened('Both');
  const items = [[ANN, await itemOf(review, 'desk-both', 'crm')], [BOB, await itemOf(review, 'desk-both', 'erp')]] as const;
  expect(await Promise.all(items.map(([who, item]) => decide(who, review, item, 'revoke')))).toEqual(['', '']);
  const left = (await listStored(control().store, 'binding', 'default')).filter(({ body }) => Bun.deepEquals(body.to, { group: 'both' }));
  expect(left.map(({ id }) => id)).toEqual([]);
  await due(review);
  expect((await send(DAN, 'POST', '/reviews/:id/close', { params: { id: review } })).code).toBe('');
});

test('what a control that was ended left half-lapsed lapses to its end, and all that was not answered for is told', async () => {
  await configure(control(), 'binding', 'default', 'desk-support', { role: 'desk', to: { group: 'support' } });
  const review = await opened('Half');
  const count = (await states(review)).length;
  expect(count).toBeGreaterThan(2);
  const { store } = control();
  const [grave, passed] = (await listStored(store, 'review-item', 'default')).filter(({ body }) => body.campaign === review);
  if (grave === undefined || passed === undefined) throw new Error('too few items');
  await putStored(store, 'review-item', 'default', grave.id, { ...grave.body, severity: 'high', state: 'unanswered' }, 'tests');
  const words = [{ by: 'sallyport|ann', at: 1, decision: 'delegate' as const, reason: 'you know it' }];
  const revoke = { kind: 'drop-grant', binding: 'desk-support', server: 'crm' } as const;
  await putStored(store, 'review-item', 'default', passed.id, { ...passed.body, state: 'lapsed', words, revoke }, 'tests');
  await due(review, 'default', 5);
  expect((await send(DAN, 'POST', '/reviews/:id/close', { params: { id: review } })).code).toBe('');
  expect((await findStored(store, 'review', 'default', review))?.body).toMatchObject({ state: 'closed', lapsedAt: 5, closed: { states: { lapsed: 1 } } });
  const told = journalOf(fixture.home, { event: 'finding.raised' }).filter((record) =>
    objects(part(record, 'findings')).some(({ seen }) => text(seen).startsWith('nobody answered')));
  expect(told.map((record) => part(record, 'detail', 'review'))).toContain(review);
  // On nobody's word but its own.
  const [change] = journalOf(fixture.home, { event: 'config.changed' }).filter(({ action, exchange }) => action === 'binding.narrow' && exchange === review);
  expect(change).toMatchObject({ reason: 'nobody answered in time', detail: { decidedBy: 'sallyport|reviews' } });
});

test('what somebody answered meanwhile does not lapse', async () => {
  await configure(control(), 'binding', 'default', 'desk-support', { role: 'desk', to: { group: 'support' } });
  const review = await opened('Raced');
  await due(review);
  const item = await itemOf(review, 'desk-support', 'crm');
  const [code] = await Promise.all([decide(ANN, review, item, 'certify'), lapse(control(), 'default', review), lapse(control(), 'default', review)]);
  const now = await findStored(control().store, 'review-item', 'default', `${review}.${item}`);
  expect(now?.body.state).toBe(code === '' ? 'certified' : 'unanswered');
  const lapsed = journalOf(fixture.home, { event: 'review.decided' }).filter(({ action, exchange }) => action === 'review.lapse' && exchange === review);
  expect(lapsed).toHaveLength(1);
  expect(await states(review)).not.toContain('open');
});

test('a campaign that cannot be looked after keeps no other from its time', async () => {
  await serve('aaa', 'odd', 'ann');
  await serve('zzz', 'new', 'ann');
  const [odd, fine] = [await opened('Odd', 'aaa'), await opened('Fine')];
  await due(odd, 'aaa');
  await due(fine);
  // As something else than Sallyport left it.
  await control().store.put('review-item', 'aaa', `${odd}.0000000000000000`, { campaign: odd }, { by: 'tests' });
  expect(await openScheduled(control()).catch((error: unknown) => error)).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
  expect((await findStored(control().store, 'review', 'aaa', odd))?.body.state).toBe('open');
  expect((await findStored(control().store, 'review', 'default', fine))?.body).toMatchObject({ state: 'closed' });
  const { body } = await send(DAN, 'GET', '/reviews', { space: 'zzz' });
  expect(objects(body['reviews'])).toMatchObject([{ state: 'open', title: expect.stringContaining('Review of') }]);
});
