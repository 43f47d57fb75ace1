import { afterAll, beforeAll, expect, test } from 'bun:test';
import { objects, text } from '../../cli/json-view.ts';
import { startGate, type Gate } from '../../../test/fixtures/gate.ts';
import type { JsonObject } from '../../domain/json.ts';

let gate: Gate;
beforeAll(async () => {
  gate = await startGate({ issuer: true, manifest: 'servers: {}\n' });
});
afterAll(() => gate.stop());

async function person(userName: string): Promise<JsonObject> {
  const found = objects((await gate.admin('GET', '/people'))['people'] ?? []).find((one) => one['userName'] === userName);
  return found ?? {};
}

test('a local person is put into groups and out of them; what still says a lost one is dead', async () => {
  await gate.admin('POST', '/accounts', { userName: 'ada', groups: ['sales'] });
  const { id } = await person('ada');
  await gate.admin('PUT', `/people/${text(id)}/groups`, { groups: ['sales', 'support'] });
  expect(await person('ada')).toMatchObject({ groups: ['sales', 'support'] });
  expect(await person('ada')).not.toHaveProperty('notBefore');
  await gate.admin('PUT', `/people/${text(id)}/groups`, { groups: ['support'] });
  const now = await person('ada');
  expect(now['groups']).toEqual(['support']);
  expect(Number(now['notBefore'])).toBeGreaterThan(0);
  const [record] = (await gate.records({ event: 'config.changed' })).filter((one) => one['action'] === 'person.groups').slice(-1);
  expect(record).toMatchObject({ principal: 'sallyport|admin' });
});

test('groups of a person from a directory are the directory\'s to say', async () => {
  const { token } = await gate.admin('POST', '/people/scim-tokens', { note: 'tests', ttlMs: 3_600_000 });
  const pushed = await fetch(`${gate.controlUrl}/scim/v2/Users`, {
    method: 'POST', headers: { 'authorization': `Bearer ${text(token)}`, 'content-type': 'application/scim+json' },
    body: JSON.stringify({ schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: 'bob', active: true }),
  });
  expect(pushed.status).toBe(201);
  const { id } = await person('bob');
  expect(await gate.admin('PUT', `/people/${text(id)}/groups`, { groups: ['owners'] }).catch(String)).toContain('ERR_REQUEST_INVALID');
  expect(await person('bob')).toMatchObject({ groups: [] });
});

test('nobody is in no group, and a group has a name', async () => {
  expect(await gate.admin('PUT', '/people/no-such-person/groups', { groups: [] }).catch(String)).toContain('ERR_NOT_FOUND');
  expect(await gate.admin('PUT', '/people/x/groups', { groups: [''] }).catch(String)).toContain('ERR_REQUEST_INVALID');
});
