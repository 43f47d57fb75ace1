import { expect, test } from 'bun:test';
import { codeOf } from '../../../test/fixtures/code-of.ts';
import { exchangeOf, LEGACY, permitOf, requestOf } from '../../../test/fixtures/upstream-exchange.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Message } from '../../domain/message.ts';
import type { Upstream } from '../../domain/upstream.ts';
import { callModernServer } from './legacy-client.ts';
import type { BridgeParts } from './parts.ts';
import { createQuestions, type Questions } from './questions.ts';

const NEVER = new AbortController().signal;

/** A call in a legacy session, at a modern server that asks for so many inputs at once. */
function callAsking(count: number): { readonly messages: AsyncGenerator<Message, void, undefined>; readonly questions: Questions } {
  const inputRequests = Object.fromEntries(Array.from({ length: count }, (_, index) => [`q${index}`, { method: 'roots/list' }]));
  const result: JsonObject = { resultType: 'input_required', inputRequests };
  const http: Upstream = {
    async *send({ message }) {
      if (message.kind === 'request') yield { kind: 'result', from: 'server', revision: message.revision, id: message.id, result };
    },
  };
  const questions = createQuestions('a');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all that such a call touches of the bridge
  const parts = { ways: { http }, questions, state: { get: async () => undefined } } as unknown as BridgeParts;
  const exchange = exchangeOf({ transport: 'http', url: 'http://127.0.0.1:1/mcp', allowPrivate: true }, { session: { key: 's', capabilities: { roots: {} } } });
  return { messages: callModernServer(parts, permitOf(requestOf('tools/call', { name: 't' })), exchange, NEVER), questions };
}

test('questions that a call left unanswered end with it: nobody can fill the gate with them', async () => {
  const { messages, questions } = callAsking(2);
  const first = (await messages.next()).value;
  await messages.next();
  expect(questions.size).toBe(2);
  const over = codeOf(messages.next());
  const id = first?.kind === 'request' ? first.id : '';
  questions.answer('s', { kind: 'error', from: 'client', revision: LEGACY, id, error: { code: -1, message: 'no' } });
  expect(await over).toBe('ERR_CAPABILITY_MISSING');
  expect(questions.size).toBe(0);
});

test('a server asks for a few inputs at once, not for as many as there is room for', async () => {
  const { messages, questions } = callAsking(LIMITS.inputRequestsMax + 1);
  expect(await codeOf(messages.next())).toBe('ERR_LIMIT_MESSAGES');
  expect(questions.size).toBe(0);
});
