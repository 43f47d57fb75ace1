import { afterAll, beforeAll, expect, test } from 'bun:test';
import { ask, person, ROOT } from '../admins/fixture-admin.ts';
import { openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import type { Admin } from '../route.ts';

let fixture: ControlFixture;
const [ANALYST, OWNER, OTHER] = [person('ana', 'soc'), person('olga', 'owners'), person('otto', 'others')];

beforeAll(async () => {
  fixture = await openControl();
  for (const [group, role, space] of [['soc', 'analyst', '*'], ['owners', 'admin', 'crm'], ['others', 'admin', 'erp']] as const) {
    expect((await ask(fixture.role.control, ROOT, 'POST', '/admins', { body: { to: { group }, role, space } })).code).toBe('');
  }
});
afterAll(() => fixture.close());

const turn = async (admin: Admin, on: boolean, target = 'agent'): Promise<string> =>
  (await ask(fixture.role.control, admin, 'PUT', '/kill', {
    space: 'crm', body: { target, name: target === 'agent' ? 'bot' : 'a'.repeat(32), on, reason: 'odd' },
  })).code;

test('an analyst stops an agent or a context; that it may go on is for whoever may change it', async () => {
  for (const target of ['agent', 'context']) {
    expect(await turn(ANALYST, true, target)).toBe('');
    expect(await turn(ANALYST, false, target)).toBe('ERR_ADMIN_FORBIDDEN');
    expect(await turn(OTHER, false, target)).toBe('ERR_ADMIN_FORBIDDEN');
    expect(await turn(OWNER, false, target)).toBe('');
  }
  expect((await ask(fixture.role.control, ANALYST, 'GET', '/kill', { space: 'crm' })).body).toMatchObject({ agents: [], contexts: [] });
});
