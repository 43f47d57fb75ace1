import { afterAll, beforeAll, expect, test } from 'bun:test';
import { startCrm, type Crm } from '../../demo/crm.ts';
import { text } from '../../src/cli/json-view.ts';
import { isObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { callTool, modernRequest, toolParams, type Called } from '../fixtures/modern-call.ts';
import { goodClaims, makeKey, makeToken, startIssuer, type TestIssuer, type TestKey } from '../fixtures/test-issuer.ts';

/** A directory deactivates somebody: their tokens and streams end at every gate, and what was issued before stays dead when they are back. */
let key: TestKey;
let idp: TestIssuer;
let crm: Crm;
let gate: Gate;
let scimToken = '';
let others: readonly string[] = [];

beforeAll(async () => {
  key = await makeKey('ES256', 'es');
  idp = startIssuer([key]);
  crm = startCrm();
  const soon = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  gate = await startGate({
    issuer: true, policy: 'permit(principal, action, resource);',
    manifest: `identity:
  issuers: [{ issuer: "${idp.url}", allowPrivate: true, scopes: ignored }]
  scim: { issuer: "${idp.url}", subject: userName }
agents:
  desk: { owner: tests, purpose: tests, clients: ["${idp.url}|desk"], allow: "*", expires: ${soon} }
servers:
  crm: { url: "${crm.url}", allowPrivate: true, owner: tests }
`,
  });
  await gate.enrol('crm');
  others = await Promise.all(['east', 'west'].map(async (node) => (await gate.replica(node)).url));
  scimToken = text((await gate.admin('POST', '/people/scim-tokens', { note: 'tests', ttlMs: 3_600_000 }))['token']);
}, 30_000);
afterAll(async () => {
  await gate.stop();
  await Promise.all([idp.stop(), crm.stop()]);
});

async function scim(method: string, path: string, body: JsonObject): Promise<JsonObject> {
  const response = await fetch(`${gate.controlUrl}/scim/v2${path}`, {
    method, headers: { authorization: `Bearer ${scimToken}`, 'content-type': 'application/scim+json' }, body: JSON.stringify(body),
  });
  expect(response.ok).toBe(true);
  const value: Json = JSON.parse(await response.text());
  return isObject(value) ? value : {};
}

const tokenOf = (sub: string): Promise<string> => makeToken(key, { ...goodClaims(idp.url, `${gate.url}/mcp/crm`, Date.now()), sub });
const routes = (): readonly string[] => [gate.url, ...others].map((url) => `${url}/mcp/crm`);
const search = (url: string, token: string): Promise<Called> => callTool(url, token, 'search_contacts', { query: 'ada' });
const switchTo = (id: string, active: boolean): Promise<JsonObject> =>
  scim('PATCH', `/Users/${id}`, { Operations: [{ op: 'Replace', path: 'active', value: active ? 'True' : 'False' }] });

async function until(is: () => Promise<boolean>): Promise<void> {
  while (!(await is())) await Bun.sleep(2);
}

test('whoever a directory deactivates is cut off at every gate: calls, and a stream that is open', async () => {
  const { id } = await scim('POST', '/Users', { userName: 'ann' });
  const [token, agentToken] = [await tokenOf('ann'), text((await gate.admin('POST', '/tokens', {
    agent: 'bot', kind: 'person', subject: 'ann', audience: ['*'], ttlMs: 3_600_000,
  }))['token'])];
  const bystander = await tokenOf('bob');
  for (const url of routes()) expect((await search(url, token)).result).toBeDefined();
  const listen = modernRequest(token, 'subscriptions/listen', { notifications: { toolsListChanged: true }, _meta: toolParams('', {})['_meta'] ?? {} });
  const streams = await Promise.all(routes().map((url) => fetch(url, listen)));
  for (const stream of streams) expect(stream.headers.get('content-type')).toContain('text/event-stream');
  const startedAt = performance.now();
  await switchTo(text(id), false);
  // Nothing but the deactivation ends them: a stream that stayed open would hold the test.
  await Promise.all(streams.map((stream) => stream.text()));
  for (const url of routes()) {
    await until(async () => (await search(url, token)).code === 'ERR_TOKEN_REVOKED');
    await until(async () => (await search(url, agentToken)).code === 'ERR_TOKEN_REVOKED');
    expect((await search(url, bystander)).result).toBeDefined();
  }
  console.log(`scim: deactivation held at three gateways after ${Math.round(performance.now() - startedAt)} ms`);
}, 30_000);

test('reactivated, they come in again by what is issued from now on; what was issued before stays dead', async () => {
  const { id } = await scim('POST', '/Users', { userName: 'eve' });
  const token = await tokenOf('eve');
  const [url = ''] = routes();
  expect((await search(url, token)).result).toBeDefined();
  await switchTo(text(id), false);
  await until(async () => (await search(url, token)).code === 'ERR_TOKEN_REVOKED');
  await switchTo(text(id), true);
  // A token's time of issue has no smaller unit than the second.
  await until(async () => (await search(url, await tokenOf('eve'))).result !== undefined);
  expect((await search(url, token)).code).toBe('ERR_TOKEN_REVOKED');
}, 30_000);

test('a restart of control forgets none of it', async () => {
  const { id } = await scim('POST', '/Users', { userName: 'kim' });
  const token = await tokenOf('kim');
  const [url = ''] = routes();
  expect((await search(url, token)).result).toBeDefined();
  await switchTo(text(id), false);
  await gate.down('control');
  await gate.up('control');
  await until(async () => (await search(url, token)).code === 'ERR_TOKEN_REVOKED');
  await switchTo(text(id), true);
  await until(async () => (await search(url, await tokenOf('kim'))).result !== undefined);
  expect((await search(url, token)).code).toBe('ERR_TOKEN_REVOKED');
}, 30_000);
