import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import type { JsonObject } from '../../src/domain/json.ts';
import { deeds, NOTE, until } from '../fixtures/era-deeds.ts';
import { startLegacyHttp, startModernHttp, type EraServer } from '../fixtures/era-servers.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { ask, askModern, ENVELOPE, legacyHeaders, objectOf } from './asking.ts';

let gate: Gate;
let second: Awaited<ReturnType<Gate['replica']>>;
let token: string;
const servers: EraServer[] = [];
const ELICITING = { _meta: { ...ENVELOPE, 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } } };
const PERSON = { action: 'accept', content: { name: 'bob' } };

beforeAll(async () => {
  const [legacy, modern] = [startLegacyHttp(), startModernHttp()];
  servers.push(legacy, modern);
  gate = await startGate({
    policy: `permit(principal in Group::"testers", action, resource);`,
    manifest: `servers:
  legacy: { url: "${legacy.url}", allowPrivate: true, owner: tests }
  modern: { url: "${modern.url}", allowPrivate: true, owner: tests }
`,
  });
  await gate.enrol('legacy', 'modern');
  token = await gate.token();
  second = await gate.replica('b');
}, 60_000);

beforeEach(() => {
  deeds.bumps = 0;
});

afterAll(async () => {
  await gate.stop();
  for (const server of servers) await server.stop();
}, 30_000);

/** A call that waits for its client at this replica, and the params that go on with it. */
async function held(url: string): Promise<JsonObject> {
  const { result } = await askModern(`${url}/mcp/legacy`, token, 'tools/call', { name: 'elicit', arguments: {}, ...ELICITING });
  expect(result).toMatchObject({ resultType: 'input_required' });
  const [key] = Object.keys(objectOf(result?.['inputRequests']));
  return { name: 'elicit', arguments: {}, requestState: result?.['requestState'] ?? '', inputResponses: { [key ?? '']: PERSON }, ...ELICITING };
}

test('a held call goes on at the replica that holds it, whichever replica its client comes back to', async () => {
  const retry = await held(gate.url);
  expect((await askModern(`${second.url}/mcp/legacy`, token, 'tools/call', retry)).result).toMatchObject({ content: [{ text: 'accept bob' }] });
  expect(await askModern(`${gate.url}/mcp/legacy`, token, 'tools/call', retry)).toMatchObject({ code: 'ERR_STATE_INVALID' });
  expect(deeds.bumps).toBe(1);
});

test('nobody else goes on with it through another replica either', async () => {
  const retry = await held(gate.url);
  const other = await gate.token({ agent: 'other' });
  expect(await askModern(`${second.url}/mcp/legacy`, other, 'tools/call', retry)).toMatchObject({ code: 'ERR_STATE_INVALID' });
});

async function sessionOf(server: string, url: string): Promise<{ readonly headers: Record<string, string> }> {
  const params = { protocolVersion: '2025-11-25', capabilities: { elicitation: {} }, clientInfo: { name: 't', version: '1' } };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params });
  const opened = await ask(`${url}/mcp/${server}`, { method: 'POST', headers: legacyHeaders(token), body });
  return { headers: { ...legacyHeaders(token), 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' } };
}

/** A legacy client's call whose stream is read as text; `post` says things in its session, at any replica. */
async function legacyCall(
  server: string, url: string,
): Promise<{ readonly stream: Response; readonly post: (at: string, message: object) => Promise<Response> }> {
  const { headers } = await sessionOf(server, url);
  const post = (at: string, message: object): Promise<Response> =>
    fetch(`${at}/mcp/${server}`, { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', ...message }) });
  return { stream: await post(url, { id: 2, method: 'tools/call', params: { name: 'elicit', arguments: {} } }), post };
}

/** The messages of an event stream, one at a time. */
async function* messagesOf(response: Response): AsyncGenerator<{ readonly id?: string }> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const data = text.slice(0, end).split('\n').find((line) => line.startsWith('data: {'));
      text = text.slice(end + 2);
      if (data !== undefined) yield JSON.parse(data.slice('data: '.length));
    }
  }
}

test.each(['modern', 'legacy'])('a legacy client\'s answer reaches the call at %s, whichever replica it is posted to', async (server) => {
  const { stream, post } = await legacyCall(server, gate.url);
  const messages = messagesOf(stream);
  const question = (await messages.next()).value;
  expect(question).toMatchObject({ method: 'elicitation/create' });
  expect((await post(second.url, { id: question?.id, result: PERSON })).status).toBe(202);
  expect((await messages.next()).value).toMatchObject({ id: 2, result: { content: [{ text: 'accept bob' }] } });
  expect(deeds.bumps).toBe(1);
});

test('what is subscribed to at one replica is heard on the stream that is open at the other', async () => {
  const { headers } = await sessionOf('modern', gate.url);
  const standing = await fetch(`${gate.url}/mcp/modern`, { headers: { ...headers, accept: 'text/event-stream' } });
  const messages = messagesOf(standing);
  const heard = messages.next();
  const body = JSON.stringify({ jsonrpc: '2.0', id: 5, method: 'resources/subscribe', params: { uri: NOTE } });
  const subscribed = await ask(`${second.url}/mcp/modern`, { method: 'POST', headers, body });
  expect(subscribed.result).toEqual({});
  let done = false;
  void heard.then(() => {
    done = true;
  });
  await until(async () => {
    if (!done) await askModern(`${gate.url}/mcp/modern`, token, 'tools/call', { name: 'touch', arguments: {} });
    return done;
  });
  expect((await heard).value).toMatchObject({ method: 'notifications/resources/updated', params: { uri: NOTE } });
  await standing.body?.cancel().catch(() => undefined);
});

test('a session that was ended at one replica is ended at the other', async () => {
  const { headers } = await sessionOf('modern', gate.url);
  expect((await fetch(`${second.url}/mcp/modern`, { method: 'DELETE', headers })).status).toBe(204);
  const refused = await ask(`${gate.url}/mcp/modern`, { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }) });
  expect(refused).toMatchObject({ status: 404, code: 'ERR_SESSION_UNKNOWN' });
});

test('a call whose owner is gone is refused as such, and never made again', async () => {
  const lost = await gate.replica('c');
  const retry = await held(lost.url);
  const { stream, post } = await legacyCall('modern', lost.url);
  const question = (await messagesOf(stream).next()).value;
  expect(deeds.bumps).toBe(2);
  await lost.close();
  const refused = await askModern(`${gate.url}/mcp/legacy`, token, 'tools/call', retry);
  expect(refused).toMatchObject({ status: 503, code: 'ERR_SESSION_OWNER_LOST' });
  const unheard = await post(gate.url, { id: question?.id, result: PERSON });
  expect(unheard.status).toBe(503);
  expect(deeds.bumps).toBe(2);
}, 20_000);
