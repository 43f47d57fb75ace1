import { afterAll, beforeAll, expect, test } from 'bun:test';
import { ask, ROOT } from '../admins/fixture-admin.ts';
import { openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import { putStored } from '../stored.ts';
import { readRevokedPeople } from './revoked.ts';

let fixture: ControlFixture;
beforeAll(async () => {
  fixture = await openControl();
});
afterAll(() => fixture.close());

test('a person who is called as the gate\'s own workload is ends nothing of the gate\'s: without it every pin would grow stale', async () => {
  const { control } = fixture.role;
  for (const userName of ['registry', 'nina']) {
    const person = { userName, active: true, source: 'scim' as const, groups: [], createdAt: 1, changedAt: 1 };
    await putStored(control.store, 'person', 'default', `id-${userName}`, person, 'test');
    expect((await ask(control, ROOT, 'POST', '/people/:id/deactivate', { params: { id: `id-${userName}` } })).code).toBe('');
  }
  const { principals } = await readRevokedPeople(control.store, Date.now());
  expect(principals).toContain('default/sallyport|nina');
  expect(principals).not.toContain('default/sallyport|registry');
});
