import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { objects, part, text } from '../../src/cli/json-view.ts';
import { ACCESSES } from '../../src/control/access.ts';
import { ask, person } from '../../src/control/admins/fixture-admin.ts';
import { CONFIGURED } from '../../src/control/configuration/state.ts';
import { configure, crm, openControl } from '../../src/control/fixture-control.ts';
import type { ControlFixture } from '../../src/control/fixture-control.ts';
import type { Route } from '../../src/control/route.ts';
import { ROUTES } from '../../src/control/routes.ts';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import { KINDS } from '../../src/store/store.ts';
import type { Row } from '../../src/store/store.ts';

let fixture: ControlFixture;
const control = (): ControlFixture['role']['control'] => fixture.role.control;
const RITA = person('rita', 'red-admins');

/** What only another space holds: it may be in no answer that Rita gets. */
const MARK = 'blue-only-words';

const TO = { group: MARK };
const CALLS = { kind: 'calls', server: 'blue-crm', to: TO };
const EXCEPTION = { scope: CALLS, reason: MARK, owner: MARK, approver: MARK, expiresAt: Date.now() + 3_600_000 };

beforeAll(async () => {
  fixture = await openControl();
  const { store } = control();
  const put = (kind: (typeof KINDS)[number], space: string, id: string, body: Json): Promise<unknown> =>
    (CONFIGURED.some((one) => one === kind) ? configure(control(), kind, space, id, body) : store.put(kind, space, id, body, { by: 'test' }));
  await put('admin', 'red', 'red', { to: { group: 'red-admins' }, role: 'admin', space: 'red' });
  for (const [space, name] of [['blue', 'blue-crm'], ['default', 'main-crm']] as const) {
    await fixture.api('POST', `/servers?space=${space}`, { ...crm(name), owner: MARK });
    await fixture.api('PUT', `/toolsets/theirs?space=${space}`, { members: [{ server: name, tools: [MARK], prompts: [], resources: false }] });
    await fixture.api('PUT', `/roles/theirs?space=${space}`, { allow: [{ server: name, tools: [MARK] }] });
    await fixture.api('POST', `/tokens?space=${space}`, { agent: 'theirs', audience: ['*'], ttlMs: 60_000, groups: [MARK] });
    await put('exception', space, 'theirs', { ...EXCEPTION, scope: { ...CALLS, server: name }, createdAt: Date.now() });
    await put('admin', space, 'theirs', { to: TO, role: 'auditor', space });
  }
  const at = Date.now();
  await put('person', 'default', 'theirs', { userName: MARK, active: true, source: 'local', groups: [MARK], createdAt: at, changedAt: at });
  await put('group', 'default', 'theirs', { displayName: MARK, members: ['theirs'], createdAt: at, changedAt: at });
  await put('custodian', 'default', 'theirs', { publicKey: 'a'.repeat(43), salt: 'b'.repeat(22), enrolledBy: MARK, enrolledAt: at });
  await put('scim-token', 'default', 'theirs', { hash: 'a'.repeat(64), note: MARK, createdBy: MARK, createdAt: at, expiresAt: at + 60_000 });
  await put('opening', 'default', 'theirs', {
    space: '*', access: ['read'], reason: MARK, custodians: ['a', 'b'], tokenHash: 'c'.repeat(64), openedAt: at, endsAt: at + 60_000,
  });
});
afterAll(() => fixture.close());

const nameOf = ({ method, path }: Route): string => `${method} ${path}`;
const TABLE = ROUTES.map((route) => [nameOf(route), route] as const);

const isOfTheRecord = ({ kind, updatedBy }: Row): boolean => /^(?:incident|finding)/.test(kind) && updatedBy === 'sallyport|control';

/** Everything that isn't Rita's, as the store holds it: less what control itself makes, beside that, of the record of her tries. */
async function othersRows(): Promise<string> {
  const rows = await Promise.all(KINDS.map((kind) => control().store.list(kind)));
  return JSON.stringify(rows.flat().filter((row) => row.space !== 'red' && !isOfTheRecord(row)));
}

/** Bodies that would do something, where a route takes one. */
const BODIES: Readonly<Record<string, JsonObject>> = {
  'POST /servers': crm('red-crm'),
  'POST /servers/:id/approve': { digest: 'a'.repeat(64) },
  'POST /servers/:id/quarantine': { reason: 'x' },
  'PUT /toolsets/:id': { members: [{ server: 'blue-crm', tools: '*', prompts: [], resources: false }] },
  'POST /tokens': { agent: 'bot', audience: ['/mcp/blue-crm'], ttlMs: 60_000 },
  'POST /exceptions': EXCEPTION,
  'PUT /roles/:id': { allow: [{ server: 'blue-crm', tools: ['a'] }] },
  'POST /bindings': { role: 'theirs', to: { group: 'x' } },
  'PUT /policies': { file: 'a.cedar', source: '@scope("organisation") forbid(principal, action, resource);' },
  'POST /policies/check': { policies: [] },
  'POST /manifest': {
    file: 'sallyport.yaml', text: 'apiVersion: sallyport/v1\ngateway: { listen: 0.0.0.0:1, publicUrl: https://evil.example }\n', policies: [],
  },
  'PUT /kill': { target: 'all', on: true, reason: 'x' },
};

describe('every route of the control API', () => {
  test.each(TABLE)('%s says what it amounts to, and whose it is', (_, route) => {
    expect(ACCESSES).toContain(route.access);
    expect(['space', 'organisation']).toContain(route.reach);
  });

  test.each(TABLE)('%s: who administers one space is nobody in another, nor for the organisation', async (_, route) => {
    if (route.access === 'self') return;
    const before = await othersRows();
    const params = Object.fromEntries([...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, 'theirs']));
    const body = BODIES[nameOf(route)] ?? {};
    const spaces = route.reach === 'organisation' ? ['default', 'blue', 'red'] : ['default', 'blue'];
    for (const space of spaces) {
      expect([space, (await ask(control(), RITA, route.method, route.path, { space, params, body })).code]).toEqual([space, 'ERR_ADMIN_FORBIDDEN']);
    }
    expect((await ask(control(), RITA, route.method, route.path, { params, body })).code).toBe('ERR_ADMIN_FORBIDDEN');
    expect(await othersRows()).toBe(before);
  });

  test.each(TABLE)('%s: asked in one\'s own space for what is another\'s, it changes nothing there and tells nothing of it', async (_, route) => {
    if (route.reach !== 'space' || route.streams) return;
    const before = await othersRows();
    for (const id of ['theirs', 'blue-crm', 'main-crm']) {
      const params = Object.fromEntries([...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, id]));
      for (const body of [BODIES[nameOf(route)], {}]) {
        const answer = await ask(control(), RITA, route.method, route.path, { space: 'red', params, ...(body === undefined ? {} : { body }) });
        expect(JSON.stringify(answer.body)).not.toContain(MARK);
      }
    }
    expect(await othersRows()).toBe(before);
  });
});

test('a space cannot write itself a role in another, nor the organisation\'s policies', async () => {
  const { code } = await ask(control(), RITA, 'POST', '/manifest', {
    space: 'red', body: { file: 'a.yaml', text: 'apiVersion: sallyport/v1\nadmins: [{ group: red-admins, role: admin, space: "*" }]\n', policies: [] },
  });
  expect(code).toBe('ERR_CONFIG_INVALID');
  const files = [{ file: 'a.cedar', text: '@scope("organisation") forbid(principal, action, resource);' }];
  const manifest = 'apiVersion: sallyport/v1\npolicies: [a.cedar]\n';
  const asked = { space: 'red', body: { file: 'a.yaml', text: manifest, policies: files } };
  expect((await ask(control(), RITA, 'POST', '/manifest', asked)).code).toBe('ERR_POLICY_INVALID');
});

test('an organisation\'s forbid holds in a space whose own policies permit everything', async () => {
  const forbid = '@id("org") @scope("organisation") forbid(principal, action == Action::"call_tool", resource) when { resource.effect == "destroy" };';
  expect(await fixture.api('PUT', '/policies', { file: 'org.cedar', source: forbid })).toMatchObject({ status: 200 });
  await ask(control(), RITA, 'PUT', '/policies', { space: 'red', body: { file: 'all.cedar', source: 'permit(principal, action, resource);' } });
  const { signed } = control().snapshots.current ?? { signed: { bytes: '{}' } };
  const snapshot: Json = JSON.parse(signed.bytes);
  const policies = objects(part(snapshot, 'policy', 'policies'));
  const org = policies.find(({ id }) => id === 'org');
  expect(JSON.stringify(org?.['condition'])).not.toContain('default');
  expect(JSON.stringify(policies.find(({ id }) => text(id).startsWith('all.cedar#'))?.['condition'])).toContain('red');
  expect((await ask(control(), RITA, 'DELETE', '/policies/:id', { space: 'red', params: { id: 'org.cedar' } })).code).toBe('ERR_NOT_FOUND');
});
