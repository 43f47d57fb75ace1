import { expect, test } from 'bun:test';
import { randomBytes } from 'node:crypto';
import type { Exchange } from '../domain/exchange.ts';
import type { JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { RequestMessage, ResultMessage } from '../domain/message.ts';
import { callerOf, createHandles } from './handles.ts';
import { createSeal } from './seal.ts';

let time = 1_000_000;
const handles = createHandles(createSeal(randomBytes(32)), () => time);

/** Only what a handle is bound to. */
function exchangeOf(principal: string, args: JsonObject = {}, actors: readonly string[] = []): Exchange {
  const known = {
    space: 'default', principal: { id: principal, agent: 'a', actors }, server: { id: 'crm' },
    call: { method: 'tools/call', resource: { name: 'pay' }, arguments: args },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a handle is bound to nothing else of an exchange
  return known as unknown as Exchange;
}

function given(result: JsonObject, exchange = exchangeOf('p')): JsonObject {
  const message: ResultMessage = { kind: 'result', from: 'server', revision: '2026-07-28', id: 1, result };
  return handles.seal(message, exchange).result;
}

function back(params: JsonObject, exchange = exchangeOf('p')): JsonObject | undefined {
  const message: RequestMessage = { kind: 'request', from: 'client', revision: '2026-07-28', id: 2, method: 'tools/call', params };
  return handles.unseal(message, callerOf(exchange)).params;
}

const INVALID = expect.objectContaining({ code: 'ERR_STATE_INVALID' });

test('a state comes back to the server as it was, to the same caller and the same request only', () => {
  const { requestState = '' } = given({ requestState: 'server\nsecret' });
  expect(requestState).not.toContain('secret');
  expect(back({ requestState })).toEqual({ requestState: 'server\nsecret' });
  expect(() => back({ requestState }, exchangeOf('q'))).toThrow(INVALID);
  expect(() => back({ requestState }, exchangeOf('p', { amount: 1 }))).toThrow(INVALID);
  expect(() => back({ requestState }, exchangeOf('p', {}, ['helper']))).toThrow(INVALID);
  expect(() => back({ requestState: 'made up' })).toThrow(INVALID);
});

test('a state is not good for ever', () => {
  const { requestState = '' } = given({ requestState: 's' });
  time += LIMITS.requestStateMs;
  expect(back({ requestState })).toEqual({ requestState: 's' });
  time += 1;
  expect(() => back({ requestState })).toThrow(INVALID);
});

test('a task has one handle for its caller, so that a client knows it again, and another for anyone else', () => {
  const { taskId = '' } = given({ resultType: 'task', taskId: 't-1' });
  expect(given({ resultType: 'task', taskId: 't-1' })['taskId']).toBe(taskId);
  expect(given({ resultType: 'task', taskId: 't-1' }, exchangeOf('q'))['taskId']).not.toBe(taskId);
  expect(back({ taskId })).toEqual({ taskId: 't-1' });
  expect(() => back({ taskId }, exchangeOf('q'))).toThrow(INVALID);
  expect(() => back({ taskId }, exchangeOf('p', {}, ['helper']))).toThrow(INVALID);
});
