import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { objects, part, text } from '../../cli/json-view.ts';
import type { JsonObject } from '../../domain/json.ts';
import { ask, ROOT } from '../admins/fixture-admin.ts';
import type { Wanted } from '../admins/fixture-admin.ts';
import { crm, openControl, surfaceSaying } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import type { Admin, Route } from '../route.ts';

let fixture: ControlFixture;
const control = (): ControlFixture['role']['control'] => fixture.role.control;
const send = (admin: Admin, method: Route['method'], path: string, wanted: Wanted = {}): ReturnType<typeof ask> => ask(control(), admin, method, path, wanted);

/** Declared by one, approved by another. */
async function approved(id: string, by: { readonly declares: Admin; readonly approves: Admin }, tools: Readonly<Record<string,
  JsonObject>> = { search: {} }): Promise<string> {
  if ((await send(ROOT, 'GET', '/servers/:id', { params: { id } })).code !== '') await send(by.declares, 'POST', '/servers', { body: crm(id) });
  fixture.says.set(id, surfaceSaying(tools));
  const digest = text(part((await send(by.declares, 'POST', '/servers/:id/scan', { params: { id } })).body, 'candidate', 'digest'));
  expect((await send(by.approves, 'POST', '/servers/:id/approve', { params: { id }, body: { digest } })).code).toBe('');
  return digest;
}

const listings = async (): Promise<readonly JsonObject[]> => objects((await send(ROOT, 'GET', '/registry/listings')).body['listings']);
const standing = async (server: string): Promise<readonly unknown[]> =>
  (await listings()).filter((one) => one['server'] === server).map((one) => [one['version'], one['status'], one['isLatest']]);

beforeAll(async () => {
  fixture = await openControl();
});
afterAll(() => fixture.close());

describe('what is published', () => {
  test('is what is approved, under the gate\'s address, and nothing that says where the server is', async () => {
    await send(ROOT, 'POST', '/servers', { body: crm('crm') });
    expect((await send(ROOT, 'POST', '/registry/listings', { body: { server: 'crm', description: 'Contacts' } })).code).toBe('ERR_SERVER_NOT_APPROVED');
    await approved('crm', { declares: ROOT, approves: ROOT }, { search: { annotations: { readOnlyHint: true } }, delete_contact: {} });
    expect((await send(ROOT, 'POST', '/registry/listings', { body: { server: 'crm' } })).code).toBe('ERR_REQUEST_INVALID');
    expect((await send(ROOT, 'POST', '/registry/listings', { body: { server: 'crm', description: 'Contacts' } })).code).toBe('');
    const [one] = await listings();
    expect(one).toMatchObject({
      name: 'local.sallyport/crm', version: '1', status: 'active', isLatest: true,
      published: {
        server: { name: 'local.sallyport/crm', version: '1', remotes: [{ type: 'streamable-http', url: 'https://localhost:7443/mcp/crm' }] },
        _meta: { 'io.sallyport/governance': { owner: 'sales@example.com', tools: 2, effects: { read: 1, destroy: 1 }, approval: { inForce: true },
          advisories: [] } },
      },
    });
    expect(JSON.stringify(part(one, 'published'))).not.toContain('crm.example');
    expect(JSON.stringify(part(one, 'published'))).not.toContain('sallyport|admin');
  });

  test('is deleted for clients the moment that it is stopped, and back when it is approved again', async () => {
    await send(ROOT, 'POST', '/servers/:id/quarantine', { params: { id: 'crm' }, body: { reason: 'looking' } });
    expect(await standing('crm')).toEqual([['1', 'deleted', true]]);
    await approved('crm', { declares: ROOT, approves: ROOT }, { search: { annotations: { readOnlyHint: true } }, delete_contact: {} });
    expect(await standing('crm')).toEqual([['1', 'active', true]]);
  });

  test('is deprecated when something else is approved, until that is published: under a version of its own', async () => {
    const digest = await approved('crm', { declares: ROOT, approves: ROOT }, { search: {} });
    expect(await standing('crm')).toEqual([['1', 'deprecated', true]]);
    await send(ROOT, 'POST', '/registry/listings', { body: { server: 'crm' } });
    expect(await standing('crm')).toEqual([[`1+${digest.slice(0, 12)}`, 'active', true], ['1', 'deprecated', false]]);
  });

  test('is deprecated when its review is overdue', async () => {
    await send(ROOT, 'POST', '/registry/listings', { body: { server: 'crm', version: '3.0.0', reviewBy: Date.now() - 1 } });
    expect((await listings())[0]).toMatchObject({ version: '3.0.0', status: 'deprecated', statusMessage: 'Its review is overdue.' });
  });

  test('goes with its server, and who takes the name later starts anew', async () => {
    await send(ROOT, 'DELETE', '/servers/:id', { params: { id: 'crm' } });
    expect(await standing('crm')).toContainEqual(['3.0.0', 'deleted', true]);
    await send(ROOT, 'POST', '/servers', { body: crm('crm') });
    await approved('crm', { declares: ROOT, approves: ROOT }, { search: {} });
    expect((await listings()).every(({ status }) => status === 'deleted')).toBe(true);
  });
});
