import { afterAll, beforeAll, expect, test } from 'bun:test';
import { journalOf } from '../../../test/fixtures/journal-of.ts';
import { part, text } from '../../cli/json-view.ts';
import { ask, person, ROOT } from '../admins/fixture-admin.ts';
import { grantReveal } from '../audit/people.ts';
import type { JsonObject } from '../../domain/json.ts';
import { configure, crm, openControl, type ControlFixture } from '../fixture-control.ts';
import type { Admin } from '../route.ts';
import { VERB_KINDS } from '../../incident/contain.ts';
import { CONTAINMENT_VERBS } from '../../domain/containment.ts';
import { LIMITS } from '../../domain/limits.ts';
import { endedBefore } from '../sign-in/session.ts';
import { needStored, putStored } from '../stored.ts';
import { ACTS } from './acts.ts';
import { contain } from './contain.ts';
import { expireContainments } from './lift.ts';

let fixture: ControlFixture;
const [ANALYST, OWNER, OTHER, AUDITOR] = [person('ana', 'soc'), person('olga', 'owners'), person('otto', 'others'), person('aud', 'auditors')];

beforeAll(async () => {
  fixture = await openControl();
  const roles = [['soc', 'analyst', '*'], ['owners', 'admin', '*'], ['others', 'admin', 'erp'], ['auditors', 'auditor', '*']] as const;
  for (const [group, role, space] of roles) {
    expect((await ask(fixture.role.control, ROOT, 'POST', '/admins', { body: { to: { group }, role, space } })).code).toBe('');
  }
  expect((await ask(fixture.role.control, ROOT, 'POST', '/servers', { body: crm('shop') })).code).toBe('');
}, 20_000);
afterAll(() => fixture.close());

function asked(admin: Admin, verb: string, scope: JsonObject, more: JsonObject = {}, space = 'default'): ReturnType<typeof ask> {
  return ask(fixture.role.control, admin, 'POST', '/containments', { space, body: { verb, scope, reason: 'odd calls', ...more } });
}
const lifted = async (admin: Admin, id: string, space = 'default'): Promise<string> =>
  (await ask(fixture.role.control, admin, 'POST', '/containments/:id/lift', { space, params: { id }, body: { reason: 'it is over' } })).code;

test('what stands is done by its row, and what is an act has somebody who does it', () => {
  for (const verb of CONTAINMENT_VERBS) expect([verb, ACTS[verb] === undefined]).toEqual([verb, VERB_KINDS[verb].way === 'standing']);
});

test('who may stop may contain; that it goes on is for whoever may change, and evidence for who investigates', async () => {
  const { code, body } = await asked(ANALYST, 'read-only', { target: 'server', name: 'shop' });
  expect(code).toBe('');
  expect(await lifted(ANALYST, text(body['id']))).toBe('ERR_ADMIN_FORBIDDEN');
  expect(await lifted(OTHER, text(body['id']))).toBe('ERR_ADMIN_FORBIDDEN');
  expect((await asked(AUDITOR, 'kill', { target: 'agent', name: 'bot' })).code).toBe('ERR_ADMIN_FORBIDDEN');
  expect((await asked(OTHER, 'kill', { target: 'agent', name: 'bot' })).code).toBe('ERR_ADMIN_FORBIDDEN');
  expect((await asked(OTHER, 'kill', { target: 'all' }, {}, 'erp')).code).toBe('ERR_REQUEST_INVALID');
  expect((await asked(ANALYST, 'legal-hold', { target: 'server', name: 'shop' })).code).toBe('');
  expect(await lifted(OWNER, text(body['id']))).toBe('');
});

test('what is wide takes two people both ways, where two can administer; what runs by itself is never wide', async () => {
  const { control } = fixture.role;
  await configure(control, 'setting', 'default', 'administration', { twoPersons: true });
  for (const target of ['all', 'space']) {
    const first = await asked(OWNER, 'read-only', { target });
    expect(first.code).toBe('ERR_PROPOSAL_STORED');
    const approved = await ask(control, person('omar', 'owners'), 'POST', '/proposals/:id/approve', {
      params: { id: text(first.body['proposal']) }, body: { digest: text(first.body['digest']) },
    });
    expect(approved.code).toBe('');
    const { body } = await ask(control, OWNER, 'GET', '/containments', { query: { state: 'applied' } });
    const [made] = Array.isArray(body['containments']) ? body['containments'] : [];
    expect(made).toMatchObject({ verb: 'read-only', scope: { target }, wide: true });
    expect(await lifted(OWNER, text(part(made, 'id')))).toBe('ERR_PROPOSAL_STORED');
  }
  // Of one thing it takes one person; and the brake stays one person's.
  expect((await asked(ANALYST, 'kill', { target: 'agent', name: 'bot' })).code).toBe('');
  expect((await ask(control, OWNER, 'PUT', '/kill', { body: { target: 'all', on: true, reason: 'now' } })).code).toBe('');
  const playbook = { admin: { id: 'sallyport|playbook', may: [] }, space: 'default' };
  const wide = { verb: 'kill', scope: { target: 'space', name: '' }, reason: 'by itself', dryRun: false } as const;
  const refused: unknown = await contain(control, playbook, wide).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: 'ERR_SECOND_PERSON' });
  expect(await contain(control, playbook, { ...wide, scope: { target: 'agent', name: 'worm' } })).toMatchObject({ state: 'applied' });
});

test('two incidents hold one thing each for itself, and what failed is on record as failed', async () => {
  const scope = { target: 'tool', name: 'shop/buy' };
  const [one, other] = [await asked(ANALYST, 'kill', scope, { incident: 'a' }), await asked(ANALYST, 'kill', scope, { incident: 'b' })];
  expect(one.body['id']).not.toBe(other.body['id'] ?? '');
  expect(await lifted(OWNER, text(one.body['id']))).toBe('');
  expect(fixture.role.control.lease.current?.lease.killed.tools).toEqual(['default/shop/buy']);
  expect(await lifted(OWNER, text(other.body['id']))).toBe('');
  expect(fixture.role.control.lease.current?.lease.killed.tools).toEqual([]);
  expect((await asked(ANALYST, 'revoke-credential', { target: 'credential', name: 'nothing' })).code).toBe('ERR_NOT_FOUND');
  const { entries } = await fixture.role.control.ledger.query({ space: 'default', limit: 200, order: 'newest' });
  expect(entries.find(({ record }) => record['event'] === 'containment.failed')?.record).toMatchObject({ code: 'ERR_NOT_FOUND', category: 'response' });
});

test('an address is blocked by what it is, however it was written', async () => {
  for (const [written, is] of [['0x7f.1', '127.0.0.1'], ['2001:db8:0:0::1', '2001:db8::1'], ['[::2]', '::2']] as const) {
    const { body, code } = await asked(OWNER, 'block-host', { target: 'host', name: written });
    expect([code, body['scope']]).toEqual(['', { target: 'host', name: is }]);
    expect(fixture.role.control.lease.current?.lease.blockedHosts).toContain(`*/${is}`);
    expect(await lifted(OWNER, text(body['id']))).toBe('');
  }
  expect((await asked(OWNER, 'block-host', { target: 'host', name: '1.2.3.4.5' })).code).toBe('ERR_REQUEST_INVALID');
});

test('who may in one space contains nothing beyond it, and lifts nothing that holds beyond it', async () => {
  const { control } = fixture.role;
  const local = person('lea', 'locals');
  await configure(control, 'admin', 'default', 'locals', { to: { group: 'locals' }, role: 'admin', space: 'default' });
  await configure(control, 'setting', 'default', 'administration', { twoPersons: false });
  expect((await asked(local, 'read-only', { target: 'all' })).code).toBe('ERR_REQUEST_INVALID');
  // Nobody takes two here; a playbook that started by itself waits for people all the same.
  expect((await asked({ ...ROOT, id: 'sallyport|playbook' }, 'kill', { target: 'space' })).code).toBe('ERR_PROPOSAL_STORED');
  for (const verb of ['kill', 'revoke-tokens']) {
    expect((await asked(local, verb, { target: 'credential', name: 'https://idp.example|other' })).code).toBe('ERR_ADMIN_FORBIDDEN');
    const ended = await asked(OWNER, verb, { target: 'credential', name: 'https://idp.example|other' });
    expect(ended.code).toBe('');
    if (verb === 'kill') expect(await lifted(local, text(ended.body['id']))).toBe('ERR_ADMIN_FORBIDDEN');
  }
  const mine = await asked(local, 'block-host', { target: 'host', name: 'a.example' });
  const ours = await asked(OWNER, 'block-host', { target: 'host', name: 'b.example' });
  expect(control.lease.current?.lease.blockedHosts).toEqual(['*/b.example', 'default/a.example']);
  expect(await lifted(local, text(ours.body['id']))).toBe('ERR_ADMIN_FORBIDDEN');
  expect(await lifted(local, text(mine.body['id']))).toBe('');
  const all = await asked(OWNER, 'step-up', { target: 'all' });
  expect(await lifted(local, text(all.body['id']))).toBe('ERR_ADMIN_FORBIDDEN');
  expect(await lifted(OWNER, text(all.body['id']))).toBe('');
});

test('a stop in one space ends no sign-in of the organisation, and a block there is none of all spaces', async () => {
  const { control } = fixture.role;
  const local = person('lea', 'locals');
  const endedBy = async (admin: Admin): Promise<number> => {
    expect((await asked(admin, 'revoke-tokens', { target: 'principal', name: 'https://idp.example|sid' })).code).toBe('');
    return endedBefore(control.state, 'sid');
  };
  expect(await endedBy(local)).toBe(0);
  expect(await endedBy(OWNER)).toBeGreaterThan(0);
  const hosts = (): readonly string[] => control.lease.current?.lease.blockedHosts?.filter((one) => one.endsWith('/c.example')) ?? [];
  const scope = { target: 'host', name: 'c.example' };
  const [mine, again, ours] = [
    await asked(local, 'block-host', scope), await asked(local, 'block-host', scope), await asked(OWNER, 'block-host', scope),
  ];
  expect([mine.body['known'], again.body['known'], ours.body['known']]).toEqual([false, true, false]);
  expect(hosts()).toEqual(['*/c.example', 'default/c.example']);
  expect(await lifted(local, text(mine.body['id']))).toBe('');
  expect(hosts()).toEqual(['*/c.example']);
});

test('evidence is let go by somebody who signed in lately', async () => {
  const { body } = await asked(OWNER, 'legal-hold', { target: 'server', name: 'shop' }, { incident: 'held' });
  const signedIn = (at: number): Admin => ({
    ...OWNER, proof: { via: 'token', kind: 'person', groups: ['owners'], proof: 'bearer', issuedAt: Date.now(), signedInAt: at },
  });
  expect(await lifted(signedIn(Date.now() - LIMITS.wideSignInMs - 60_000), text(body['id']))).toBe('ERR_SIGN_IN_OLD');
  expect(await lifted(signedIn(Date.now()), text(body['id']))).toBe('');
});

test('a hold that was ended by itself keeps its containment from nothing', async () => {
  const { control } = fixture.role;
  const { body } = await asked(OWNER, 'legal-hold', { target: 'server', name: 'shop' }, { incident: 'ended' });
  const id = text(part(body, 'result', 'hold'));
  expect((await ask(control, OWNER, 'POST', '/audit/holds/:id/lift', { params: { id }, body: { reason: 'over' } })).code).toBe('');
  expect(await lifted(OWNER, text(body['id']))).toBe('');
});

test('what is over is put right before it is noted, and noted with its record: what is ended in between is done the next time', async () => {
  const { control } = fixture.role;
  const { body } = await asked(ANALYST, 'quarantine-server', { target: 'server', name: 'shop' }, { forMs: LIMITS.containmentMsMin });
  const id = text(body['id']);
  const quarantined = (): boolean => control.snapshots.current?.content.includes('"status":"quarantined"') ?? false;
  expect(quarantined()).toBe(true);
  const found = await needStored(control.store, 'containment', 'default', id);
  await putStored(control.store, 'containment', 'default', id, { ...found.body, until: Date.now() - 1 }, 'tests');
  const dead = { ...control, record: () => Promise.reject(new Error('ended here')) };
  expect(await expireContainments(dead).catch((error: unknown) => String(error))).toBe('Error: ended here');
  expect(quarantined()).toBe(false);
  expect((await needStored(control.store, 'containment', 'default', id)).body.state).toBe('applied');
  expect(await expireContainments(control)).toBe(1);
  const told = journalOf(fixture.home, { event: 'containment.lifted' }).filter((record) => part(record, 'detail', 'id') === id);
  expect(told).toMatchObject([{ reason: 'its time is over' }]);
});

test('tokens that were ended stay so, and are ended anew when it is asked once more', async () => {
  const { control } = fixture.role;
  const ended = (): number | undefined => control.lease.current?.lease.agentsNotBefore?.['default/bot'];
  const first = await asked(ANALYST, 'revoke-tokens', { target: 'agent', name: 'bot' });
  expect(first.code).toBe('');
  const at = ended() ?? 0;
  expect(at).toBeGreaterThan(0);
  const again = await asked(ANALYST, 'revoke-tokens', { target: 'agent', name: 'bot' });
  expect(again.body).toMatchObject({ id: text(first.body['id']) });
  expect(ended() ?? 0).toBeGreaterThanOrEqual(at);
});

test('nobody learns a pseudonym by naming somebody in what only answers; who really stops somebody waits for no reveal', async () => {
  const vic = 'https://issuer.example|vic';
  const named = { target: 'principal', name: vic };
  for (const [verb, scope, more] of [
    ['kill', named, { dryRun: true }], ['legal-hold', named, {}], ['page', named, {}],
    ['kill', { target: 'agent', name: 'bot' }, { dryRun: true, reason: `is it ${vic}?` }],
  ] as const) expect([verb, (await asked(ANALYST, verb, scope, more)).code]).toEqual([verb, 'ERR_ADMIN_FORBIDDEN']);
  const real = await asked(ANALYST, 'kill', named);
  expect(real.code).toBe('');
  const { control } = fixture.role;
  expect(part(real.body, 'scope', 'name')).toBe(control.retention.pseudonyms.of(vic));
  await grantReveal(control, ANALYST, 'default');
  expect((await asked(ANALYST, 'kill', named, { dryRun: true })).code).toBe('');
  await control.state.delete(`reveal/default/${ANALYST.id}`);
  // What is shown by its name anyway, and what a playbook asks of its incident's own subjects, is asked as it is.
  expect((await asked(ANALYST, 'kill', { target: 'principal', name: 'sallyport|gateway' }, { dryRun: true })).code).toBe('');
  expect((await asked({ ...ANALYST, ofRun: true }, 'kill', named, { dryRun: true })).code).toBe('');
});

test('what would be met of a person is told by number alone where its ids would say who they are', async () => {
  const { control, api } = { control: fixture.role.control, api: fixture.api };
  const expiresAt = Math.floor(Date.now() / 1000) * 1000 + 86_400_000;
  expect((await api('POST', '/agents', { id: 'desk', owner: 'desk@example.com', purpose: 'tickets', allow: '*', expiresAt })).status).toBe(200);
  const { body: { id: token = '' } } = await api('POST', '/tokens', { agent: 'desk', audience: ['*'], ttlMs: 3_600_000, subject: 'vic' });
  const vic = control.retention.pseudonyms.of('sallyport|vic');
  const { body } = await asked(ANALYST, 'kill', { target: 'principal', name: vic }, { dryRun: true });
  expect(part(body, 'touched', 'tokens')).toEqual({ count: 1, names: [] });
  const { body: agent } = await asked(ANALYST, 'kill', { target: 'agent', name: 'desk' }, { dryRun: true });
  expect(part(agent, 'touched', 'tokens')).toEqual({ count: 1, names: [text(token)] });
});
