import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { connectAs } from '../fixtures/era-clients.ts';
import { deeds, NOTE, until } from '../fixtures/era-deeds.ts';
import { startLegacyHttp, startModernHttp, type EraServer, type SessionServer } from '../fixtures/era-servers.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { ask, askModern, ENVELOPE, objectOf, openLegacy } from './asking.ts';

let gate: Gate;
let legacy: SessionServer;
let modern: EraServer;
let mine: string;
let theirs: string;
const urlOf = (server: string): string => `${gate.url}/mcp/${server}`;
const ELICITING = { _meta: { ...ENVELOPE, 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } } };
const answers = (key: string): object => ({ inputResponses: { [key]: { action: 'accept', content: { name: 'bob' } } } });

beforeAll(async () => {
  [legacy, modern] = [startLegacyHttp(), startModernHttp()];
  gate = await startGate({
    policy: `permit(principal in Group::"testers", action, resource);`,
    manifest: `servers:
  legacy: { url: "${legacy.url}", allowPrivate: true, owner: tests }
  modern: { url: "${modern.url}", allowPrivate: true, owner: tests }
`,
  });
  await gate.enrol('legacy', 'modern');
  mine = await gate.token();
  theirs = await gate.token({ agent: 'other' });
}, 60_000);

beforeEach(() => {
  legacy.answer = undefined;
  legacy.heard.splice(0);
  deeds.bumps = 0;
});

afterAll(async () => {
  await gate.stop();
  await legacy.stop();
  await modern.stop();
}, 30_000);

function heard(what: string): number {
  return legacy.heard.filter((line) => line === what).length;
}

test('modern → legacy: a session that the server lost is opened again once, and the call is made once', async () => {
  expect((await askModern(urlOf('legacy'), mine, 'tools/call', { name: 'bump', arguments: {} })).result).toMatchObject({ content: [{ text: 'bumped 1' }] });
  await legacy.forget();
  expect((await askModern(urlOf('legacy'), mine, 'tools/call', { name: 'bump', arguments: {} })).result).toMatchObject({ content: [{ text: 'bumped 2' }] });
  expect(heard('POST tools/call')).toBe(3);
});

test('modern → legacy: a server that loses every session is asked twice, not for ever', async () => {
  legacy.answer = (_request, method) => (method === 'tools/call' ? new Response(null, { status: 404 }) : undefined);
  const refused = await askModern(urlOf('legacy'), mine, 'tools/call', { name: 'bump', arguments: {} });
  expect(refused.code).toBe('ERR_UPSTREAM_SESSION');
  expect(heard('POST tools/call')).toBe(2);
  expect(deeds.bumps).toBe(0);
});

test.each([
  ['ends its stream', () => new Response('', { headers: { 'content-type': 'text/event-stream' } })],
  ['fails with 502', () => new Response(null, { status: 502 })],
])('modern → legacy: a server that %s before it answers is not asked again', async (_what, answer) => {
  legacy.answer = (_request, method) => (method === 'tools/call' ? answer() : undefined);
  expect((await askModern(urlOf('legacy'), mine, 'tools/call', { name: 'bump', arguments: {} })).rpcCode).toBe(5020);
  expect(heard('POST tools/call')).toBe(1);
});

test('modern → legacy: a server that answers 400 in a lost session is not asked again, but the next call has a new session', async () => {
  const lost = { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'Bad Request: No valid session ID provided' } };
  legacy.answer = (_request, method) => (method === 'tools/call' ? Response.json(lost, { status: 400 }) : undefined);
  expect((await askModern(urlOf('legacy'), mine, 'tools/call', { name: 'bump', arguments: {} })).rpcCode).toBe(-32000);
  expect(heard('POST tools/call')).toBe(1);
  legacy.answer = undefined;
  legacy.heard.splice(0);
  expect((await askModern(urlOf('legacy'), mine, 'tools/call', { name: 'bump', arguments: {} })).result).toMatchObject({ content: [{ text: 'bumped 1' }] });
  expect(heard('POST initialize')).toBe(1);
});

test('modern → legacy: callers that use the same ids and tokens at once get their own answers', async () => {
  const waiting = await askModern(urlOf('legacy'), mine, 'tools/call', { name: 'elicit', arguments: {}, ...ELICITING });
  const [key] = Object.keys(objectOf(waiting.result?.['inputRequests']));
  const texts = Array.from({ length: 20 }, (_, index) => `text ${index}`);
  const calls = texts.map((text) => ({ name: 'echo', arguments: { text }, _meta: { ...ELICITING._meta, progressToken: 1 } }));
  const said = await Promise.all(calls.map((params) => askModern(urlOf('legacy'), mine, 'tools/call', params)));
  expect(said.map(({ result }) => result)).toEqual(texts.map((text) => expect.objectContaining({ content: [{ type: 'text', text }] })));
  const retry = { name: 'elicit', arguments: {}, requestState: waiting.result?.['requestState'] ?? '', ...answers(key ?? ''), ...ELICITING };
  expect((await askModern(urlOf('legacy'), mine, 'tools/call', retry)).result).toMatchObject({ content: [{ text: 'accept bob' }] });
});

test('modern → legacy: the session\'s log level is as low as its calls wanted, and set once', async () => {
  const token = await gate.token({ agent: 'logger' });
  const log = (level: string): Promise<unknown> =>
    askModern(urlOf('legacy'), token, 'tools/call', { name: 'log', arguments: {}, _meta: { 'io.modelcontextprotocol/logLevel': level } });
  for (const level of ['warning', 'warning', 'error', 'debug', 'info']) await log(level);
  expect(heard('POST logging/setLevel')).toBe(2);
});

test('modern → legacy: nobody calls in a session of another agent\'s', async () => {
  for (const token of [mine, theirs, mine]) await askModern(urlOf('legacy'), token, 'tools/call', { name: 'bump', arguments: {} });
  const before = legacy.sessions.size;
  await askModern(urlOf('legacy'), await gate.token({ agent: 'third' }), 'tools/call', { name: 'bump', arguments: {} });
  expect(legacy.sessions.size).toBe(before + 1);
});

test('modern → legacy: a question that does not say for which of two calls it is is nobody\'s', async () => {
  const waiting = await askModern(urlOf('legacy'), mine, 'tools/call', { name: 'elicit', arguments: {}, ...ELICITING });
  expect(waiting.result).toMatchObject({ resultType: 'input_required' });
  const aside = await askModern(urlOf('legacy'), mine, 'tools/call', { name: 'elicit-aside', arguments: {}, ...ELICITING });
  expect(aside.result).toMatchObject({ content: [{ text: expect.stringContaining('not known which call') }] });
});

test('legacy → legacy: a session that the server lost is refused with 404, so that the client opens another', async () => {
  const session = await openLegacy(urlOf('legacy'), mine);
  await legacy.forget();
  const refused = await session.request('tools/call', { name: 'bump', arguments: {} });
  expect(refused).toMatchObject({ status: 404, code: 'ERR_UPSTREAM_SESSION' });
});

test.each(['legacy', 'modern'])('a session with %s that was ended stays ended, and so does its stream', async (server) => {
  const session = await openLegacy(urlOf(server), mine);
  const stream = await fetch(urlOf(server), { headers: { ...session.headers, accept: 'text/event-stream' } });
  const rest = stream.text();
  expect((await session.transport('DELETE')).status).toBe(204);
  expect(typeof (await rest)).toBe('string');
  for (const method of ['ping', 'tools/list']) expect(await session.request(method)).toMatchObject({ status: 404, code: 'ERR_SESSION_UNKNOWN' });
  expect((await session.transport('GET')).status).toBe(404);
});

test.each(['legacy', 'modern'])('nobody else can use a session with %s', async (server) => {
  const session = await openLegacy(urlOf(server), mine);
  const stolen = await ask(urlOf(server), {
    method: 'POST',
    headers: { ...session.headers, authorization: `Bearer ${theirs}` },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  });
  expect(stolen).toMatchObject({ status: 404, code: 'ERR_SESSION_UNKNOWN' });
  const elsewhere = server === 'legacy' ? 'modern' : 'legacy';
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  const moved = await ask(urlOf(elsewhere), { method: 'POST', headers: session.headers, body });
  expect(moved).toMatchObject({ status: 404, code: 'ERR_SESSION_UNKNOWN' });
});

test('a held call goes on for its own caller only, for the same tool only, and once', async () => {
  const asked = await askModern(urlOf('legacy'), mine, 'tools/call', { name: 'elicit', arguments: {}, ...ELICITING });
  const { resultType, inputRequests, requestState } = asked.result ?? {};
  expect(resultType).toBe('input_required');
  const [key] = Object.keys(objectOf(inputRequests));
  const retry = { arguments: {}, requestState: requestState ?? '', ...answers(key ?? ''), ...ELICITING };
  expect(await askModern(urlOf('legacy'), theirs, 'tools/call', { name: 'elicit', ...retry })).toMatchObject({ code: 'ERR_STATE_INVALID' });
  expect(await askModern(urlOf('legacy'), mine, 'tools/call', { name: 'bump', ...retry })).toMatchObject({ code: 'ERR_STATE_INVALID' });
  // Without the answer it is asked again, under a new state; the former one is used up.
  const again = await askModern(urlOf('legacy'), mine, 'tools/call', { name: 'elicit', ...retry, inputResponses: {} });
  expect(again.result).toMatchObject({ resultType: 'input_required' });
  expect(await askModern(urlOf('legacy'), mine, 'tools/call', { name: 'elicit', ...retry })).toMatchObject({ code: 'ERR_STATE_INVALID' });
  const last = { ...retry, requestState: again.result?.['requestState'] ?? '' };
  expect((await askModern(urlOf('legacy'), mine, 'tools/call', { name: 'elicit', ...last })).result).toMatchObject({ content: [{ text: 'accept bob' }] });
  expect(await askModern(urlOf('legacy'), mine, 'tools/call', { name: 'elicit', ...last })).toMatchObject({ code: 'ERR_STATE_INVALID' });
  expect(deeds.bumps).toBe(1);
});

test('a held call ends when its agent is stopped, and the server is told', async () => {
  const shortLived = await gate.token({ agent: 'short' });
  const asked = await askModern(urlOf('legacy'), shortLived, 'tools/call', { name: 'elicit', arguments: {}, ...ELICITING });
  expect(asked.result).toMatchObject({ resultType: 'input_required' });
  await gate.admin('PUT', '/kill', { target: 'agent', name: 'short', on: true, reason: 'a test' });
  await until(() => heard('POST notifications/cancelled') > 0);
});

test('two who listen in one session with a legacy server both hear, until each leaves', async () => {
  deeds.subscribed = [];
  const [one, two] = await Promise.all([connectAs('v2 modern', urlOf('legacy'), mine), connectAs('v2 modern', urlOf('legacy'), mine)]);
  if (!('listen' in one.client) || !('listen' in two.client)) throw new Error('not modern');
  const first = await one.client.listen({ resourceSubscriptions: [NOTE] });
  const second = await two.client.listen({ resourceSubscriptions: [NOTE] });
  expect(deeds.subscribed).toEqual([NOTE]);
  await one.call('touch');
  await until(() => one.told.length > 0 && two.told.length > 0);
  await first.close();
  await two.call('touch');
  await until(() => two.told.length > 1);
  expect(deeds.subscribed).toEqual([NOTE]);
  await second.close();
  await until(() => deeds.subscribed.length === 0);
  await one.close();
  await two.close();
});
