import { afterAll, beforeAll, expect, test } from 'bun:test';
import { startGate, type Gate } from '../../test/fixtures/gate.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { connectLink, type Link } from '../link/connect.ts';

let gate: Gate;
/** Another replica's end of the link: it has the gateway's role key, and says whatever it likes. */
let replica: Link;

beforeAll(async () => {
  gate = await startGate({ manifest: '' });
  replica = connectLink({ home: gate.home, self: 'gateway', peer: 'gateway' });
});

afterAll(async () => {
  replica.close();
  await gate.stop();
});

async function forward(body: Json): Promise<readonly Json[]> {
  return Array.fromAsync(replica.stream('gateway.forward', body, AbortSignal.timeout(5_000)));
}

const ANSWER = '{"jsonrpc":"2.0","id":"gateway/1","result":{}}';
const answer = (message: Json, change: JsonObject = {}): JsonObject => ({ kind: 'answer', session: 's', revision: '2025-11-25', message, ...change });
const resume = (change: JsonObject = {}): JsonObject => ({
  kind: 'resume', handle: 'gateway/none', responses: {}, principal: 'p', agent: 'a', exchange: 'x', ...change,
});

test('what replicas send each other is taken', async () => {
  expect(await forward(answer(ANSWER))).toEqual([]);
  expect(await forward({ kind: 'resubscribe', session: 's' })).toEqual([]);
  expect(forward(resume({ responses: { one: {} } }))).rejects.toMatchObject({ code: 'ERR_STATE_INVALID' });
});

test.each<[string, Json, string]>([
  ['no object', 'resume', 'ERR_REQUEST_INVALID'],
  ['no kind', {}, 'ERR_REQUEST_INVALID'],
  ['an unknown kind', { kind: 'execute', session: 's' }, 'ERR_REQUEST_INVALID'],
  ['a session that is no text', { kind: 'resubscribe', session: { toString: 's' } }, 'ERR_REQUEST_INVALID'],
  ['an answer as an object', answer({ kind: 'result', id: 'gateway/1', result: {} }), 'ERR_REQUEST_INVALID'],
  ['an answer in no revision', answer(ANSWER, { revision: '1999-01-01' }), 'ERR_REQUEST_INVALID'],
  ['an answer that is a request', answer('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}'), 'ERR_REQUEST_INVALID'],
  ['an answer that is no message', answer('{"jsonrpc":"2.0","id":1}'), 'ERR_RPC_INVALID'],
  ['an answer with two readings', answer('{"jsonrpc":"2.0","id":1,"result":{"a":1,"A":2}}'), 'ERR_JSON_DUPLICATE_KEY'],
  ['a resumption by nobody', resume({ principal: null }), 'ERR_REQUEST_INVALID'],
  ['responses that are a list', resume({ responses: [{}] }), 'ERR_REQUEST_INVALID'],
  ['a response that is no object', resume({ responses: { one: 'yes' } }), 'ERR_REQUEST_INVALID'],
])('what a replica forwards is refused: %s', async (_what, body, code) => {
  expect(forward(body)).rejects.toMatchObject({ code });
});
