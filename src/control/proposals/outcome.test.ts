import { afterAll, beforeAll, expect, test } from 'bun:test';
import { journalOf } from '../../../test/fixtures/journal-of.ts';
import { objects, text } from '../../cli/json-view.ts';
import type { JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { ask, person, ROOT } from '../admins/fixture-admin.ts';
import type { Wanted } from '../admins/fixture-admin.ts';
import type { Control } from '../control.ts';
import { configure, openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import type { Admin, Route } from '../route.ts';
import { needStored, putStored } from '../stored.ts';
import { endSessionsOf } from '../sign-in/session.ts';
import { approveProposal } from './approve.ts';

let fixture: ControlFixture;
const [ANN, BOB] = [person('ann', 'sec'), person('bob', 'sec')];
const FORBID = { file: 'base.cedar', source: '@id("base") forbid(principal, action == Action::"call_tool", resource) when { resource.effect == "transact" };' };

const send = (admin: Admin, method: Route['method'], path: string, wanted: Wanted = {}): ReturnType<typeof ask> =>
  ask(fixture.role.control, admin, method, path, wanted);
const shown = async (id: string): Promise<JsonObject> => (await send(BOB, 'GET', '/proposals/:id', { params: { id } })).body;

/** Proposes to remove a forbid, and gives what an approver is shown. */
async function propose(): Promise<JsonObject> {
  const { code, body } = await send(ANN, 'DELETE', '/policies/:id', { params: { id: FORBID.file } });
  expect(code).toBe('ERR_PROPOSAL_STORED');
  return shown(text(body['proposal']));
}

function approve(admin: Admin, { id, digest = '' }: JsonObject): ReturnType<typeof ask> {
  return send(admin, 'POST', '/proposals/:id/approve', { params: { id: text(id) }, body: { digest } });
}

beforeAll(async () => {
  fixture = await openControl();
  expect((await send(ROOT, 'POST', '/admins', { body: { to: { group: 'sec' }, role: 'admin', space: '*' } })).code).toBe('');
  expect((await send(ROOT, 'PUT', '/policies', { body: FORBID })).code).toBe('');
  await configure(fixture.role.control, 'setting', 'default', 'administration', { twoPersons: true });
});
afterAll(() => fixture.close());

test('a proposal that was approved and not done says so, with the error; it is not tried again, and is on record', async () => {
  const [first, second] = [await propose(), await propose()];
  expect(await approve(BOB, first)).toMatchObject({ body: { state: 'done' } });
  expect(await shown(text(first['id']))).toMatchObject({ state: 'done', outcome: { at: expect.any(Number) } });
  expect((await approve(BOB, second)).code).toBe('ERR_NOT_FOUND');
  expect(await shown(text(second['id']))).toMatchObject({ state: 'failed', outcome: { code: 'ERR_NOT_FOUND' } });
  expect((await send(ANN, 'PUT', '/policies', { body: FORBID })).code).toBe('');
  expect((await approve(BOB, second)).code).toBe('ERR_CONFLICT');
  expect(objects((await send(ANN, 'GET', '/policies')).body['policies'])).toHaveLength(1);
  const [failed] = journalOf(fixture.home, { event: 'proposal.failed' }).filter(({ detail }) => isObject(detail) && detail['id'] === second['id']);
  expect(failed).toMatchObject({ principal: BOB.id, code: 'ERR_NOT_FOUND', detail: { proposer: ANN.id } });
});

test('a proposal over which control died is not done: nobody knows, so it is shown as unfinished and never carried out again', async () => {
  const proposal = await propose();
  const id = text(proposal['id']);
  const { control } = fixture.role;
  // What it does never comes back: the row is what is left when the process is killed in the middle of it.
  const begun = Promise.withResolvers<undefined>();
  const dying: Control = {
    ...control, routeOf: (method, path) => ({ ...control.routeOf(method, path), run: () => (begun.resolve(undefined), new Promise(() => undefined)) }),
  };
  void approveProposal({ admin: BOB, space: 'default', id, digest: text(proposal['digest']), signal: AbortSignal.timeout(20_000) }, dying);
  await begun.promise;
  expect(await shown(id)).toMatchObject({ state: 'approved' });
  const left = await needStored(control.store, 'proposal', 'default', id);
  const before = Date.now() - LIMITS.proposalCarryMs;
  await putStored(control.store, 'proposal', 'default', id, { ...left.body, approvals: left.body.approvals.map((one) => ({ ...one, at: before })) }, 'test');
  expect(await shown(id)).toMatchObject({ state: 'unfinished' });
  expect((await approve(BOB, proposal)).code).toBe('ERR_CONFLICT');
  expect((await send(BOB, 'POST', '/proposals/:id/reject', { params: { id }, body: { reason: 'late' } })).code).toBe('ERR_CONFLICT');
  expect(objects((await send(ANN, 'GET', '/policies')).body['policies'])).toHaveLength(1);
});

test('a proposal of somebody whose word is over is not done: they signed out everywhere since, or are back after they were deactivated', async () => {
  const { control } = fixture.role;
  const ann = { userName: 'ann', active: true, source: 'scim' as const, groups: ['sec'], createdAt: 1, changedAt: 1 };
  const ends: readonly (() => Promise<unknown>)[] = [
    () => endSessionsOf(control, 'ann'), () => putStored(control.store, 'person', 'default', 'ann', { ...ann, notBefore: Date.now() }, 'test'),
  ];
  for (const end of ends) {
    await putStored(control.store, 'person', 'default', 'ann', ann, 'test');
    await control.state.delete('session-end/ann');
    const proposal = await propose();
    await end();
    expect((await approve(BOB, proposal)).code).toBe('ERR_SECOND_PERSON');
    expect(await shown(text(proposal['id']))).toMatchObject({ state: 'failed', outcome: { code: 'ERR_SECOND_PERSON' } });
  }
});
