import { expect, test } from 'bun:test';
import { codeOf } from '../../../test/fixtures/code-of.ts';
import { exchangeOf, LEGACY, permitOf, requestOf } from '../../../test/fixtures/upstream-exchange.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Message, NotificationMessage, RequestMessage, ResultMessage } from '../../domain/message.ts';
import { withSideEntrance } from '../side-entrance.ts';
import { createHeldCalls, type HeldCall } from './held.ts';
import { createQuestions } from './questions.ts';

const HTTP = { transport: 'http', url: 'http://127.0.0.1:1/mcp', allowPrivate: true } as const;
const question: RequestMessage = { kind: 'request', from: 'server', revision: LEGACY, id: 0, method: 'roots/list' };
const note = (method: string): NotificationMessage => ({ kind: 'notification', from: 'server', revision: LEGACY, method });
const answer = (id: string): ResultMessage => ({ kind: 'result', from: 'client', revision: LEGACY, id, result: {} });

async function* nothing(): AsyncGenerator<Message, void, undefined> {
  // A call that has nothing to say.
}

function heldCall(): HeldCall {
  return { permit: permitOf(requestOf('tools/call')), exchange: exchangeOf(HTTP), messages: nothing(), controller: new AbortController(), question };
}

test('a held call is given out once, to the caller that it is of', async () => {
  const held = createHeldCalls('node-a');
  const call = heldCall();
  const handle = held.hold(call);
  expect(held.ownerOf(handle)).toBe('node-a');
  const { principal } = call.exchange;
  for (const caller of [{ ...principal, id: 'other' }, { ...principal, agent: 'other' }]) {
    expect(await codeOf((async () => held.take(handle, caller))())).toBe('ERR_STATE_INVALID');
  }
  expect(held.take(handle, principal)).toBe(call);
  expect(await codeOf((async () => held.take(handle, principal))())).toBe('ERR_STATE_INVALID');
});

test('a held call ends with its time, and with its caller', () => {
  const held = createHeldCalls('a');
  const calls = [heldCall(), heldCall()];
  held.hold(calls[0] ?? heldCall());
  held.sweep(Date.now(), () => false);
  expect(held.size).toBe(1);
  held.sweep(Date.now() + LIMITS.heldCallMs + 1, () => false);
  held.hold(calls[1] ?? heldCall());
  held.sweep(Date.now(), () => true);
  expect(held.size).toBe(0);
  expect(calls.map(({ controller }) => controller.signal.aborted)).toEqual([true, true]);
});

test('one principal can\'t take the place of all who wait', async () => {
  const held = createHeldCalls('a');
  for (let count = 0; count < LIMITS.heldCallsPerPrincipalMax; count += 1) held.hold(heldCall());
  const more = heldCall();
  expect(await codeOf((async () => held.hold(more))())).toBe('ERR_LIMIT_OPEN_EXCHANGES');
  expect(more.controller.signal.aborted).toBe(true);
  const other = heldCall();
  held.hold({ ...other, exchange: { ...other.exchange, principal: { ...other.exchange.principal, id: 'other' } } });
});

test('a question is answered by its own session, once', async () => {
  const questions = createQuestions('a');
  const asked = questions.ask('mine', new AbortController().signal);
  expect(questions.ownerOf(asked.id)).toBe('a');
  expect(questions.answer('theirs', answer(asked.id))).toBe(false);
  expect(questions.answer('mine', answer('a/other'))).toBe(false);
  expect(questions.answer('mine', answer(asked.id))).toBe(true);
  expect(questions.answer('mine', answer(asked.id))).toBe(false);
  expect(await asked.answer).toEqual(answer(asked.id));
});

test('a question ends with the call that asked it', async () => {
  const questions = createQuestions('a');
  const controller = new AbortController();
  const asked = questions.ask('mine', controller.signal);
  controller.abort(new Error('over'));
  expect(await asked.answer.catch((reason: unknown) => String(reason))).toBe('Error: over');
  expect(questions.answer('mine', answer(asked.id))).toBe(false);
});

test('what comes in from the side is heard while the stream is silent, and is limited', async () => {
  const gate = Promise.withResolvers<void>();
  async function* main(): AsyncGenerator<Message, void, undefined> {
    yield note('first');
    await gate.promise;
    yield note('last');
  }
  const { messages, push } = withSideEntrance(main());
  expect((await messages.next()).value).toEqual(note('first'));
  const waiting = messages.next();
  expect(push(note('aside'))).toBe(true);
  expect((await waiting).value).toEqual(note('aside'));
  for (let pushed = 0; pushed < LIMITS.upstreamQueueMessages; pushed += 1) expect(push(note('more'))).toBe(true);
  expect(push(note('too much'))).toBe(false);
  gate.resolve();
  const rest = await Array.fromAsync(messages);
  expect(rest).toHaveLength(LIMITS.upstreamQueueMessages + 1);
  expect(rest.at(-1)).toEqual(note('last'));
});
