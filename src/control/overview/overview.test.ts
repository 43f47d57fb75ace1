import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { JsonObject } from '../../domain/json.ts';
import { number, objects, part, text } from '../../cli/json-view.ts';
import { ask, person, ROOT } from '../admins/fixture-admin.ts';
import { openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import { putStored } from '../stored.ts';
import { OVERVIEW } from './answer.ts';

let fixture: ControlFixture;
const [AUDITOR, VIEWER, STRANGER] = [person('otto', 'audit'), person('vera', 'view'), person('nina', 'nothing')];
const CALL = { space: 'default', principal: 'https://idp|ann', principalKind: 'person', agent: 'desk', server: 'crm', context: 'c'.repeat(32) } as const;

beforeAll(async () => {
  fixture = await openControl();
  const { control } = fixture.role;
  for (const [group, role] of [['audit', 'auditor'], ['view', 'viewer']] as const) {
    await ask(control, ROOT, 'POST', '/admins', { body: { to: { group }, role, space: '*' } });
  }
  await control.record({ ...CALL, event: 'call.permitted', action: 'call_tool' });
  await control.record({ ...CALL, event: 'call.denied', action: 'call_tool' });
  await putStored(control.store, 'drift', 'default', 'crm', { observedAt: 5, node: 'gateway', digest: 'd' }, 'test');
});
afterAll(() => fixture.close());

async function overview(admin = ROOT): Promise<JsonObject> {
  const { body, code } = await ask(fixture.role.control, admin, 'GET', '/overview', {});
  expect(code).toBe('');
  expect(OVERVIEW.safeParse(body).error?.message).toBeUndefined();
  return body;
}

test('says what is in force, the numbers, who called what, and what waits', async () => {
  const found = await overview();
  expect(found['missing']).toEqual([]);
  expect(number(part(found, 'force', 'snapshot', 'version'))).toBeGreaterThan(0);
  expect(objects(found['figures']).find(({ id }) => id === 'servers-drifted')).toMatchObject({ count: 0, of: 0 });
  expect(objects(part(found, 'map', 'edges'))).toMatchObject([{ agent: 'desk', server: 'crm', calls: 1, denials: 1 }]);
  expect(JSON.stringify(found)).not.toContain('idp|ann');
  expect(objects(found['needs'])).toMatchObject([{ kind: 'drift', id: 'crm', place: { screen: 'servers', id: 'crm' }, access: 'approve' }]);
  expect(found['needed']).toEqual({ drift: 1 });
  expect(found['begun']).toEqual({ servers: 0, approved: 0, agents: 0, policies: 0, called: true });
});

test('[overview-as-asked] shows nobody what they may not read by itself', async () => {
  expect(part(await overview(VIEWER), 'map')).toBeUndefined();
  expect(objects((await overview(VIEWER))['figures']).map(({ id }) => text(id))).not.toContain('incidents-open');
  expect(part(await overview(AUDITOR), 'map')).toBeDefined();
  expect([part(await overview(AUDITOR), 'begun', 'called'), part(await overview(VIEWER), 'begun', 'called')]).toEqual([true, undefined]);
  const nothing = await overview(STRANGER);
  expect([nothing['figures'], nothing['needs'], nothing['needed']]).toEqual([[], [], {}]);
  expect([nothing['force'], nothing['map'], nothing['begun']]).toEqual([undefined, undefined, undefined]);
});
