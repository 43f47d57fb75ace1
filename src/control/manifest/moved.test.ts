import { afterAll, beforeAll, expect, test } from 'bun:test';
import { part, text } from '../../cli/json-view.ts';
import { ask, person, ROOT } from '../admins/fixture-admin.ts';
import { openControl, surfaceSaying } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import type { Admin } from '../route.ts';

/** Whether a server that was moved, or is shown another secret, waits until somebody else approves that. */
let fixture: ControlFixture;
const [ANN, BOB] = [person('ann', 'sec'), person('bob', 'sec')];
const send = (admin: Admin, method: 'GET' | 'POST', path: string, id: string, body?: Record<string, string>): ReturnType<typeof ask> =>
  ask(fixture.role.control, admin, method, path, { params: { id }, ...(body === undefined ? {} : { body }) });

const apply = (admin: Admin, servers: string): ReturnType<typeof ask> => ask(fixture.role.control, admin, 'POST', '/manifest', {
  body: { file: 'sallyport.yaml', text: `apiVersion: sallyport/v1\nservers:\n${servers}`, policies: [] },
});
const entry = (id: string, url: string, more = ''): string => `  ${id}: { url: "${url}", owner: sales${more} }\n`;
const header = (secret: string, more = ''): string => `, credentials: { type: header, header: x-key, secret: "vault:${secret}"${more} }`;
const token = (url: string): string => `, credentials: { type: client-credentials, tokenUrl: "${url}", clientId: gate, secret: "vault:crm" }`;

const at = (more: string): string => entry('crm', 'https://crm.example/mcp', more);

async function scanned(admin: Admin, id: string): Promise<string> {
  expect((await send(admin, 'POST', '/servers/:id/scan', id)).code).toBe('');
  return text(part((await send(admin, 'GET', '/servers/:id', id)).body, 'candidate', 'digest'));
}

const statusOf = async (id: string): Promise<string> => text((await send(ROOT, 'GET', '/servers/:id', id)).body['status']);

async function approved(id: string, manifest: string): Promise<string> {
  expect((await apply(ANN, manifest)).code).toBe('');
  const digest = await scanned(ANN, id);
  expect((await send(BOB, 'POST', '/servers/:id/approve', id, { digest })).code).toBe('');
  return digest;
}

beforeAll(async () => {
  fixture = await openControl();
  fixture.says.set('crm', surfaceSaying({ search: { annotations: { readOnlyHint: true } } }));
  for (const { id } of [ANN, BOB]) await ask(fixture.role.control, ROOT, 'POST', '/admins', { body: { to: { principal: id }, role: 'admin', space: '*' } });
});
afterAll(() => fixture.close());

test('nobody approves what they declared in a manifest, nor what they moved or declared anew with one', async () => {
  const here = entry('crm', 'https://crm.example/mcp');
  expect((await apply(ANN, here)).code).toBe('');
  const digest = await scanned(ANN, 'crm');
  expect((await send(ANN, 'POST', '/servers/:id/approve', 'crm', { digest })).code).toBe('ERR_SECOND_PERSON');
  expect((await apply(ANN, here.replace('owner: sales', 'owner: other'))).code).toBe('');
  expect((await send(ANN, 'POST', '/servers/:id/approve', 'crm', { digest })).code).toBe('ERR_SECOND_PERSON');
  expect((await send(BOB, 'POST', '/servers/:id/approve', 'crm', { digest })).code).toBe('');
  expect((await apply(BOB, entry('crm', 'https://evil.example/mcp'))).code).toBe('');
  expect((await send(BOB, 'POST', '/servers/:id/approve', 'crm', { digest: await scanned(BOB, 'crm') })).code).toBe('ERR_SECOND_PERSON');
});

test('what was scanned or approved elsewhere is not what somebody approves now', async () => {
  const digest = await approved('crm', entry('crm', 'https://crm.example/mcp'));
  await scanned(ANN, 'crm');
  expect((await apply(ANN, entry('crm', 'https://evil.example/mcp'))).code).toBe('');
  expect((await send(BOB, 'POST', '/servers/:id/approve', 'crm', { digest })).code).toBe('ERR_CONFLICT');
  expect((await send(BOB, 'POST', '/servers/:id/approve', 'crm', { digest: await scanned(ANN, 'crm') })).code).toBe('');
});

test('nor is that what lifts a quarantine', async () => {
  const digest = await approved('crm', entry('crm', 'https://crm.example/mcp'));
  expect((await send(BOB, 'POST', '/servers/:id/quarantine', 'crm', { reason: 'odd' })).code).toBe('');
  expect((await apply(ANN, entry('crm', 'https://evil.example/mcp'))).code).toBe('');
  expect((await send(BOB, 'POST', '/servers/:id/approve', 'crm', { digest })).code).toBe('ERR_CONFLICT');
  expect(await statusOf('crm')).not.toBe('approved');
});

test('a secret goes nowhere else, and no other secret goes there, before that is approved; how it is kept may change', async () => {
  await approved('crm', at(header('crm')));
  expect((await apply(ANN, at(header('crm', ', owner: sales, rotateBy: 2027-01-31')))).code).toBe('');
  expect(await statusOf('crm')).toBe('approved');
  expect((await apply(ANN, at(header('payroll')))).code).toBe('');
  expect(await statusOf('crm')).toBe('declared');
  await approved('crm', at(token('https://idp.example/token')));
  expect((await apply(ANN, at(token('https://evil.example/token')))).code).toBe('');
  expect(await statusOf('crm')).toBe('declared');
});
