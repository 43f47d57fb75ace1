import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { journalOf } from '../../../test/fixtures/journal-of.ts';
import { objects, part, text } from '../../cli/json-view.ts';
import type { JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { ask, person, ROOT } from '../admins/fixture-admin.ts';
import type { Wanted } from '../admins/fixture-admin.ts';
import { configure, crm, openControl, surfaceSaying } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import type { Admin, Route } from '../route.ts';
import { putStored } from '../stored.ts';
import type { Approving } from './approving.ts';
import { compareWide, readWide } from './wide.ts';

let fixture: ControlFixture;
const control = (): ControlFixture['role']['control'] => fixture.role.control;
const [ANN, BOB, CAL] = [person('ann', 'sec'), person('bob', 'sec'), person('cal', 'approvers')];
const FORBID = { file: 'base.cedar', source: '@id("base") forbid(principal, action == Action::"call_tool", resource) when { resource.effect == "transact" };' };
const REMOVE: Wanted = { params: { id: 'base.cedar' } };

const send = (admin: Admin, method: Route['method'], path: string, wanted: Wanted = {}): ReturnType<typeof ask> => ask(control(), admin, method, path, wanted);

/** Proposes, and gives what an approver is shown. */
async function propose(admin: Admin, method: Route['method'], path: string, wanted: Wanted): Promise<JsonObject> {
  const { code, body } = await send(admin, method, path, wanted);
  expect(code).toBe('ERR_PROPOSAL_STORED');
  const id = text(body['proposal']);
  return (await send(BOB, 'GET', '/proposals/:id', { params: { id } })).body;
}

function approve(admin: Admin, proposal: JsonObject, digest = text(proposal['digest'])): ReturnType<typeof ask> {
  return send(admin, 'POST', '/proposals/:id/approve', { params: { id: text(proposal['id']) }, body: { digest } });
}

const withToken = (admin: Admin, kind: 'person' | 'workload'): Admin =>
  ({ ...admin, proof: { via: 'token', kind, groups: ['sec'], proof: 'bearer', issuedAt: 0 } });
const give = (who: JsonObject): Wanted => ({ body: { to: who, role: 'admin', space: '*' } });

const account = (group: string): Wanted => ({ body: { userName: 'a-cook', groups: [group] } });
const owned = (owner: string): Approving => ({ people: new Set(), owners: new Map([['server default/crm', 'olga'], ['agent default/bot', owner]]) });

beforeAll(async () => {
  fixture = await openControl();
  expect((await send(ROOT, 'PUT', '/policies', { body: FORBID })).code).toBe('');
});
afterAll(() => fixture.close());

describe('on a laptop with only the machine\'s token', () => {
  test('one person does everything', async () => {
    expect((await send(ROOT, 'GET', '/administration')).body).toEqual({ takesTwo: false });
    expect((await send(ROOT, 'DELETE', '/policies/:id', REMOVE)).code).toBe('');
    expect((await send(ROOT, 'PUT', '/policies', { body: FORBID })).code).toBe('');
  });

  test('the second administrator turns the rule on, and from then on it takes two to change that', async () => {
    expect((await send(ROOT, 'POST', '/admins', give({ principal: ANN.id }))).code).toBe('');
    expect((await send(ROOT, 'GET', '/administration')).body).toEqual({ takesTwo: false });
    expect((await send(ROOT, 'POST', '/admins', give({ principal: BOB.id }))).code).toBe('');
    expect((await send(ROOT, 'GET', '/administration')).body).toEqual({ takesTwo: true });
    expect((await send(ROOT, 'POST', '/admins', give({ principal: CAL.id }))).code).toBe('ERR_PROPOSAL_STORED');
    expect((await send(ANN, 'PUT', '/administration', { body: { twoPersons: false } })).code).toBe('ERR_PROPOSAL_STORED');
    expect((await send(ROOT, 'GET', '/administration')).body).toEqual({ takesTwo: true });
  });
});

describe('a wide action', () => {
  test('is done once, exactly as proposed, when another person approves it', async () => {
    const proposal = await propose(ANN, 'DELETE', '/policies/:id', REMOVE);
    expect(proposal).toMatchObject({
      state: 'open', path: '/policies/:id', params: { id: 'base.cedar' }, proposer: { id: ANN.id }, reasons: [expect.stringContaining('forbid')],
    });
    expect(objects((await send(ANN, 'GET', '/policies')).body['policies'])).toHaveLength(1);
    expect(await approve(BOB, proposal)).toMatchObject({ code: '', body: { state: 'done' } });
    expect(objects((await send(ANN, 'GET', '/policies')).body['policies'])).toHaveLength(0);
    expect((await send(ANN, 'PUT', '/policies', { body: FORBID })).code).toBe('');
    expect((await approve(BOB, proposal)).code).toBe('ERR_CONFLICT');
    expect(objects((await send(ANN, 'GET', '/policies')).body['policies'])).toHaveLength(1);
    expect(JSON.stringify(journalOf(fixture.home, { event: 'config.changed' }))).toContain(`"approvals":["${BOB.id}"]`);
  });

  test.each([
    ['its proposer', (): Admin => ANN, 'ERR_SECOND_PERSON'],
    ['its proposer by another proof', (): Admin => withToken(ANN, 'person'), 'ERR_SECOND_PERSON'],
    ['the holder of the machine\'s token', (): Admin => ROOT, 'ERR_SECOND_PERSON'],
    ['a workload', (): Admin => withToken(BOB, 'workload'), 'ERR_SECOND_PERSON'],
    ['who may not approve', (): Admin => person('dan', 'nobody'), 'ERR_ADMIN_FORBIDDEN'],
  ])('is not approved by %s', async (_, who, code) => {
    const proposal = await propose(ANN, 'DELETE', '/policies/:id', REMOVE);
    expect((await approve(who(), proposal)).code).toBe(code);
    expect(objects((await send(ANN, 'GET', '/policies')).body['policies'])).toHaveLength(1);
  });

  test('is not approved by who may approve but not do it; an approver of a space approves what approvers may', async () => {
    await configure(control(), 'admin', 'default', 'cal', { to: { group: 'approvers' }, role: 'approver', space: '*' });
    const proposal = await propose(ANN, 'DELETE', '/policies/:id', REMOVE);
    expect((await approve(CAL, proposal)).code).toBe('ERR_ADMIN_FORBIDDEN');
    expect((await approve(BOB, proposal)).code).toBe('');
    await send(ANN, 'PUT', '/policies', { body: FORBID });
  });

  test('is not what was shown if a single byte of it changed meanwhile', async () => {
    const proposal = await propose(ANN, 'DELETE', '/policies/:id', REMOVE);
    const stored = (await control().store.get('proposal', 'default', text(proposal['id'])))?.body;
    const changed: JsonObject = JSON.parse(JSON.stringify(stored).replace('base.cedar', 'other.cedar'));
    await control().store.put('proposal', 'default', text(proposal['id']), changed, { by: 'mallory' });
    expect((await approve(BOB, proposal)).code).toBe('ERR_CONFLICT');
    expect((await approve(BOB, proposal, 'f'.repeat(64))).code).toBe('ERR_CONFLICT');
  });

  test('ends by itself, is rejected for good, and cannot be smuggled in with approvals of the caller\'s own', async () => {
    const late = await propose(ANN, 'DELETE', '/policies/:id', REMOVE);
    const body = (await control().store.get('proposal', 'default', text(late['id'])))?.body;
    await control().store.put('proposal', 'default', text(late['id']), { ...(isObject(body) ? body : {}), expiresAt: Date.now() - 1 }, { by: 'test' });
    expect((await approve(BOB, late)).code).toBe('ERR_CONFLICT');
    expect((await send(ANN, 'GET', '/proposals/:id', { params: { id: text(late['id']) } })).body).toMatchObject({ state: 'expired' });
    const rejected = await propose(ANN, 'DELETE', '/policies/:id', REMOVE);
    expect((await send(BOB, 'POST', '/proposals/:id/reject', { params: { id: text(rejected['id']) }, body: { reason: 'no' } })).code).toBe('');
    expect((await approve(BOB, rejected)).code).toBe('ERR_CONFLICT');
    expect((await send(ANN, 'DELETE', '/policies/:id', { ...REMOVE, body: { approvals: [BOB.id] } })).code).toBe('ERR_REQUEST_INVALID');
  });

  test('of somebody who was deactivated since is not done', async () => {
    const at = Date.now();
    const dora = { userName: 'dora', active: true, source: 'scim' as const, groups: ['sec'], createdAt: at, changedAt: at };
    await putStored(control().store, 'person', 'default', 'dora', dora, 'test');
    await configure(control(), 'admin', 'default', 'dora', { to: { principal: 'https://issuer.example|dora' }, role: 'admin', space: '*' });
    const proposal = await propose(person('dora'), 'DELETE', '/policies/:id', REMOVE);
    await putStored(control().store, 'person', 'default', 'dora', { ...dora, active: false, deactivatedAt: at }, 'test');
    expect((await approve(BOB, proposal)).code).toBe('ERR_SECOND_PERSON');
  });

  test('is not the whole organisation\'s when whoever approves it may do so in one space alone', async () => {
    const dot = person('dot', 'desk-team');
    await configure(control(), 'admin', 'default', 'desk', { to: { group: 'desk-team' }, role: 'admin', space: 'default' });
    const everywhere = await propose(ANN, 'POST', '/admins', give({ principal: 'https://issuer.example|eve' }));
    expect((await approve(dot, everywhere)).code).toBe('ERR_ADMIN_FORBIDDEN');
    const { body } = await send(ANN, 'GET', '/admins');
    expect(JSON.stringify(body)).not.toContain('eve');
    const here = await propose(ANN, 'DELETE', '/policies/:id', REMOVE);
    expect((await approve(dot, here)).code).toBe('');
    await send(ANN, 'PUT', '/policies', { body: FORBID });
  });

  test('is done by the rights that everybody has when it is done, not by those of the day before', async () => {
    const at = Date.now();
    const row = { userName: 'finn', active: true, source: 'scim' as const, groups: ['keyholders'], createdAt: at, changedAt: at };
    await putStored(control().store, 'person', 'default', 'finn', row, 'test');
    await configure(control(), 'admin', 'default', 'keyholders', { to: { group: 'keyholders' }, role: 'admin', space: '*' });
    const finn = person('finn', 'keyholders');
    const [mine, theirs] = [await propose(finn, 'DELETE', '/policies/:id', REMOVE), await propose(ROOT, 'DELETE', '/policies/:id', REMOVE)];
    expect(await approve(finn, theirs)).toMatchObject({ body: { state: 'open', needed: 2 } });
    await putStored(control().store, 'person', 'default', 'finn', { ...row, groups: [] }, 'test');
    for (const proposal of [mine, theirs]) expect((await approve(BOB, proposal)).code).toBe('ERR_ADMIN_FORBIDDEN');
    expect(objects((await send(ANN, 'GET', '/policies')).body['policies'])).toHaveLength(1);
  });

  test('by the holder of the machine\'s token takes two people, since nobody knows which of them holds it', async () => {
    const proposal = await propose(ROOT, 'DELETE', '/policies/:id', REMOVE);
    expect(await approve(ANN, proposal)).toMatchObject({ body: { state: 'open', needed: 2 } });
    expect((await approve(ANN, proposal)).code).toBe('ERR_CONFLICT');
    expect(await approve(BOB, proposal)).toMatchObject({ body: { state: 'done' } });
    await send(ANN, 'PUT', '/policies', { body: FORBID });
  });
});

describe('wide is, however it is asked for', () => {
  test('everything that is stopped going on again; stopping it is not', async () => {
    expect((await send(ANN, 'PUT', '/kill', { body: { target: 'all', on: true, reason: 'odd' } })).code).toBe('');
    await propose(ANN, 'PUT', '/kill', { body: { target: 'all', on: false, reason: 'over' } });
    expect((await send(ANN, 'GET', '/kill')).body).toMatchObject({ all: true });
  });

  test('a manifest that leaves a forbid out, and one that says who issues tokens; a dry run of it is not', async () => {
    const body = { file: 'sallyport.yaml', text: 'apiVersion: sallyport/v1\n', policies: [] };
    expect((await send(ANN, 'POST', '/manifest', { body: { ...body, dryRun: true } })).code).toBe('');
    expect(text((await propose(ANN, 'POST', '/manifest', { body }))['reasons'])).toContain('forbid');
    const identity = 'identity: { issuers: [{ issuer: "https://evil.example" }] }\npolicies: [base.cedar]\n';
    const named = { file: 'sallyport.yaml', text: `apiVersion: sallyport/v1\n${identity}`, policies: [{ file: 'base.cedar', text: FORBID.source }] };
    expect(text((await propose(ANN, 'POST', '/manifest', { body: named }))['reasons'])).toContain('who issues tokens');
  });

  test('who may approve calls alone, or for others', async () => {
    for (const approvals of ['{ solo: true }', '{ onCall: ann-and-friends }']) {
      const yaml = `apiVersion: sallyport/v1\napprovals: ${approvals}\npolicies: [base.cedar]\n`;
      const manifest = { file: 'sallyport.yaml', text: yaml, policies: [{ file: 'base.cedar', text: FORBID.source }] };
      expect(text((await propose(ANN, 'POST', '/manifest', { body: manifest }))['reasons'])).toContain('who approves calls');
    }
  });

  test('whether reviews run by themselves', async () => {
    const yaml = 'apiVersion: sallyport/v1\nschedule: { digest: { every: 1d } }\npolicies: [base.cedar]\n';
    const manifest = { file: 'sallyport.yaml', text: yaml, policies: [{ file: 'base.cedar', text: FORBID.source }] };
    expect(text((await propose(ANN, 'POST', '/manifest', { body: manifest }))['reasons'])).toContain('what runs by itself');
  });

  test('another approver of calls: a person in a group that approves, the owner of a server, and who an agent is', async () => {
    const gate = { file: 'gate.cedar', source: '@id("g") @approve("2:treasury") forbid(principal, action == Action::"call_tool", resource is Tool);' };
    expect((await send(ANN, 'PUT', '/policies', { body: gate })).code).toBe('');
    expect((await send(ANN, 'POST', '/accounts', account('treasury'))).code).toBe('ERR_SECOND_PERSON');
    expect((await send(ANN, 'POST', '/accounts', account('cooks'))).code).toBe('');
    const [times, store] = [{ createdAt: 1, changedAt: 1 }, control().store];
    const before = await readWide(store);
    expect(before.approving.people.size).toBe(0);
    await putStored(store, 'person', 'default', 'p', { userName: 'p', active: true, source: 'local', groups: ['treasury'], ...times }, 'test');
    expect(compareWide(before, await readWide(store))).toEqual(['it changes who may approve calls']);
    await store.delete('person', 'default', 'p', { by: 'test' });
    expect(compareWide({ ...before, approving: owned('ann') }, { ...before, approving: owned('ann') })).toEqual([]);
    expect(compareWide({ ...before, approving: owned('ann') }, { ...before, approving: owned('bob') })).toEqual(['it changes who may approve calls']);
    const gone: Approving = { people: new Set(), owners: new Map([['server default/crm', 'olga']]) };
    // What nobody owned before gives nobody a yes that they had not; what ends is stopped by one person.
    expect(compareWide({ ...before, approving: owned('ann') }, { ...before, approving: gone })).toEqual([]);
    expect(compareWide({ ...before, approving: gone }, { ...before, approving: owned('ann') })).toEqual([]);
  });

  test('a sink that is shown people by their names, or a secret', async () => {
    const sink = 'soc: { type: webhook, url: "https://soc.example/hook", secret: "vault:hook", reveal: true }';
    const yaml = `apiVersion: sallyport/v1\naudit: { sinks: { ${sink} } }\npolicies: [base.cedar]\n`;
    const manifest = { file: 'sallyport.yaml', text: yaml, policies: [{ file: 'base.cedar', text: FORBID.source }] };
    const { reasons } = await propose(ANN, 'POST', '/manifest', { body: manifest });
    expect(reasons).toEqual(expect.arrayContaining([
      'it shows people by their names to the sink soc at https://soc.example', 'it shows the secret vault:hook to the sink soc at https://soc.example',
    ]));
  });

  test('a second administrator out of one\'s own pocket: an account, a directory, a sign-in, or another one\'s account opened anew', async () => {
    await configure(control(), 'admin', 'default', 'keepers', { to: { group: 'keepers' }, role: 'admin', space: '*' });
    expect((await send(ANN, 'POST', '/accounts', { body: { userName: 'reader', groups: ['readers'] } })).code).toBe('');
    const passwordHash = `$argon2id$v=19$m=65536,t=3,p=1$${'a'.repeat(43)}$${'b'.repeat(43)}`;
    const puppet = await propose(ANN, 'POST', '/accounts', { body: { userName: 'puppet', groups: ['keepers'], passwordHash } });
    expect(text(puppet['reasons'])).toContain('who administers');
    expect(JSON.stringify(puppet)).not.toContain('argon2id');
    const keeper = { userName: 'kim', active: true, source: 'local' as const, groups: ['keepers'], createdAt: 1, changedAt: 1 };
    await putStored(control().store, 'person', 'default', 'kim', keeper, 'test');
    await putStored(control().store, 'account', 'default', 'kim', { person: 'kim', userName: 'kim', passkeys: [], createdAt: 1 }, 'test');
    expect(text((await propose(ANN, 'POST', '/accounts/:name/reset', { params: { name: 'kim' }, body: { passwordHash } }))['reasons'])).toContain('account');
    expect((await send(ANN, 'POST', '/accounts/:name/reset', { params: { name: 'reader' }, body: {} })).code).toBe('');
    expect((await send(ANN, 'POST', '/accounts/:name/disable', { params: { name: 'kim' } })).code).toBe('');
    expect((await send(ANN, 'POST', '/people/:id/deactivate', { params: { id: 'kim' } })).code).toBe('');
    await propose(ANN, 'POST', '/people/:id/activate', { params: { id: 'kim' } });
    const directory = { body: { note: 'mine', ttlMs: 60_000, hash: 'a'.repeat(64) } };
    expect(text((await propose(ANN, 'POST', '/people/scim-tokens', directory))['reasons'])).toContain('directory');
    const sso = 'sso: { issuer: "https://evil.example", clientId: sallyport, secret: "vault:sso" }';
    const yaml = `apiVersion: sallyport/v1\ncontrol: { listen: "127.0.0.1:0", signIn: { ${sso} } }\npolicies: [base.cedar]\n`;
    const manifest = { file: 'sallyport.yaml', text: yaml, policies: [{ file: 'base.cedar', text: FORBID.source }] };
    expect(text((await propose(ANN, 'POST', '/manifest', { body: manifest }))['reasons'])).toContain('how people sign in');
  });

  test('what would show its second person a secret is no proposal; with a hash of it it is, and the answer shows none', async () => {
    const puppet = { userName: 'pat', groups: ['keepers'] };
    const lee = { ...puppet, userName: 'lee', active: true, source: 'local' as const, createdAt: 1, changedAt: 1 };
    await putStored(control().store, 'person', 'default', 'lee', lee, 'test');
    await putStored(control().store, 'account', 'default', 'lee', { person: 'lee', userName: 'lee', passkeys: [], createdAt: 1 }, 'test');
    const secrets: readonly (readonly [string, Wanted])[] = [
      ['/people/scim-tokens', { body: { note: 'mine', ttlMs: 60_000 } }],
      ['/accounts', { body: puppet }],
      ['/accounts/:name/reset', { params: { name: 'lee' }, body: {} }],
    ];
    const approved: Admin = { ...ANN, approvals: [BOB.id] };
    for (const [path, wanted] of secrets) {
      for (const admin of [ANN, approved]) {
        const { code, body } = await send(admin, 'POST', path, wanted);
        expect([path, code, Object.keys(body)]).toEqual([path, 'ERR_SECOND_PERSON', ['message', 'remedy']]);
      }
    }
    const hash = new Bun.CryptoHasher('sha256').update('spc_').digest('hex');
    const proposal = await propose(ANN, 'POST', '/people/scim-tokens', { body: { note: 'mine', ttlMs: 60_000, hash } });
    const done = await approve(BOB, proposal);
    expect(done).toMatchObject({ code: '', body: { state: 'done', result: { note: 'mine' } } });
    expect(JSON.stringify(done)).not.toContain('spc_');
    expect(Object.keys(isObject(done.body['result']) ? done.body['result'] : {})).not.toContain('token');
    expect((await control().store.get('scim-token', 'default', text(part(done.body, 'result', 'id'))))?.body).toMatchObject({ hash });
  });

  test('a server with tools that destroy, also when the approver calls them harmless; not one that only reads', async () => {
    for (const [id, tools] of [['crm', { drop: {} }], ['wiki', { search: { annotations: { readOnlyHint: true } } }]] as const) {
      expect((await send(ANN, 'POST', '/servers', { body: crm(id) })).code).toBe('');
      fixture.says.set(id, surfaceSaying(tools));
      expect((await send(ANN, 'POST', '/servers/:id/scan', { params: { id } })).code).toBe('');
    }
    const digestOf = async (id: string): Promise<string> => {
      const { body } = await send(ANN, 'GET', '/servers/:id', { params: { id } });
      return text(part(body, 'candidate', 'digest'));
    };
    const wiki = { params: { id: 'wiki' }, body: { digest: await digestOf('wiki') } };
    expect((await send(ANN, 'POST', '/servers/:id/approve', wiki)).code).toBe('ERR_SECOND_PERSON');
    expect((await send(CAL, 'POST', '/servers/:id/approve', wiki)).code).toBe('');
    const digest = await digestOf('crm');
    await propose(BOB, 'POST', '/servers/:id/approve', { params: { id: 'crm' }, body: { digest } });
    const proposal = await propose(BOB, 'POST', '/servers/:id/approve', { params: { id: 'crm' }, body: { digest, effects: { drop: 'read' } } });
    expect((await approve(CAL, proposal)).code).toBe('');
    expect((await send(ANN, 'GET', '/servers/:id', { params: { id: 'crm' } })).body).toMatchObject({ status: 'approved' });
  });
});
