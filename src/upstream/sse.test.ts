import { afterEach, expect, test } from 'bun:test';
import { REGISTRY_PRINCIPAL_ID } from '../domain/principal.ts';
import { TRANSPORT_METHODS } from '../domain/message.ts';
import type { Message } from '../domain/message.ts';
import { createAddressGuard } from './address.ts';
import { createCredentials } from './credentials/leases.ts';
import { begin, codec, exchangeOf, faultOf, LEGACY, MODERN, requestOf, resultIn, sendAll } from '../../test/fixtures/upstream-exchange.ts';
import { head, startRawServer, whole } from '../../test/fixtures/raw-server.ts';
import { cancelledCalls, startSseServer } from '../../test/fixtures/sdk-servers.ts';
import type { RemoteEndpoint } from './http-request.ts';
import { createSseUpstream } from './sse.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});
function makeUpstream(idleMs?: number): ReturnType<typeof createSseUpstream> {
  const credentials = createCredentials(async () => ({ kind: 'header', name: 'X-Key', value: 'secret', expiresAt: Number.MAX_SAFE_INTEGER }));
  const upstream = createSseUpstream({ codec, credentials, guard: createAddressGuard(), ...(idleMs === undefined ? {} : { idleMs }) });
  closers.push(() => upstream.close());
  return upstream;
}
async function start(): Promise<{ readonly endpoint: RemoteEndpoint; readonly connections: () => number; readonly stop: () => void }> {
  const server = await startSseServer();
  closers.push(server.stop);
  return { ...server, endpoint: { transport: 'sse', url: `http://127.0.0.1:${server.port}/sse`, allowPrivate: true } };
}
const echo = (text: string, id: string | number = 1): Message => requestOf('tools/call', { name: 'echo', arguments: { text } }, id);

test('calls of one principal share a connection, with the same ids at once; another principal gets another', async () => {
  const { endpoint, connections } = await start();
  const upstream = makeUpstream();
  const mine = exchangeOf(endpoint);
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => sendAll(upstream, echo(`t${index}`), mine)));
  expect(answers.map((messages) => resultIn(messages))).toEqual(Array.from({ length: 20 }, (_, index) => ({ content: [{ type: 'text', text: `t${index}` }] })));
  expect(answers.every(([message]) => message?.kind === 'result' && message.id === 1)).toBeTrue();
  expect(connections()).toBe(1);
  await sendAll(upstream, echo('x'), exchangeOf(endpoint, { principal: 'sallyport|bob' }));
  await sendAll(upstream, echo('x'), exchangeOf(endpoint, { agent: 'other' }));
  expect(connections()).toBe(3);
});

test('an examination never goes over a connection that was opened with the credential', async () => {
  const { endpoint, connections } = await start();
  const upstream = makeUpstream();
  const reading = exchangeOf(endpoint, { principal: REGISTRY_PRINCIPAL_ID });
  await sendAll(upstream, echo('x'), reading);
  await sendAll(upstream, echo('x'), { ...reading, examine: 'anonymous' });
  await sendAll(upstream, echo('x'), { ...reading, examine: 'foreign-origin' });
  expect(connections()).toBe(3);
});

test('the handshake is ours: initialize is answered from it, in the revision that was asked for', async () => {
  const { endpoint, connections } = await start();
  const upstream = makeUpstream();
  const asked = requestOf('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'c', version: '1' } }, 'i');
  const result = { protocolVersion: '2025-06-18', serverInfo: { name: 'legacy' } };
  expect(await sendAll(upstream, asked, exchangeOf(endpoint))).toMatchObject([{ kind: 'result', id: 'i', result }]);
  const initialized: Message = { kind: 'notification', from: 'client', revision: LEGACY, method: 'notifications/initialized' };
  expect(await sendAll(upstream, initialized, exchangeOf(endpoint))).toEqual([]);
  const handshake = await upstream.handshake(exchangeOf(endpoint), {}, new AbortController().signal);
  expect(handshake).toMatchObject({ era: 'legacy', revision: LEGACY, result: { capabilities: { tools: {} } } });
  expect(connections()).toBe(1);
  const modern = requestOf('tools/list', {}, 1, MODERN);
  expect(await faultOf(sendAll(upstream, modern, exchangeOf(endpoint)))).toMatchObject({ code: 'ERR_VERSION_UNSUPPORTED', dispatched: false });
});

test('progress keeps its token, two calls with the same token keep theirs apart', async () => {
  const { endpoint } = await start();
  const upstream = makeUpstream();
  const count = requestOf('tools/call', { name: 'count', arguments: {}, _meta: { progressToken: 'p' } });
  for (const messages of await Promise.all([sendAll(upstream, count, exchangeOf(endpoint)), sendAll(upstream, count, exchangeOf(endpoint))])) {
    expect(messages.map((message) => message.kind)).toEqual(['notification', 'notification', 'result']);
    expect(messages[0]).toMatchObject({ method: 'notifications/progress', params: { progressToken: 'p', progress: 1 } });
  }
});

test('a server request belongs to the only call in flight; its answer is taken once, from the same session only', async () => {
  const { endpoint } = await start();
  const upstream = makeUpstream();
  const session = { key: 's1', capabilities: { sampling: {} } };
  const exchange = exchangeOf(endpoint, { session });
  const asking = begin(upstream, requestOf('tools/call', { name: 'ask', arguments: {} }, 9), exchange);
  const asked: Message | undefined = (await asking.next()).value ?? undefined;
  expect(asked).toMatchObject({ kind: 'request', method: 'sampling/createMessage' });
  const id = asked?.kind === 'request' ? asked.id : '';
  const result = { model: 'm', role: 'assistant', content: { type: 'text', text: 'yes' } };
  const response: Message = { kind: 'result', from: 'client', revision: LEGACY, id, result };
  const stranger = exchangeOf(endpoint, { session: { ...session, key: 's2' } });
  expect(await faultOf(sendAll(upstream, response, stranger))).toMatchObject({ code: 'ERR_RPC_INVALID', dispatched: false });
  expect(await sendAll(upstream, response, exchange)).toEqual([]);
  expect((await asking.next()).value).toMatchObject({ kind: 'result', id: 9, result: { content: [{ text: 'yes' }] } });
  expect(await faultOf(sendAll(upstream, response, exchange))).toMatchObject({ code: 'ERR_RPC_INVALID' });
});

test('a server request that could belong to two calls is refused to the server', async () => {
  const { endpoint } = await start();
  const upstream = makeUpstream();
  const exchange = exchangeOf(endpoint, { session: { key: 's1', capabilities: { sampling: {} } } });
  const leave = new AbortController();
  const hanging = faultOf(sendAll(upstream, requestOf('tools/call', { name: 'hang', arguments: {} }, 1), exchange, leave.signal));
  const refused = await sendAll(upstream, requestOf('tools/call', { name: 'ask', arguments: {} }, 2), exchange);
  expect(refused).toMatchObject([{ kind: 'result', id: 2, result: { isError: true } }]);
  leave.abort();
  await hanging;
});

test('a client that leaves, and one that says so, cancel the call at the server', async () => {
  const { endpoint } = await start();
  const upstream = makeUpstream();
  const exchange = exchangeOf(endpoint, { session: { key: 's1' } });
  await sendAll(upstream, echo('warm'), exchange);
  const before = cancelledCalls();
  const leave = new AbortController();
  const left = faultOf(sendAll(upstream, requestOf('tools/call', { name: 'hang', arguments: {} }, 1), exchange, leave.signal));
  await sendAll(upstream, echo('after', 2), exchange);
  leave.abort();
  expect((await left).code).toBe('ERR_UPSTREAM_CLOSED');
  while (cancelledCalls() === before) await Bun.sleep(1);

  const told = new AbortController();
  const hanging = faultOf(sendAll(upstream, requestOf('tools/call', { name: 'hang', arguments: {} }, 'h'), exchange, told.signal));
  await sendAll(upstream, echo('after', 3), exchange);
  const cancel: Message = { kind: 'notification', from: 'client', revision: LEGACY, method: 'notifications/cancelled', params: { requestId: 'h' } };
  await sendAll(upstream, cancel, exchangeOf(endpoint, { session: { key: 'other' } }));
  await sendAll(upstream, cancel, exchange);
  while (cancelledCalls() === before + 1) await Bun.sleep(1);
  expect(cancelledCalls()).toBe(before + 2);
  told.abort();
  await hanging;
});

test('the standing stream opens, a second one of the session takes over, and a lost server ends it', async () => {
  const { endpoint, stop } = await start();
  const upstream = makeUpstream();
  const exchange = exchangeOf(endpoint, { session: { key: 's1' } });
  const open = (): AsyncIterator<Message> => begin(upstream, requestOf(TRANSPORT_METHODS.stream), exchange);
  const first = open();
  expect((await first.next()).value).toMatchObject({ method: TRANSPORT_METHODS.opened });
  const second = open();
  expect((await second.next()).value).toMatchObject({ method: TRANSPORT_METHODS.opened });
  expect((await first.next()).done).toBeTrue();
  stop();
  expect(['ERR_UPSTREAM_CLOSED', 'ERR_UPSTREAM_UNREACHABLE']).toContain((await faultOf(Promise.resolve(second.next()))).code);
});

test('terminate ends the connection; the next call opens another', async () => {
  const { endpoint, connections } = await start();
  const upstream = makeUpstream();
  await sendAll(upstream, echo('x'), exchangeOf(endpoint));
  expect(resultIn(await sendAll(upstream, requestOf(TRANSPORT_METHODS.terminate), exchangeOf(endpoint)))).toEqual({});
  expect(resultIn(await sendAll(upstream, echo('y'), exchangeOf(endpoint)))).toMatchObject({ content: [{ text: 'y' }] });
  expect(connections()).toBe(2);
});

test('an idle connection is closed, a used one is not', async () => {
  const { endpoint, connections } = await start();
  const upstream = makeUpstream(50);
  await sendAll(upstream, echo('x'), exchangeOf(endpoint));
  const stream = begin(upstream, requestOf(TRANSPORT_METHODS.stream), exchangeOf(endpoint));
  await stream.next();
  await Bun.sleep(150);
  await sendAll(upstream, echo('y'), exchangeOf(endpoint));
  expect(connections()).toBe(1);
  await stream.return?.();
  await Bun.sleep(150);
  await sendAll(upstream, echo('z'), exchangeOf(endpoint));
  expect(connections()).toBe(2);
});

const hostile: readonly (readonly [name: string, text: string, code: string])[] = [
  ['an endpoint on another origin', `${head('text/event-stream')}event: endpoint\ndata: http://169.254.169.254/x\n\n`, 'ERR_UPSTREAM_REDIRECT'],
  ['an endpoint with another scheme', `${head('text/event-stream')}event: endpoint\ndata: file:///etc/passwd\n\n`, 'ERR_UPSTREAM_REDIRECT'],
  ['no endpoint first', `${head('text/event-stream')}data: {}\n\n`, 'ERR_UPSTREAM_PROTOCOL'],
  ['no event stream', whole('{}'), 'ERR_UPSTREAM_PROTOCOL'],
  ['401', whole('{}', '401 Unauthorized'), 'ERR_UPSTREAM_CREDENTIAL'],
  ['404', whole('{}', '404 Not Found'), 'ERR_UPSTREAM_STATUS'],
];
for (const [name, text, code] of hostile) {
  test(`${name} fails the call`, async () => {
    const server = await startRawServer((socket) => socket.write(text));
    closers.push(server.stop);
    const endpoint: RemoteEndpoint = { ...server.endpoint, transport: 'sse' };
    expect(await faultOf(sendAll(makeUpstream(), echo('x'), exchangeOf(endpoint)))).toMatchObject({ code });
  });
}
