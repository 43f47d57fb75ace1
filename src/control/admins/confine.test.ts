import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { JsonObject } from '../../domain/json.ts';
import { crm, openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import type { Admin } from '../route.ts';
import { ask, person, ROOT } from './fixture-admin.ts';

let fixture: ControlFixture;
const [DESK, ORG] = [person('dot', 'desk-team'), person('ann', 'sec')];

beforeAll(async () => {
  fixture = await openControl();
  for (const [group, space] of [['desk-team', 'default'], ['sec', '*']] as const) {
    expect((await ask(fixture.role.control, ROOT, 'POST', '/admins', { body: { to: { group }, role: 'admin', space } })).code).toBe('');
  }
});
afterAll(() => fixture.close());

const declare = async (admin: Admin, id: string, more: JsonObject): Promise<string> =>
  (await ask(fixture.role.control, admin, 'POST', '/servers', { body: crm(id, more) })).code;
const apply = async (admin: Admin, servers: string): Promise<string> => (await ask(fixture.role.control, admin, 'POST', '/manifest', {
  body: { file: 'sallyport.yaml', text: `apiVersion: sallyport/v1\nservers:\n${servers}`, policies: [] },
})).code;
const header = (secret: string): JsonObject => ({ credentials: { type: 'header', header: 'x-key', secret } });
const launch = (secret: string): JsonObject =>
  ({ endpoint: { transport: 'stdio', launch: { command: '/bin/cat', args: [], env: { KEY: secret }, shared: false } }, allow: [] });

test('files and variables of control\'s machine are the organisation\'s: whoever administers the default space alone sends none of them anywhere', async () => {
  for (const secret of ['env:AWS_SECRET_ACCESS_KEY', 'file:/home/someone/.aws/credentials']) {
    expect(await declare(DESK, 'mine', header(secret))).toBe('ERR_ADMIN_FORBIDDEN');
    expect(await declare(DESK, 'mine', launch(secret))).toBe('ERR_ADMIN_FORBIDDEN');
  }
  expect(await declare(DESK, 'mine', header('vault:mine'))).toBe('');
  expect(await declare(ORG, 'crm', header('env:CRM_KEY'))).toBe('');
});

test('where one of them is sent already, only what leaves it there may change', async () => {
  const key = 'credentials: { type: header, header: x-key, secret: "env:CRM_KEY" }';
  const other = '  mine: { url: "https://mine.example/mcp", owner: sales, credentials: { type: header, header: x-key, secret: "vault:mine" } }\n';
  expect(await apply(DESK, `  crm: { url: "https://evil.example/mcp", owner: sales, ${key} }\n${other}`)).toBe('ERR_ADMIN_FORBIDDEN');
  expect(await apply(DESK, `  crm: { url: "https://crm.example/mcp", owner: other, ${key} }\n${other}`)).toBe('');
  expect(await apply(DESK, `  crm: { url: "https://crm.example/mcp", owner: other }\n${other}`)).toBe('');
});
