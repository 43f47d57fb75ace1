import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { objects, part, text } from '../../cli/json-view.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Admin } from '../route.ts';
import { ask, ROOT } from '../admins/fixture-admin.ts';
import { configure, crm, openControl, surfaceSaying, type ControlFixture } from '../fixture-control.ts';
import { differencesBetween } from './differences.ts';
import { stateOf } from './state.ts';
import { weighLeaf } from './weigh.ts';

setDefaultTimeout(60_000);

let fixture: ControlFixture;
const control = (): ControlFixture['role']['control'] => fixture.role.control;
const head = (): number => control().configuration.head?.statement.number ?? 0;
const rollBack = (version: number, admin = ROOT): ReturnType<typeof ask> =>
  ask(control(), admin, 'POST', '/configuration/rollback', { body: { version, reason: 'as it was' } });
beforeAll(async () => {
  fixture = await openControl();
});
afterAll(() => fixture.close());

test('an agent that a rollback takes away takes its tokens with it: nothing would bound them any more', async () => {
  const before = head();
  const expiresAt = Math.floor(Date.now() / 1000) * 1000 + 86_400_000;
  expect((await fixture.api('POST', '/agents', { id: 'desk', owner: 'desk@example.com', purpose: 'tickets', allow: '*', expiresAt })).status).toBe(200);
  expect((await fixture.api('POST', '/tokens', { agent: 'desk', audience: ['*'], ttlMs: 3_600_000 })).status).toBe(200);
  expect((await rollBack(before)).code).toBe('');
  expect(objects((await fixture.api('GET', '/agents')).body['agents'])).toEqual([]);
  expect(objects((await fixture.api('GET', '/tokens')).body['tokens']).map(({ state }) => state)).toEqual(['revoked']);
});

test('who may not approve a server brings no approval back by a rollback, though what was approved is still there', async () => {
  const declared = crm('crm');
  expect((await fixture.api('POST', '/servers', declared)).status).toBe(200);
  fixture.says.set('crm', surfaceSaying({ search: { annotations: { readOnlyHint: true } } }));
  const scanned = await fixture.api('POST', '/servers/crm/scan');
  expect((await fixture.api('POST', '/servers/crm/approve', { digest: text(part(scanned.body, 'candidate', 'digest')) })).status).toBe(200);
  const approved = head();
  const stored = (await control().store.get('server', 'default', 'crm'))?.body;
  await configure(control(), 'server', 'default', 'crm', { ...JSON.parse(JSON.stringify(stored)), status: 'declared' });
  const operator: Admin = { ...ROOT, may: ['read', 'change'] };
  expect((await rollBack(approved, operator)).code).toBe('ERR_ADMIN_FORBIDDEN');
  expect((await control().store.get('server', 'default', 'crm'))?.body).toMatchObject({ status: 'declared' } satisfies JsonObject);
});

/** A state of nothing but policies, by file. */
function policies(files: Readonly<Record<string, string>>): ReturnType<typeof stateOf> {
  return stateOf(Object.entries(files).map(([file, source]) => ({ kind: 'policy', space: 'default', id: file, body: { file, source } })));
}

function longPolicy(last: string): ReturnType<typeof stateOf> {
  return policies({ 'a.cedar': `@id("long") permit(principal, action, resource) when {\n${'  // a remark\n'.repeat(1_000)}  ${last} };\n` });
}

test('a long policy that differs beyond what is shown of it is shown where it differs, and no secret there', () => {
  const [found] = differencesBetween(longPolicy('resource.effect == "read"'), longPolicy('resource.name == "AKIAIOSFODNN7EXAMPLE"'));
  const [before, after] = [text(found?.parts[0]?.before), text(found?.parts[0]?.after)];
  expect(before).toContain('resource.effect == "read"');
  expect(after).toContain('resource.name ==');
  expect(after.length).toBeLessThan(5_000);
  expect(after).not.toContain('AKIAIOSFODNN7EXAMPLE');
  expect(text(differencesBetween(stateOf([]), longPolicy('true'))[0]?.parts[0]?.after)).toEndWith(' […]');
});

test('a policy that is named like the place of another one is not hidden behind it', () => {
  const there = { 'b.cedar': 'forbid(principal, action, resource);' };
  // Both files change: what is the same is not compared at all.
  const hiding = { 'b.cedar': `${there['b.cedar']}\n`, 'a.cedar': '@id("b.cedar:1") permit(principal, action, resource);' };
  expect(differencesBetween(policies(there), policies(hiding))).toMatchObject([{ verb: 'add', id: 'b.cedar:1', weight: 'more' }]);
});

test('what is started is more when it is another, by whatever name it stands', () => {
  for (const path of ['endpoint.launch.package.digest', 'endpoint.launch.env.region', 'endpoint.headers.note']) {
    expect(weighLeaf('server', { path, before: 'a', after: 'b' })).toBe('more');
  }
  expect(weighLeaf('server', { path: 'note', before: 'a', after: 'b' })).toBe('same');
});
