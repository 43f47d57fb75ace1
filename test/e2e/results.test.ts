import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { JsonObject } from '../../src/domain/json.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { startRecordingServer, type Heard, type RecordingServer } from '../fixtures/recording-server.ts';
import { askModern, openLegacy, type Answer } from './asking.ts';

const ANSWERED: ReadonlySet<string> = new Set(['tools/call', 'resources/list']);
/** What the server says to the next of these. */
let says: JsonObject = {};
let servers: readonly RecordingServer[];
let gate: Gate;
let token: string;

const answer = ({ method, id }: Heard): Response | undefined =>
  ANSWERED.has(method) ? Response.json({ jsonrpc: '2.0', id: id ?? null, result: says }) : undefined;

const entry = (id: string, { url }: RecordingServer): string => `${id}: { url: "${url}", allowPrivate: true, owner: tests }`;

beforeAll(async () => {
  const [both, modern] = [startRecordingServer({ answer }), startRecordingServer({ answer, era: 'modern' })];
  servers = [both, modern];
  gate = await startGate({
    policy: 'permit(principal in Group::"testers", action, resource);',
    manifest: `servers: { ${entry('notes', both)}, ${entry('modern', modern)} }\n`,
  });
  await gate.enrol('notes', 'modern');
  token = await gate.token();
});

afterAll(async () => {
  await gate.stop();
  for (const server of servers) await server.stop();
});

function paramsOf(method: string): JsonObject {
  return method === 'tools/call' ? { name: 'read_note', arguments: {} } : {};
}

function call(method: string, result: JsonObject): Promise<Answer> {
  says = result;
  return askModern(`${gate.url}/mcp/notes`, token, method, paramsOf(method));
}

const CONTENT = { content: [{ type: 'text', text: 'a note' }] };

const FLAWED: [string, string, JsonObject][] = [
  ['an unknown type', 'tools/call', { resultType: 'later', ...CONTENT }],
  ['no type at all', 'tools/call', { resultType: null, ...CONTENT }],
  ['a task without its id', 'tools/call', { resultType: 'task' }],
  ['a question without what is asked', 'tools/call', { resultType: 'input_required' }],
  ['a question that clients do not know', 'tools/call', { resultType: 'input_required', inputRequests: { a: { method: 'tools/call', params: {} } } }],
  ['a question in the middle of a list', 'resources/list', { resultType: 'input_required', requestState: 's' }],
  ['a list that anyone may keep for a negative time', 'resources/list', { resources: [], ttlMs: -1, cacheScope: 'public' }],
];

test.each(FLAWED)('a modern server\'s result is withheld that is no answer to its method: %s', async (_what, method, result) => {
  const refused = await call(method, result);
  expect(refused).toMatchObject({ status: 200, rpcCode: 5020, code: 'ERR_UPSTREAM_PROTOCOL', result: undefined });
  const [permitted, withheld] = await gate.records({ exchange: refused.exchange ?? '' });
  expect(permitted).toMatchObject({ event: 'call.permitted' });
  expect(withheld).toMatchObject({ event: 'result.withheld', code: 'ERR_UPSTREAM_PROTOCOL' });
});

test.each(FLAWED)('and it is not made a legacy result either: %s', async (_what, method, result) => {
  const session = await openLegacy(`${gate.url}/mcp/modern`, token);
  says = result;
  const refused = await session.request(method, paramsOf(method));
  expect(refused).toMatchObject({ status: 200, rpcCode: 5020, code: 'ERR_UPSTREAM_PROTOCOL', result: undefined });
});

const question = (message: string): JsonObject =>
  ({ resultType: 'input_required', inputRequests: { a: { method: 'elicitation/create', params: { message } } } });

test.each<[string, JsonObject, JsonObject?]>([
  ['complete', { resultType: 'complete', ...CONTENT, later: { fields: true } }],
  ['without a type, which means complete', CONTENT],
  ['a task', { resultType: 'task', taskId: 't-1', status: 'working' }],
  ['a question, in the name of who asks', question('Sure?'), question('notes asks: Sure?')],
])('a modern server\'s result passes: %s', async (_what, result, as = result) => {
  const { result: passed } = await call('tools/call', result);
  expect(passed).toEqual({ ...as, ...('taskId' in result ? { taskId: expect.any(String) } : {}) });
});
