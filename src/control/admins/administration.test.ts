import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { ACCESSES } from '../access.ts';
import type { Access } from '../access.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Admin } from '../route.ts';
import { configure, openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import { journalOf } from '../../../test/fixtures/journal-of.ts';
import { ask, person, ROOT } from './fixture-admin.ts';
import { LIMITS } from '../../domain/limits.ts';
import { whileStanding } from './standing.ts';

let fixture: ControlFixture;
const of = (): ControlFixture['role']['control'] => fixture.role.control;

async function give(id: string, space: string, body: JsonObject): Promise<void> {
  await configure(of(), 'admin', space, id, body);
}

async function decided(admin: Admin, access: Access, space: string): Promise<string> {
  return (await of().admins.decide(admin, { access, space, part: 'servers' })).outcome;
}

beforeAll(async () => {
  fixture = await openControl();
  for (const role of ['admin', 'approver', 'analyst', 'auditor', 'protector', 'sensor']) {
    await give(`all-${role}`, 'default', { to: { group: `all-${role}` }, role, space: '*' });
    await give(`red-${role}`, 'red', { to: { group: `red-${role}` }, role, space: 'red' });
  }
  await give('by-name', 'default', { to: { principal: 'https://issuer.example|nora' }, role: 'auditor', space: 'blue' });
  // What a space says of others is nothing, however it came into the store.
  await give('liar', 'red', { to: { group: 'liars' }, role: 'admin', space: '*' });
});
afterAll(() => fixture.close());

const MATRIX: Readonly<Record<string, readonly Access[]>> = {
  admin: ['self', 'read', 'change', 'approve', 'audit', 'investigate', 'stop', 'govern', 'observe', 'protect'],
  approver: ['self', 'read', 'approve'],
  analyst: ['self', 'read', 'audit', 'investigate', 'stop'],
  auditor: ['self', 'read', 'audit'],
  protector: ['self', 'read', 'observe', 'protect'],
  sensor: ['self', 'observe'],
  nobody: ['self'],
};

describe('roles', () => {
  test.each(Object.keys(MATRIX))('%s may exactly what the table says, where it is given', async (role) => {
    const everywhere = person('ann', `all-${role}`);
    const inRed = person('bob', `red-${role}`);
    for (const access of ACCESSES) {
      const wanted = MATRIX[role]?.includes(access) === true ? 'allow' : 'deny';
      for (const space of ['default', 'red', '*']) expect([access, space, await decided(everywhere, access, space)]).toEqual([access, space, wanted]);
      expect(await decided(inRed, access, 'red')).toBe(wanted);
      for (const space of ['default', 'blue', '*']) expect(await decided(inRed, access, space)).toBe(access === 'self' ? 'allow' : 'deny');
    }
  });

  test('are held by name too; a space gives none beyond itself; without any there is nothing', async () => {
    expect(await decided(person('nora'), 'audit', 'blue')).toBe('allow');
    expect(await decided(person('nora'), 'audit', 'red')).toBe('deny');
    expect(await decided(person('nora2'), 'audit', 'blue')).toBe('deny');
    for (const space of ['red', 'default', '*']) expect(await decided(person('mallory', 'liars'), 'read', space)).toBe('deny');
    const { proof: _, ...unproved } = person('ann', 'all-admin');
    expect(await decided(unproved, 'read', 'default')).toBe('deny');
    expect(await decided({ ...person('ann', 'all-admin'), may: ['read'] }, 'change', 'default')).toBe('deny');
  });

  test('a company may forbid what a role allows, for everybody but the holder of this machine\'s token', async () => {
    const source = '@id("no-red-tokens") forbid(principal, action == Action::"admin_change", resource == Control::"red/toolsets");';
    expect(await ask(of(), ROOT, 'PUT', '/policies', { body: { file: 'admins.cedar', source } })).toMatchObject({ code: '' });
    const put = { space: 'red', params: { id: 'all' }, body: { members: [] } };
    const refused = await ask(of(), person('ann', 'all-admin'), 'PUT', '/toolsets/:id', put);
    expect(refused).toMatchObject({ code: 'ERR_ADMIN_FORBIDDEN', body: { remedy: expect.stringContaining('no-red-tokens') } });
    expect(await ask(of(), person('ann', 'all-admin'), 'PUT', '/toolsets/:id', { ...put, space: 'default' })).toMatchObject({ code: '' });
    expect(await ask(of(), ROOT, 'PUT', '/toolsets/:id', put)).toMatchObject({ code: '' });
    expect(await ask(of(), person('rita', 'red-admin'), 'PUT', '/policies', { space: 'red', body: { file: 'admins.cedar', source } }))
      .toMatchObject({ code: 'ERR_POLICY_INVALID' });
    await ask(of(), ROOT, 'DELETE', '/policies/:id', { params: { id: 'admins.cedar' } });
  });

  test('who did what, in which role, is in the record; so is who was refused', async () => {
    await ask(of(), person('ann', 'all-admin'), 'PUT', '/toolsets/:id', { space: 'red', params: { id: 'mine' }, body: { members: [] } });
    await ask(of(), person('tom'), 'PUT', '/toolsets/:id', { space: 'red', params: { id: 'mine' }, body: { members: [] } });
    const records = journalOf(fixture.home, { space: 'red' });
    expect(records.find(({ action, principal }) => action === 'toolset.put' && principal === 'https://issuer.example|ann'))
      .toMatchObject({ detail: { by: { via: 'session', roles: ['admin'] } } });
    const refused = records.find(({ event, principal }) => event === 'admin.refused' && principal === 'https://issuer.example|tom');
    expect(refused).toMatchObject({ action: 'toolsets.change' });
  });
});

function signedIn(agoMs: number | undefined): Admin {
  const { id, may } = person('tea', 'all-admin');
  const issuedAt = Date.now();
  const when = agoMs === undefined ? {} : { signedInAt: issuedAt - agoMs };
  return { id, may, proof: { via: 'token', kind: 'person', groups: ['all-admin'], proof: 'dpop', issuedAt, credentials: ['i|j'], ...when } };
}

describe('a person by token', () => {
  const grant = { body: { to: { group: 'guests' }, role: 'auditor', space: 'green' }, space: 'green' };

  test('gives a role to an id, never to a bare name that nobody has', async () => {
    const bare = { ...grant, body: { ...grant.body, to: { principal: 'ann' } } };
    expect(await ask(of(), signedIn(60_000), 'POST', '/admins', bare)).toMatchObject({ code: 'ERR_REQUEST_INVALID' });
  });

  test('changes who has power only if they signed in lately, however new the token is', async () => {
    for (const agoMs of [LIMITS.wideSignInMs + 1_000, undefined]) {
      expect(await ask(of(), signedIn(agoMs), 'POST', '/admins', grant)).toMatchObject({ code: 'ERR_SIGN_IN_OLD', body: { maxAgeS: 43_200 } });
      expect((await ask(of(), signedIn(agoMs), 'GET', '/servers')).code).toBe('');
    }
    expect((await ask(of(), signedIn(60_000), 'POST', '/admins', grant)).code).not.toBe('ERR_SIGN_IN_OLD');
  });

  test('may do what the token is for, and no more', async () => {
    const narrow: Admin = { ...signedIn(0), may: ['self', 'read'] };
    expect((await ask(of(), narrow, 'GET', '/servers')).code).toBe('');
    expect(await ask(of(), narrow, 'GET', '/audit/records')).toMatchObject({ code: 'ERR_ADMIN_FORBIDDEN', body: { scope: 'admin.audit' } });
  });

  test('has a stream for as long as they may ask for it', async () => {
    let stands = true;
    const signal = whileStanding(signedIn(0), async () => stands, new AbortController().signal);
    const ended = new Promise((done) => {
      signal.addEventListener('abort', done);
    });
    expect(signal.aborted).toBe(false);
    stands = false;
    await ended;
    expect(whileStanding(ROOT, async () => false, new AbortController().signal).aborted).toBe(false);
  });
});
