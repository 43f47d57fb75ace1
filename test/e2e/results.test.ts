import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { JsonObject } from '../../src/domain/json.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { startRecordingServer, type RecordingServer } from '../fixtures/recording-server.ts';
import { askModern, type Answer } from './asking.ts';

const ANSWERED: ReadonlySet<string> = new Set(['tools/call', 'resources/list']);
/** What the server says to the next of these. */
let says: JsonObject = {};
let server: RecordingServer;
let gate: Gate;
let token: string;

beforeAll(async () => {
  server = startRecordingServer({
    answer: ({ method, id }) => (ANSWERED.has(method) ? Response.json({ jsonrpc: '2.0', id: id ?? null, result: says }) : undefined),
  });
  gate = await startGate({
    policy: 'permit(principal in Group::"testers", action, resource in Server::"notes");',
    manifest: `servers: { notes: { url: "${server.url}", allowPrivate: true, owner: tests } }\n`,
  });
  await gate.enrol('notes');
  token = await gate.token();
});

afterAll(async () => {
  await gate.stop();
  await server.stop();
});

function call(method: string, result: JsonObject): Promise<Answer> {
  says = result;
  return askModern(`${gate.url}/mcp/notes`, token, method, method === 'tools/call' ? { name: 'read_note', arguments: {} } : {});
}

const CONTENT = { content: [{ type: 'text', text: 'a note' }] };

test.each<[string, string, JsonObject]>([
  ['an unknown type', 'tools/call', { resultType: 'later', ...CONTENT }],
  ['no type at all', 'tools/call', { resultType: null, ...CONTENT }],
  ['a task without its id', 'tools/call', { resultType: 'task' }],
  ['a question without what is asked', 'tools/call', { resultType: 'input_required' }],
  ['a question that clients do not know', 'tools/call', { resultType: 'input_required', inputRequests: { a: { method: 'tools/call', params: {} } } }],
  ['a question in the middle of a list', 'resources/list', { resultType: 'input_required', requestState: 's' }],
  ['a list that anyone may keep for a negative time', 'resources/list', { resources: [], ttlMs: -1, cacheScope: 'public' }],
])('a modern server\'s result is withheld that is no answer to its method: %s', async (_what, method, result) => {
  const answer = await call(method, result);
  expect(answer).toMatchObject({ status: 200, rpcCode: 5020, code: 'ERR_UPSTREAM_PROTOCOL', result: undefined });
  const [permitted, withheld] = await gate.records({ exchange: answer.exchange ?? '' });
  expect(permitted).toMatchObject({ event: 'call.permitted' });
  expect(withheld).toMatchObject({ event: 'result.withheld', code: 'ERR_UPSTREAM_PROTOCOL' });
});

test.each<[string, JsonObject]>([
  ['complete', { resultType: 'complete', ...CONTENT, later: { fields: true } }],
  ['without a type, which means complete', CONTENT],
  ['a task', { resultType: 'task', taskId: 't-1', status: 'working' }],
  ['a question', { resultType: 'input_required', inputRequests: { a: { method: 'elicitation/create', params: { message: 'Sure?' } } } }],
])('a modern server\'s result passes: %s', async (_what, result) => {
  const { result: passed } = await call('tools/call', result);
  expect(passed).toEqual({ ...result, ...('taskId' in result ? { taskId: expect.any(String) } : {}) });
});
