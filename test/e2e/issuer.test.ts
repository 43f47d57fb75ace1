import { afterAll, beforeAll, expect, test } from 'bun:test';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import * as oauth from 'oauth4webapi';
import { startConformanceServer } from '../fixtures/conformance-server.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { verifies } from './requirements.ts';

let server: ReturnType<typeof startConformanceServer>;
let gate: Gate;
let secret: string;

beforeAll(async () => {
  server = startConformanceServer();
  gate = await startGate({
    issuer: true, policy: 'permit(principal, action, resource in Server::"fixture");',
    manifest: ['fixture', 'other'].reduce((text, id) => `${text}  ${id}: { url: "${server.url}", allowPrivate: true, owner: tests }\n`, 'servers:\n'),
  });
  await gate.enrol('fixture');
  const made = await gate.admin('POST', '/clients', { id: 'batch', name: 'batch', authentication: 'client_secret_basic', grantTypes: ['client_credentials'] });
  secret = typeof made['secret'] === 'string' ? made['secret'] : '';
  const expiresAt = Math.floor(Date.now() / 1000 + 3600) * 1000;
  await gate.admin('POST', '/agents', { id: 'batch', owner: 'tests', purpose: 'tests', clients: [`${gate.controlUrl}|batch`], allow: '*', expiresAt });
});
afterAll(async () => {
  await gate.stop();
  await server.stop();
});

async function token(): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', resource: `${gate.url}/mcp/fixture` });
  const headers = { authorization: `Basic ${btoa(`batch:${secret}`)}` };
  const answer: unknown = await (await fetch(`${gate.controlUrl}/oauth/token`, { method: 'POST', headers, body })).json();
  return typeof answer === 'object' && answer !== null && 'access_token' in answer ? String(answer.access_token) : JSON.stringify(answer);
}

const INITIALIZE = {
  jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};

async function call(bearer: string, path = '/mcp/fixture'): Promise<number> {
  const response = await fetch(gate.url + path, {
    method: 'POST', body: JSON.stringify(INITIALIZE),
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
  });
  await response.body?.cancel();
  return response.status;
}

test(verifies('issuer-grants', 'a token of the embedded issuer opens its route at the gate, and no other'), async () => {
  const mine = await token();
  expect(await call(mine)).toBe(200);
  expect(await call(mine, '/mcp/other')).toBe(401);
  expect(await call(`${mine.slice(0, -4)}AAAA`)).toBe(401);
});

test(verifies('issuer-keys', 'a key that rotates shuts nobody out: tokens of before and after are taken at once'), async () => {
  const before = await token();
  expect(await call(before)).toBe(200);
  await gate.admin('POST', '/issuer/keys/rotate', undefined);
  expect(await call(await token())).toBe(200);
  expect(await call(before)).toBe(200);
});

test(verifies('issuer-keys', 'keys that somebody may have read are replaced at once, and what they signed is dead'), async () => {
  const before = await token();
  expect(await call(before)).toBe(200);
  await gate.admin('POST', '/issuer/keys/rotate', { compromised: true });
  while (await call(before) === 200) await Bun.sleep(5);
  expect(await call(before)).toBe(401);
  expect(await call(await token())).toBe(200);
});

test('a revoked token is dead at the gate when the revocation is answered and the lease has come', async () => {
  const mine = await token();
  expect(await call(mine)).toBe(200);
  const headers = { authorization: `Basic ${btoa(`batch:${secret}`)}` };
  expect((await fetch(`${gate.controlUrl}/oauth/revoke`, { method: 'POST', headers, body: new URLSearchParams({ token: mine }) })).status).toBe(200);
  while (await call(mine) === 200) await Bun.sleep(5);
  expect(await call(mine)).toBe(401);
  expect(await call(await token())).toBe(200);
});

test(verifies('tokens-bound', 'bound to a key, a token is nothing to who has not the key'), async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  const handle = oauth.DPoP({}, pair);
  const response = await oauth.genericTokenEndpointRequest(
    { issuer: gate.controlUrl, token_endpoint: `${gate.controlUrl}/oauth/token` }, { client_id: 'batch' }, oauth.ClientSecretBasic(secret),
    'client_credentials',
    { resource: `${gate.url}/mcp/fixture` }, { DPoP: handle, [oauth.allowInsecureRequests]: true },
  );
  const answer: unknown = await response.json();
  expect(answer).toMatchObject({ token_type: 'DPoP' });
  const stolen = typeof answer === 'object' && answer !== null && 'access_token' in answer ? String(answer.access_token) : '';
  expect(await call(stolen)).toBe(401);
  expect(await calculateJwkThumbprint(await exportJWK(pair.publicKey))).toBe(await handle.calculateThumbprint());
});
