import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { ask, person } from '../../src/control/admins/fixture-admin.ts';
import { denyApproval } from '../../src/control/approvals/decide.ts';
import { noteShown } from '../../src/control/approvals/shown.ts';
import type { Approval } from '../../src/control/approvals/words.ts';
import type { Person } from '../../src/control/people/schema.ts';
import { putStored } from '../../src/control/stored.ts';
import { text } from '../../src/cli/json-view.ts';
import { startApproving, type Approving } from '../fixtures/approving.ts';
import { codeOf } from '../fixtures/code-of.ts';
import { configure } from '../../src/control/fixture-control.ts';

/* Ways by which somebody could approve what is theirs, or have asked again what was refused. */

setDefaultTimeout(60_000);

const POLICY = `permit(principal, action, resource);
@id("mail-is-approved") @approve("comms") forbid(principal, action == Action::"call_tool", resource == Tool::"mail/send");
@id("owned") @approve("owner") forbid(principal, action == Action::"call_tool", resource == Tool::"mail/announce");`;

let on: Approving;
beforeAll(async () => {
  on = await startApproving(POLICY, { mallory: ['comms'], carl: ['comms'], bob: [] }, '', true);
  for (const who of ['mallory', 'bob']) {
    await configure(on.gate.control(), 'admin', 'default', who, { to: { principal: on.people[who] ?? '' }, role: 'admin', space: '*' });
  }
});
afterAll(() => on.stop());

const last = async (): Promise<Approval> => {
  const found = (await on.approvals()).at(-1);
  if (found === undefined) throw new Error('nothing was asked');
  return found;
};

/** A token for an agent, made by somebody who administers. */
async function made(who: string, agent: string): Promise<{ readonly id: string; readonly token: string }> {
  const admin = { ...person(who), id: on.people[who] ?? '' };
  const { code, body } = await ask(on.gate.control(), admin, 'POST', '/tokens', { body: { agent, audience: ['*'], ttlMs: 600_000 } });
  expect([code, body]).toEqual(['', expect.anything()]);
  return { id: text(body['id']), token: text(body['token']) };
}

/** The call, once the gateways know the token. */
async function call(token: string, args: { readonly to: string }, tool = 'send'): ReturnType<Approving['call']> {
  for (let n = 0; n < 100; n++) {
    const called = await on.call(token, args, 'east', tool);
    if (called.status !== 401) return called;
    await Bun.sleep(20);
  }
  throw new Error('the gateway knows nothing of the token');
}

test('whoever made a token approves nothing that is asked with it, after somebody else revoked it either', async () => {
  const { id, token } = await made('mallory', 'robot');
  expect((await call(token, { to: 'a@x.example' })).code).toBe('ERR_APPROVAL_REQUIRED');
  const approval = await last();
  expect(await codeOf(on.grant('mallory', approval))).toBe('ERR_APPROVER');
  await on.gate.admin('DELETE', `/tokens/${id}`);
  expect(await codeOf(on.grant('mallory', approval))).toBe('ERR_APPROVER');
});

test('asked with one token and sent with another that the approver made, a call does not run', async () => {
  const bobs = await made('bob', 'clerk');
  expect((await call(bobs.token, { to: 'b@x.example' })).code).toBe('ERR_APPROVAL_REQUIRED');
  await on.grant('mallory', await last());
  const hers = await made('mallory', 'clerk');
  const sent = on.sent();
  expect((await call(hers.token, { to: 'b@x.example' })).code).toBe('ERR_APPROVAL_REQUIRED');
  expect(on.sent()).toBe(sent);
  // Somebody else can still let it go.
  await on.grant('carl', await last());
  expect((await call(bobs.token, { to: 'b@x.example' })).result).toBeDefined();
});

test('what was refused is not asked again because its caller has read more since', async () => {
  const token = await on.gate.token({ agent: 'insistent' });
  expect((await call(token, { to: 'c@x.example' })).code).toBe('ERR_APPROVAL_REQUIRED');
  const approval = await last();
  const id = on.people['carl'] ?? '';
  await noteShown(on.gate.control(), approval.id, id);
  await denyApproval(on.gate.control(), 'default', approval.id, { id, via: 'page' }, 'no');
  expect((await call(token, { to: 'c@x.example' })).code).toBe('ERR_APPROVAL_DENIED');
  // What it reads is untrusted and internal.
  await on.call(token, {}, 'east', 'read_inbox');
  expect((await call(token, { to: 'c@x.example' })).code).toBe('ERR_APPROVAL_DENIED');
  expect(await last()).toMatchObject({ id: approval.id, body: { state: 'denied' } });
});

test('an address that a provider does not vouch for makes nobody the owner of a server', async () => {
  expect((await call(await on.gate.token({ agent: 'crier' }), { to: 'd@x.example' }, 'announce')).code).toBe('ERR_APPROVAL_REQUIRED');
  const approval = await last();
  const control = on.gate.control();
  const [id, subject] = ['01a20000-0000-7000-8000-000000000001', 'https://idp.example|7'];
  const as = async (emailVerified: boolean): Promise<void> => {
    const somebody: Person = {
      userName: 'somebody', email: 'olga', emailVerified, active: true, source: 'sso', subject, groups: [], createdAt: 1, changedAt: 1,
    };
    await putStored(control.store, 'person', 'default', id, somebody, 'test');
  };
  await as(false);
  await noteShown(control, approval.id, subject);
  expect(await codeOf(on.grant(subject, approval))).toBe('ERR_APPROVER');
  await as(true);
  expect((await on.grant(subject, approval))[0]?.body.state).toBe('granted');
});
