import { afterEach, expect, test } from 'bun:test';
import { begin, codec, exchangeOf, faultOf, LEGACY, permitOf, requestOf, sendAll } from '../../test/fixtures/upstream-exchange.ts';
import { isObject, type Json, type JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Endpoint } from '../domain/server.ts';
import { defaultSandbox } from '../registry/sandbox.ts';
import { createChannel } from './channel.ts';
import { createConnectedUpstream, type ConnectedUpstream } from './connected.ts';
import { openConnection, type Pipe } from './connection.ts';

const launch = { command: 'server', args: [], env: {}, sandbox: defaultSandbox() } as const;
const SHARED: Endpoint = { transport: 'stdio', launch: { ...launch, shared: true } };
const OWN: Endpoint = { transport: 'stdio', launch: { ...launch, shared: false } };

let heard: JsonObject[] = [];
let opened = 0;
let upstream: ConnectedUpstream | undefined;
afterEach(() => {
  upstream?.close();
  heard = [];
  opened = 0;
});

/** Servers that shake hands, answer `ping`, and leave every call hanging. */
function start(shared: boolean): ConnectedUpstream {
  upstream = createConnectedUpstream({
    idleMs: 60_000,
    open: async (_exchange, capabilities) => {
      opened += 1;
      return openConnection(makePipe(), { codec, server: 'crm', shared, capabilities, probe: false });
    },
  });
  return upstream;
}

const ANSWERS: Readonly<Record<string, JsonObject>> = { initialize: { protocolVersion: LEGACY, capabilities: {}, serverInfo: {} }, ping: {} };

function makePipe(): Pipe {
  const lines = createChannel<string>(LIMITS.upstreamQueueMessages);
  return {
    lines: lines.values(),
    close: () => lines.end(),
    send: async (text) => {
      const said: Json = JSON.parse(text);
      if (!isObject(said)) return;
      heard.push(said);
      const { method } = said;
      const result = typeof method === 'string' ? ANSWERS[method] : undefined;
      if (result !== undefined) lines.push(JSON.stringify({ jsonrpc: '2.0', id: said['id'] ?? null, result }));
    },
  };
}

const methods = (): readonly Json[] => heard.map(({ method }) => method ?? null);
const cancel = permitOf({ kind: 'notification', from: 'client', revision: LEGACY, method: 'notifications/cancelled', params: { requestId: 7 } });

test('a stranger on a shared connection can\'t cancel another\'s call by guessing its id; its caller can', async () => {
  const way = start(true);
  const [ann, bob] = [exchangeOf(SHARED, { principal: 'ann' }), exchangeOf(SHARED, { principal: 'bob' })];
  const stop = new AbortController();
  const call = begin(way, requestOf('tools/call', { name: 't' }, 7), ann, stop.signal).next().catch(() => undefined);
  await sendAll(way, requestOf('ping'), ann);
  expect(methods()).toContain('tools/call');
  for (const exchange of [bob, ann]) {
    const before = methods().filter((method) => method === 'notifications/cancelled').length;
    await Array.fromAsync(way.send(cancel, exchange, stop.signal));
    expect(methods().filter((method) => method === 'notifications/cancelled').length - before).toBe(exchange === ann ? 1 : 0);
  }
  stop.abort();
  await call;
});

test('whatever clients say that they can do, a shared server is one', async () => {
  const way = start(true);
  for (const key of ['a', 'b']) await sendAll(way, requestOf('ping'), exchangeOf(SHARED, { session: { key, capabilities: { [key]: {} } } }));
  expect(opened).toBe(1);
});

test('a caller who always says something else takes a few places, and not all', async () => {
  const way = start(false);
  const calling = (count: number): ReturnType<typeof exchangeOf> =>
    exchangeOf(OWN, { session: { key: String(count), capabilities: { [`c${count}`]: {} } } });
  for (let count = 0; count < LIMITS.connectionsPerCallerMax + 2; count += 1) await sendAll(way, requestOf('ping'), calling(count));
  // The oldest that stood idle made room.
  const before = opened;
  await sendAll(way, requestOf('ping'), calling(LIMITS.connectionsPerCallerMax + 1));
  expect(opened).toBe(before);
  await sendAll(way, requestOf('ping'), calling(0));
  expect(opened).toBe(before + 1);

  const stop = new AbortController();
  const busy = [];
  for (let count = 100; count < 100 + LIMITS.connectionsPerCallerMax; count += 1) {
    busy.push(begin(way, requestOf('tools/call', { name: 't' }), calling(count), stop.signal).next().catch(() => undefined));
    await sendAll(way, requestOf('ping'), calling(count));
  }
  expect((await faultOf(sendAll(way, requestOf('ping'), calling(999)))).code).toBe('ERR_RUNNER_LIMIT');
  expect(await sendAll(way, requestOf('ping'), exchangeOf(OWN, { principal: 'bob' }))).toHaveLength(1);
  stop.abort();
  await Promise.all(busy);
});
