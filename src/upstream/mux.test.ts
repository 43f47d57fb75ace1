import { expect, test } from 'bun:test';
import { SallyportError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Message } from '../domain/message.ts';
import { faultOf, LEGACY, requestOf } from '../../test/fixtures/upstream-exchange.ts';
import { Mux } from './mux.ts';

const NEVER = new AbortController().signal;
const told = (method: string, params: JsonObject = {}): Message => ({ kind: 'notification', from: 'server', revision: LEGACY, method, params });
const asked: Message = { kind: 'request', from: 'server', revision: LEGACY, id: 'q', method: 'roots/list' };

function make(shared = false): { readonly mux: Mux; readonly sent: Message[] } {
  const sent: Message[] = [];
  return { sent, mux: new Mux({ server: 'crm', shared, send: async (message) => void sent.push(message) }) };
}
/** Starts a call and gathers what it receives. */
function start(mux: Mux, id: string | number, session?: string): Message[] {
  const received: Message[] = [];
  void (async () => {
    for await (const message of mux.request(requestOf('tools/call', { name: 't' }, id), session, NEVER)) received.push(message);
  })().catch(() => undefined);
  return received;
}
async function listen(mux: Mux, session: string): Promise<Message[]> {
  const received: Message[] = [];
  const stream = mux.stream(requestOf('transport/stream'), session, NEVER);
  await stream.next();
  void (async () => {
    for await (const message of stream) received.push(message);
  })().catch(() => undefined);
  return received;
}

test('what changed for everyone goes to every standing stream, but to none of a shared connection', async () => {
  for (const shared of [false, true]) {
    const { mux } = make(shared);
    const streams = [await listen(mux, 'a'), await listen(mux, 'b')];
    mux.receive(told('notifications/tools/list_changed'));
    await Bun.sleep(0);
    expect(streams.map((stream) => stream.length)).toEqual(shared ? [0, 0] : [1, 1]);
  }
});

test('with two calls in flight nothing is anyone\'s by guess, not even the only stream\'s', async () => {
  const { mux, sent } = make();
  const stream = await listen(mux, 'a');
  const [one, two] = [start(mux, 1, 'a'), start(mux, 2, 'a')];
  await Bun.sleep(0);
  mux.receive(asked);
  mux.receive(told('notifications/message', { data: 'whose?' }));
  await Bun.sleep(0);
  expect([stream, one, two]).toEqual([[], [], []]);
  expect(sent.at(-1)).toMatchObject({ kind: 'error', id: 'q', error: { code: -32603 } });
});

test('the only stream gets what is asked while nothing is in flight; a ping is answered here', async () => {
  const { mux, sent } = make();
  const stream = await listen(mux, 'a');
  mux.receive(asked);
  mux.receive({ ...asked, id: 'p', method: 'ping' });
  mux.receive(told('notifications/cancelled', { requestId: 'q' }));
  await Bun.sleep(0);
  expect(stream).toMatchObject([{ id: 'q', method: 'roots/list' }, { method: 'notifications/cancelled' }]);
  expect(sent).toMatchObject([{ kind: 'result', id: 'p', result: {} }]);
  expect(await faultOf(mux.respond({ kind: 'result', from: 'client', revision: LEGACY, id: 'q', result: {} }, 'a'))).toMatchObject({ code: 'ERR_RPC_INVALID' });
});

test('a session cancels its own call, not the one of another session with the same id', async () => {
  const { mux, sent } = make();
  start(mux, 'same', 'a');
  start(mux, 'same', 'b');
  await Bun.sleep(0);
  const second = sent.at(-1);
  await mux.notify({ kind: 'notification', from: 'client', revision: LEGACY, method: 'notifications/cancelled', params: { requestId: 'same' } }, 'b');
  expect(sent.at(-1)).toMatchObject({ method: 'notifications/cancelled', params: { requestId: second?.kind === 'request' ? second.id : undefined } });
  const before = sent.length;
  await mux.notify({ kind: 'notification', from: 'client', revision: LEGACY, method: 'notifications/cancelled', params: { requestId: 'same' } }, 'c');
  expect(sent).toHaveLength(before);
});

test('after a failure nothing more is sent', async () => {
  const { mux, sent } = make();
  mux.fail(new SallyportError('ERR_RUNNER_EXITED', 'gone'));
  expect(await faultOf(mux.request(requestOf('tools/call'), undefined, NEVER).next())).toMatchObject({ code: 'ERR_RUNNER_EXITED', dispatched: false });
  expect(sent).toEqual([]);
});
