import { afterAll, beforeAll, expect, test } from 'bun:test';
import { objects, part, text } from '../cli/json-view.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { crm, openControl, surfaceSaying } from './fixture-control.ts';

const fixture = await openControl();
const { api, says } = fixture;
afterAll(() => fixture.close());

const DAY = 86_400_000;
const IDP = 'https://idp.example';

beforeAll(async () => {
  await api('POST', '/servers', crm('crm'));
  says.set('crm', surfaceSaying({ search: { annotations: { readOnlyHint: true } }, remove: {} }));
  const { body } = await api('POST', '/servers/crm/scan');
  await api('POST', '/servers/crm/approve', { digest: text(part(body, 'candidate', 'digest')) });
});

function end(days: number): number {
  return Math.floor((Date.now() + days * DAY) / 1000) * 1000;
}

function agent(more: JsonObject = {}): JsonObject {
  return { owner: 'desk@example.com', purpose: 'answers tickets', allow: [{ server: 'crm', effects: ['read'] }], expiresAt: end(30), ...more };
}

function unknown(client: string, more: JsonObject = {}): Promise<Json> {
  return fixture.asGateway.call('control.unknown-client', { space: 'default', issuer: IDP, client, principal: `${IDP}|ann`, ...more });
}

async function inForce(member: 'agents' | 'tokens'): Promise<readonly JsonObject[]> {
  const snapshot: Json = JSON.parse(fixture.role.control.snapshots.current?.signed.bytes ?? '{}');
  return objects(part(snapshot, member));
}

test('an agent is registered, shown, renewed, replaced and removed, each recorded and in force', async () => {
  expect(await api('POST', '/agents', agent({ id: 'desk', clients: [`${IDP}|desk`] }))).toMatchObject({ status: 200, body: { id: 'desk', state: 'active' } });
  expect(await inForce('agents')).toMatchObject([{ id: 'desk', space: 'default', clients: [`${IDP}|desk`], conversations: false }]);
  expect(await api('POST', '/agents', agent({ id: 'desk' }))).toMatchObject({ status: 409, body: { code: 'ERR_CONFLICT' } });
  const expiresAt = end(60);
  expect(await api('POST', '/agents/desk/renew', { expiresAt })).toMatchObject({ status: 200, body: { expiresAt } });
  expect((await api('GET', '/agents/desk')).body).toMatchObject({ owner: 'desk@example.com', expiresAt });
  expect(await api('PUT', '/agents/desk', agent({ allow: '*' }))).toMatchObject({ status: 200, body: { allow: '*', clients: [] } });
  expect(await api('GET', '/agents/desk?space=red')).toMatchObject({ status: 404 });
  expect(await api('DELETE', '/agents/desk')).toMatchObject({ status: 200 });
  expect(await inForce('agents')).toEqual([]);
  const { entries } = await fixture.role.control.ledger.query({ space: 'default', event: 'config.changed', order: 'oldest' });
  const actions = entries.map(({ record }) => text(record['action']));
  expect(actions.filter((action) => action.startsWith('agent.'))).toEqual(['agent.register', 'agent.renew', 'agent.put', 'agent.remove']);
});

test.each<[string, JsonObject, number]>([
  ['no end', { expiresAt: 0 }, 400],
  ['an end in the past', { expiresAt: end(-1) }, 400],
  ['an end in ten years', { expiresAt: end(3650) }, 400],
  ['a server that does not exist', { allow: [{ server: 'cmr', effects: '*' }] }, 404],
  ['a toolset that does not exist', { allow: [{ toolset: 'desk', effects: '*' }] }, 404],
  ['neither server nor toolset', { allow: [{ effects: '*' }] }, 400],
  ['no effects', { allow: [{ server: 'crm', effects: [] }] }, 400],
  ['a client without its issuer', { clients: ['desk'] }, 400],
  ['a client of an issuer in the clear', { clients: ['http://idp.example|desk'] }, 400],
  ['a field that is not known', { admin: true }, 400],
  ['the name of the list of unknown clients', { id: 'unknown' }, 400],
])('%s is refused', async (_, more, status) => {
  expect(await api('POST', '/agents', agent({ id: 'bad', ...more }))).toMatchObject({ status });
  expect(await api('GET', '/agents/bad')).toMatchObject({ status: 404 });
});

test('a client is one agent', async () => {
  await api('POST', '/agents', agent({ id: 'one', clients: [`${IDP}|shared`] }));
  expect(await api('POST', '/agents', agent({ id: 'two', clients: [`${IDP}|shared`] }))).toMatchObject({ status: 409 });
  expect(await api('PUT', '/agents/one', agent({ clients: [`${IDP}|shared`, `${IDP}|more`] }))).toMatchObject({ status: 200 });
  await api('DELETE', '/agents/one');
});

test('the matrix shows what policy permits within the ceiling, and removal revokes the tokens that had it', async () => {
  await api('PUT', '/policies', { file: 'open.cedar', source: '@id("open")\npermit(principal, action, resource);\n' });
  const { body } = await api('POST', '/tokens', { agent: 'bot', audience: ['*'], ttlMs: 60_000 });
  const cells = async (): Promise<Json[]> => objects((await api('GET', '/policies/matrix')).body['rows']).map((row) => row['cells'] ?? null);
  expect(await cells()).toEqual([['allow'], ['allow']]);
  await api('POST', '/agents', agent({ id: 'bot' }));
  expect(await cells()).toEqual([['allow'], ['deny']]);
  await api('DELETE', '/agents/bot');
  expect(await inForce('tokens')).toEqual([]);
  expect(fixture.role.control.lease.current?.lease.revokedCredentials).toContain(text(body['id']));
});

test('a client that is no agent is one finding, recorded once, gone when it is registered', async () => {
  await unknown('https://app.example/client.json');
  await unknown('https://app.example/client.json', { principal: `${IDP}|bob` });
  await unknown('other', { space: 'red' });
  const { body } = await api('GET', '/agents/unknown');
  expect(body['unknown']).toEqual([expect.objectContaining({ client: `${IDP}|https://app.example/client.json`, reports: 2 })]);
  expect(JSON.stringify(body)).not.toContain('bob');
  const { entries } = await fixture.role.control.ledger.query({ space: 'default', event: 'agent.unknown', order: 'oldest' });
  expect(entries.map(({ record }) => record['detail'])).toEqual([expect.objectContaining({ client: 'https://app.example/client.json' })]);
  expect(await inForce('agents')).toEqual([]);
  await api('POST', '/agents', agent({ id: 'app', clients: [`${IDP}|https://app.example/client.json`] }));
  expect((await api('GET', '/agents/unknown')).body).toEqual({ unknown: [] });
  // A gateway that had not heard of it yet reports it once more.
  await unknown('https://app.example/client.json');
  expect((await api('GET', '/agents/unknown')).body).toEqual({ unknown: [] });
});

test('findings are bounded: what was not seen for the longest makes room', async () => {
  await fixture.role.control.store.transaction(async (rows) => {
    for (let at = 0; at < LIMITS.sightingsMax; at += 1) {
      const body = { issuer: IDP, client: `c${at}`, principal: 'f', firstAt: 1, lastAt: at + 1, reports: 1 };
      await rows.put('sighting', 'default', `seen-${at}`, body, { by: 'test' });
    }
  });
  await unknown('new');
  const seen = objects((await api('GET', '/agents/unknown')).body['unknown']).map((one) => text(one['client']));
  expect(seen).toHaveLength(LIMITS.sightingsMax);
  expect(seen[0]).toBe(`${IDP}|new`);
  expect(seen).not.toContain(`${IDP}|c0`);
  expect(seen).toContain(`${IDP}|c1`);
});

test.each<[string, JsonObject]>([
  ['no space', { space: 'No Space' }], ['an issuer with a bar', { issuer: 'a|b' }], ['a client of control characters', { client: 'a\u0007' }],
  ['more', { agent: 'desk' }],
])('a gateway is heard, not believed: %s', (_, more) => {
  expect(unknown('x', more)).rejects.toMatchObject({ code: 'ERR_REQUEST_INVALID' });
});
