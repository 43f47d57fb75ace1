import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { isArray, isObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { LIMITS } from '../../src/domain/limits.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { startRecordingServer, type Heard, type RecordingServer } from '../fixtures/recording-server.ts';
import { ask, askModern, ENVELOPE, modernHeaders, objectOf, openLegacy, sendRaw, stringAt, type Answer } from './asking.ts';

/** Ways over the gate that an attacker with its source found; each stays closed. */
const POLICY = `permit(principal, action, resource);
forbid(principal, action == Action::"read_resource", resource) when { resource.name like "secret://*" };
`;

let legacy: RecordingServer;
let modern: RecordingServer;
let gate: Gate;
let tasks: string[] = [];

beforeAll(async () => {
  legacy = startRecordingServer({ era: 'legacy', answer: answerLegacy });
  modern = startRecordingServer({ era: 'modern', answer: answerModern });
  gate = await startGate({ policy: POLICY, manifest: `servers:\n${entry('old', legacy)}${entry('new', modern)}` });
  await gate.enrol('old', 'new');
}, 30_000);

afterAll(async () => {
  await gate.stop();
  await Promise.all([legacy.stop(), modern.stop()]);
});

function entry(id: string, { url }: RecordingServer): string {
  return `  ${id}: { url: "${url}", allowPrivate: true, owner: tests }\n`;
}

function taskOf(taskId: string): JsonObject {
  return { taskId, status: 'working', createdAt: '2026-01-01T00:00:00Z', ttl: null };
}

function said(heard: Heard, result: JsonObject): Response {
  return Response.json({ jsonrpc: '2.0', id: heard.id ?? null, result });
}

/** A server that knows the gate by one credential: its tasks are everyone's. */
function answerLegacy(heard: Heard): Response | undefined {
  if (heard.method === 'tools/call' && heard.params['task'] !== undefined) {
    tasks = [...tasks, `task-${tasks.length}`];
    return said(heard, { task: taskOf(tasks.at(-1) ?? '') });
  }
  if (heard.method === 'tasks/list') return said(heard, { tasks: tasks.map(taskOf) });
  if (heard.method === 'tasks/get') return said(heard, taskOf(stringAt(heard.params, 'taskId') ?? ''));
  if (heard.httpMethod === 'GET' && heard.headers['last-event-id'] !== undefined) {
    const resources = [{ uri: 'note://one', name: 'one' }, { uri: 'secret://two', name: 'two' }];
    const tools = [{ name: 'never_approved', inputSchema: { type: 'object' } }];
    const replayed = { jsonrpc: '2.0', id: 2, result: { resources, tasks: tasks.map(taskOf), tools } };
    return new Response(`id: 2\ndata: ${JSON.stringify(replayed)}\n\n`, { headers: { 'content-type': 'text/event-stream' } });
  }
  return undefined;
}

function answerModern(heard: Heard): Response | undefined {
  if (heard.method !== 'tools/call' || heard.params['requestState'] !== undefined) return undefined;
  return said(heard, { resultType: 'input_required', requestState: 'confirm ten euros' });
}

function heardBy(server: RecordingServer, method: string): readonly Heard[] {
  return server.heard.filter((one) => one.method === method);
}

function namesIn(list: Json | undefined, member: string): readonly unknown[] {
  return isArray(list) ? list.filter(isObject).map((item) => item[member]) : [];
}

const TASK = { name: 'read_note', arguments: {}, task: { ttl: 60_000 } };

describe('tasks of others', () => {
  test('are not listed, so no handle of them is given out; one\'s own are', async () => {
    const url = `${gate.url}/mcp/old`;
    const [ann, bob] = await Promise.all([gate.token({ agent: 'ann' }), gate.token({ agent: 'bob' })]);
    const [hers, his] = [await openLegacy(url, ann), await openLegacy(url, bob)];
    const started = await hers.request('tools/call', TASK);
    expect(stringAt(objectOf(started.result?.['task']), 'taskId')).toBeDefined();
    expect(namesIn((await his.request('tasks/list')).result?.['tasks'], 'taskId')).toEqual([]);
    const [own] = namesIn((await hers.request('tasks/list')).result?.['tasks'], 'taskId');
    expect((await hers.request('tasks/get', { taskId: String(own) })).result?.['status']).toBe('working');
    expect((await his.request('tasks/get', { taskId: String(own) })).code).toBe('ERR_STATE_INVALID');
  });
});

describe('a resumed stream', () => {
  test('repeats a list no fuller than it may be listed', async () => {
    const session = await openLegacy(`${gate.url}/mcp/old`, await gate.token({ agent: 'carl' }));
    const response = await fetch(`${gate.url}/mcp/old`, { headers: { ...session.headers, accept: 'text/event-stream', 'last-event-id': '1' } });
    const text = await response.text();
    expect(text).toContain('note://one');
    expect(text).not.toContain('secret://');
    expect(text).not.toContain('never_approved');
    expect(text).toContain('"tasks":[]');
  });
});

describe('a request state', () => {
  test('goes on with the arguments that it was given for, and with no others', async () => {
    const [url, token] = [`${gate.url}/mcp/new`, await gate.token()];
    const first = { name: 'write_note', arguments: { text: 'ten euros' } };
    const requestState = stringAt((await askModern(url, token, 'tools/call', first)).result ?? {}, 'requestState') ?? '';
    const changed = await askModern(url, token, 'tools/call', { ...first, arguments: { text: 'a million' }, requestState });
    expect(changed.code).toBe('ERR_STATE_INVALID');
    expect(modern.heard.filter(({ body }) => body.includes('a million'))).toEqual([]);
    expect((await askModern(url, token, 'tools/call', { ...first, requestState })).result).toBeDefined();
  });
});

describe('a stranger', () => {
  test.each(['declared', 'chunked'])('sends no large body (%s): it is refused before it is there', async (how) => {
    const token = await gate.token();
    const big = JSON.stringify({ pad: 'x'.repeat(LIMITS.strangerBodyBytesMax) });
    const body = (): RequestInit['body'] => (how === 'declared' ? big : new Blob([big]).stream());
    const send = (authorization: string): Promise<Answer> =>
      ask(`${gate.url}/mcp/new`, { method: 'POST', body: body(), headers: { 'content-type': 'application/json', authorization } });
    const refused = await send('Bearer spa_nobody_knows_this_one');
    expect([refused.status, refused.code]).toEqual([401, 'ERR_TOKEN_INVALID']);
    expect(refused.headers.get('www-authenticate')).toContain('invalid_token');
    expect((await send(`Bearer ${token}`)).code).toBe('ERR_RPC_INVALID');
  });

  test('is refused before the end of a body that it never sends', async () => {
    const { host } = new URL(gate.url);
    const head = `POST /mcp/new HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: ${LIMITS.bodyBytesMax}\r\n\r\n{`;
    expect(await sendRaw(gate.url, head, 'beginning')).toStartWith('HTTP/1.1 401');
  });

  test('cancels nobody\'s call over HTTP by guessing its id, where there is no session that it could be of', async () => {
    const [url, token] = [`${gate.url}/mcp/new`, await gate.token({ agent: 'bob' })];
    const headers = modernHeaders(token, 'notifications/cancelled', {});
    const body = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1, _meta: ENVELOPE } });
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(202);
    expect(heardBy(modern, 'notifications/cancelled')).toEqual([]);
  });
});

describe('a caller who says something else of its client with every call', () => {
  test('has a few sessions with a server, and others still get theirs', async () => {
    const url = `${gate.url}/mcp/old`;
    const [eve, fay] = [await gate.token({ agent: 'eve' }), await gate.token({ agent: 'fay' })];
    const before = { opened: heardBy(legacy, 'initialize').length, ended: heardBy(legacy, 'DELETE').length };
    const calls = LIMITS.connectionsPerCallerMax + 4;
    for (let count = 0; count < calls; count += 1) {
      const _meta = { 'io.modelcontextprotocol/clientCapabilities': { experimental: { [`e${count}`]: {} } } };
      expect((await askModern(url, eve, 'tools/call', { name: 'read_note', arguments: {}, _meta })).result).toBeDefined();
    }
    expect(heardBy(legacy, 'initialize').length - before.opened).toBe(calls);
    expect((await askModern(url, fay, 'tools/call', { name: 'read_note', arguments: {} })).result).toBeDefined();
    while (heardBy(legacy, 'DELETE').length - before.ended < 4) await Bun.sleep(5);
  });
});

describe('a subscription', () => {
  test('that policy allows no more is not renewed by the session\'s next stream', async () => {
    const session = await openLegacy(`${gate.url}/mcp/new`, await gate.token());
    const uri = 'note://one';
    expect((await session.request('resources/subscribe', { uri })).result).toEqual({});
    await session.transport('GET');
    expect(heardBy(modern, 'subscriptions/listen').at(-1)?.body).toContain(uri);
    const source = `forbid(principal, action == Action::"subscribe", resource) when { resource.name == "${uri}" };`;
    await gate.admin('PUT', '/policies', { file: 'later.cedar', source });
    while ((await session.request('resources/subscribe', { uri })).result !== undefined) await Bun.sleep(5);
    const before = heardBy(modern, 'subscriptions/listen').length;
    await session.transport('GET');
    while (heardBy(modern, 'subscriptions/listen').length === before) await Bun.sleep(5);
    expect(heardBy(modern, 'subscriptions/listen').at(-1)?.body).not.toContain(uri);
  });
});
