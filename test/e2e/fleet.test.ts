import { afterAll, beforeAll, expect, test } from 'bun:test';
import { startCrm, type Crm } from '../../demo/crm.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { startPostgres, startRedis, type Service } from '../fixtures/databases.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { callTool, modernRequest, readCalled, toolParams, type Called } from '../fixtures/modern-call.ts';

/** Three gateways on one real PostgreSQL and one real Redis behave as one. */
let postgres: Service;
let redis: Service;
let crm: Crm;
let gate: Gate;
/** The same server at each of the three. */
let urls: readonly string[];

const LEASE_MS = 6_000;
/** Within this time every gateway knows what one administrator or client did. */
const EVERYWHERE_MS = 1_000;

const POLICY = 'permit(principal in Group::"testers", action, resource);';

beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  crm = startCrm();
  gate = await startGate({
    policy: POLICY, databaseUrl: postgres.url, redisUrl: redis.url, leaseMs: LEASE_MS,
    manifest: `servers: { crm: { url: "${crm.url}", allowPrivate: true, owner: tests } }\n`,
  });
  await gate.enrol('crm');
  const replicas = [await gate.replica('east'), await gate.replica('west')];
  urls = [gate.url, ...replicas.map(({ url }) => url)].map((url) => `${url}/mcp/crm`);
}, 60_000);

afterAll(async () => {
  await gate.stop();
  await Promise.all([postgres.stop(), redis.stop(), crm.stop()]);
});

const search = (url: string, token: string): Promise<Called> => callTool(url, token, 'search_contacts', { query: 'ada' });

/** Milliseconds until every gateway answers `is`; the test's own limit ends what never happens. */
async function untilAll(ask: (url: string) => Promise<Called>, is: (called: Called) => boolean): Promise<number> {
  const startedAt = performance.now();
  const waits = urls.map(async (url) => {
    while (!is(await ask(url))) await Bun.sleep(10);
    return performance.now() - startedAt;
  });
  return Math.max(...(await Promise.all(waits)));
}

function tokenIn({ token, id }: JsonObject): { readonly token: string; readonly id: string } {
  if (typeof token !== 'string' || typeof id !== 'string') throw new Error('no token was made');
  return { token, id };
}

async function legacy(
  url: string, token: string, session: string | undefined, method: 'POST' | 'DELETE', body?: object,
): Promise<Response> {
  return fetch(url, {
    method,
    headers: {
      authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25', ...(session === undefined ? {} : { 'mcp-session-id': session }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify({ jsonrpc: '2.0', ...body }) }),
  });
}

async function openSession(url: string, token: string): Promise<string> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'fleet', version: '1' } };
  const opened = await legacy(url, token, undefined, 'POST', { id: 1, method: 'initialize', params });
  await opened.text();
  return opened.headers.get('mcp-session-id') ?? '';
}

async function callInSession(url: string, token: string, session: string): Promise<Called> {
  const params = { name: 'search_contacts', arguments: { query: 'ada' } };
  const response = await legacy(url, token, session, 'POST', { id: 2, method: 'tools/call', params });
  return readCalled(response.status, await response.text());
}

test('a session opened at one gateway works at all, and ended at one is ended at all', async () => {
  const token = await gate.token();
  for (const [index, opener] of urls.entries()) {
    const session = await openSession(opener, token);
    for (const url of urls) expect((await callInSession(url, token, session)).result).toBeDefined();
    const ender = urls[(index + 1) % urls.length] ?? '';
    // This server keeps no sessions and says so; ours ends all the same.
    expect((await legacy(ender, token, session, 'DELETE')).status).toBe(405);
    const ms = await untilAll((url) => callInSession(url, token, session), ({ code }) => code === 'ERR_SESSION_UNKNOWN');
    console.log(`fleet: an ended session was refused everywhere after ${Math.round(ms)} ms`);
    expect(ms).toBeLessThan(EVERYWHERE_MS * 1.5);
  }
}, 30_000);

test('a new token is good at all; revoked, it is refused by all within a second', async () => {
  const made = await gate.admin('POST', '/tokens', { agent: 'brief', groups: ['testers'], audience: ['*'], ttlMs: 60_000 });
  const { token, id } = tokenIn(made);
  const known = await untilAll((url) => search(url, token), ({ result }) => result !== undefined);
  await gate.admin('DELETE', `/tokens/${id}`);
  const ms = await untilAll((url) => search(url, token), ({ code }) => code === 'ERR_TOKEN_REVOKED' || code === 'ERR_TOKEN_INVALID');
  console.log(`fleet: a new snapshot was in force everywhere after ${Math.round(known)} ms, a revocation after ${Math.round(ms)} ms`);
  expect(Math.max(known, ms)).toBeLessThan(EVERYWHERE_MS);
}, 30_000);

for (const [target, name] of [['server', 'crm'], ['agent', 'tester'], ['all', undefined]] as const) {
  test(`a kill switch for ${name ?? 'everything'} takes effect at all within a second, and so does its end`, async () => {
    const token = await gate.token();
    await untilAll((url) => search(url, token), ({ result }) => result !== undefined);
    const what = { target, ...(name === undefined ? {} : { name }), reason: 'a test' };
    const turn = (on: boolean): Promise<unknown> => gate.admin('PUT', '/kill', { ...what, on });
    await turn(true);
    const ms = await untilAll((url) => search(url, token), ({ code }) => code === 'ERR_KILLED');
    await turn(false);
    const back = await untilAll((url) => search(url, token), ({ result }) => result !== undefined);
    console.log(`fleet: a kill switch for ${name ?? 'everything'} held after ${Math.round(ms)} ms, and was lifted after ${Math.round(back)} ms`);
    expect(Math.max(ms, back)).toBeLessThan(EVERYWHERE_MS);
  }, 30_000);
}

test('open streams end at all when their token is revoked', async () => {
  const made = await gate.admin('POST', '/tokens', { agent: 'listener', groups: ['testers'], audience: ['*'], ttlMs: 60_000 });
  const { token, id } = tokenIn(made);
  await untilAll((url) => search(url, token), ({ result }) => result !== undefined);
  const { _meta = {} } = toolParams('', {});
  const listen = modernRequest(token, 'subscriptions/listen', { notifications: { toolsListChanged: true }, _meta });
  const streams = await Promise.all(urls.map((url) => fetch(url, listen)));
  for (const stream of streams) expect(stream.headers.get('content-type')).toContain('text/event-stream');
  const ended = Promise.all(streams.map((stream) => stream.text()));
  const startedAt = performance.now();
  await gate.admin('DELETE', `/tokens/${id}`);
  await ended;
  const ms = performance.now() - startedAt;
  console.log(`fleet: open streams had ended everywhere ${Math.round(ms)} ms after the revocation`);
  expect(ms).toBeLessThan(EVERYWHERE_MS);
}, 30_000);

test('without Redis what needs shared state is refused, everything else goes on, and with Redis all is back', async () => {
  const token = await gate.token();
  const [url = ''] = urls;
  await untilAll((each) => search(each, token), ({ result }) => result !== undefined);
  const session = await openSession(url, token);
  await redis.crash();
  for (const each of urls) expect((await search(each, token)).result).toBeDefined();
  const inSession = await callInSession(urls[1] ?? '', token, session);
  expect([inSession.status, inSession.code]).toEqual([503, 'ERR_STORE_UNAVAILABLE']);
  expect((await legacy(url, token, session, 'DELETE')).status).toBe(503);
  await redis.start();
  await untilAll((each) => callInSession(each, token, session), ({ result }) => result !== undefined);
}, 30_000);

test('without PostgreSQL gateways decide as long as their lease lasts, then deny; with it they decide again', async () => {
  const token = await gate.token();
  await untilAll((url) => search(url, token), ({ result }) => result !== undefined);
  await postgres.crash();
  for (const url of urls) expect((await search(url, token)).result).toBeDefined();
  await untilAll((url) => search(url, token), ({ status, code }) => status === 503 && code === 'ERR_LEASE_EXPIRED');
  const done = crm.effects.length;
  for (const url of urls) expect((await search(url, token)).code).toBe('ERR_LEASE_EXPIRED');
  expect(crm.effects.length).toBe(done);
  await postgres.start();
  await untilAll((url) => search(url, token), ({ result }) => result !== undefined);
}, 60_000);
