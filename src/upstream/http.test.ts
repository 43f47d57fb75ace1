import { afterEach, describe, expect, test } from 'bun:test';
import { gzipSync } from 'node:zlib';
import type { Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { JsonObject } from '../domain/json.ts';
import { makeCertificate } from '../../test/fixtures/certificate.ts';
import { LIMITS } from '../domain/limits.ts';
import { SallyportError } from '../domain/errors.ts';
import { TRANSPORT_METHODS } from '../domain/message.ts';
import { REGISTRY_PRINCIPAL_ID } from '../domain/principal.ts';
import type { Message } from '../domain/message.ts';
import type { RemoteEndpoint } from './http-request.ts';
import { createAddressGuard } from './address.ts';
import { createCredentials } from './credentials/leases.ts';
import { begin, codec, exchangeOf, faultOf, LEGACY, MODERN, requestOf, resultIn, sendAll } from '../../test/fixtures/upstream-exchange.ts';
import { event, flood, head, listening, sse, startRawServer, whole } from '../../test/fixtures/raw-server.ts';
import type { RawServer } from '../../test/fixtures/raw-server.ts';
import { createHttpUpstream } from './http.ts';
import { startModernServer, startSessionServer } from '../../test/fixtures/sdk-servers.ts';

const credentials = createCredentials(async () => ({
  kind: 'header', name: 'Authorization', value: 'Bearer upstream-secret', expiresAt: Number.MAX_SAFE_INTEGER,
}));
const upstream = createHttpUpstream({ codec, credentials, guard: createAddressGuard() });
const at = (port: number, path = '/mcp'): RemoteEndpoint => ({ transport: 'http', url: `http://127.0.0.1:${port}${path}`, allowPrivate: true });
const answer = (id: string | number = 1, result: JsonObject = { content: [] }): string => JSON.stringify({ jsonrpc: '2.0', id, result });
const call = requestOf('tools/call', { name: 'echo', arguments: {} });
const modernCall = requestOf('tools/call', { name: 'echo', arguments: {} }, 1, MODERN);
const LYING = 'content-length: 2\r\ntransfer-encoding: chunked\r\n';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});
async function raw(behave: Parameters<typeof startRawServer>[0]): Promise<RawServer> {
  const server = await startRawServer(behave);
  closers.push(server.stop);
  return server;
}
const says = (text: string): Promise<RawServer> => raw((socket) => socket.write(text));
const codeFor = async (text: string, exchangeMessage = call): Promise<string> => {
  const { endpoint } = await says(text);
  return (await faultOf(sendAll(upstream, exchangeMessage, exchangeOf(endpoint)))).code;
};

describe('official servers', () => {
  test('a modern server of SDK v2 answers discover, a call with progress, and an unknown method with 404', async () => {
    const { port, stop } = startModernServer();
    closers.push(stop);
    const exchange = exchangeOf(at(port));
    expect(resultIn(await sendAll(upstream, requestOf('server/discover', {}, 'd', MODERN), exchange))).toMatchObject({ supportedVersions: [MODERN] });
    const called = await sendAll(upstream, requestOf('tools/call', { name: 'echo', arguments: { text: 'hé' } }, 7, MODERN), exchange);
    expect(resultIn(called)).toMatchObject({ content: [{ type: 'text', text: 'hé' }] });
    const [refused] = await sendAll(upstream, requestOf('no/such', {}, 8, MODERN), exchange);
    expect(refused).toMatchObject({ kind: 'error', id: 8, error: { code: -32601 }, httpStatus: 404 });
  });

  test('a sessionful server of SDK v1: initialize, notification, call with events, stream, terminate, and the session is gone', async () => {
    const { port, stop } = startSessionServer();
    closers.push(stop);
    const endpoint = at(port);
    const params = { protocolVersion: LEGACY, capabilities: { sampling: {} }, clientInfo: { name: 't', version: '1' } };
    const hello = (await sendAll(upstream, requestOf('initialize', params), exchangeOf(endpoint))).at(-1);
    const session = hello?.kind === 'result' ? hello.session : undefined;
    expect(session).toMatch(/^[\x21-\x7e]{10,}$/);
    const exchange = exchangeOf(endpoint, { session: { key: 's', upstream: session ?? '' } });
    expect(await sendAll(upstream, { kind: 'notification', from: 'client', revision: LEGACY, method: 'notifications/initialized' }, exchange)).toEqual([]);

    const called = await sendAll(upstream, requestOf('tools/call', { name: 'count', arguments: {}, _meta: { progressToken: 'p' } }, 'c-1'), exchange);
    expect(called.map((message) => message.kind)).toEqual(['notification', 'notification', 'notification', 'result']);
    expect(called[1]).toMatchObject({ method: 'notifications/progress', params: { progressToken: 'p' } });
    expect(called.every((message) => message.eventId !== undefined)).toBeTrue();

    const asking = begin(upstream, requestOf('tools/call', { name: 'ask', arguments: {} }, 5), exchange);
    let asked = (await asking.next()).value;
    while (asked?.kind === 'notification') asked = (await asking.next()).value;
    expect(asked).toMatchObject({ kind: 'request', method: 'sampling/createMessage' });
    const result = { model: 'm', role: 'assistant', content: { type: 'text', text: 'sampled' } };
    const id = asked?.kind === 'request' ? asked.id : '';
    expect(await sendAll(upstream, { kind: 'result', from: 'client', revision: LEGACY, id, result }, exchange)).toEqual([]);
    expect((await asking.next()).value).toMatchObject({ kind: 'result', id: 5, result: { content: [{ text: 'sampled' }] } });
    expect((await asking.next()).done).toBeTrue();

    const leaving = new AbortController();
    const stream = begin(upstream, requestOf(TRANSPORT_METHODS.stream), exchange, leaving.signal);
    expect((await stream.next()).value).toMatchObject({ method: TRANSPORT_METHODS.opened });
    const [second] = await sendAll(upstream, requestOf(TRANSPORT_METHODS.stream), exchange);
    expect(second).toMatchObject({ kind: 'error', httpStatus: 409 });
    leaving.abort();
    expect((await faultOf(stream.next())).code).toBe('ERR_UPSTREAM_CLOSED');

    const last = called[0]?.eventId ?? '';
    const replayed = await sendAll(upstream, requestOf(TRANSPORT_METHODS.stream, { lastEventId: last }), exchange);
    expect(replayed.at(-1)).toMatchObject({ kind: 'result', id: 'c-1' });

    expect(resultIn(await sendAll(upstream, requestOf(TRANSPORT_METHODS.terminate), exchange))).toEqual({});
    expect(await faultOf(sendAll(upstream, call, exchange))).toMatchObject({ code: 'ERR_UPSTREAM_SESSION', dispatched: false });
  });
});

describe('what is sent', () => {
  test('the message, its own headers and the server\'s credential: nothing of the client', async () => {
    const server = await says(whole(answer()));
    const spec = { type: 'header', header: 'Authorization', secret: 'vault:crm' } as const;
    await sendAll(upstream, call, exchangeOf(server.endpoint, { credentials: spec, session: { key: 'k', upstream: 'up-1' } }));
    const [lines = '', body] = (server.heard[0] ?? '').split('\r\n\r\n');
    const names = lines.split('\r\n').slice(1).map((line) => line.split(':')[0]?.toLowerCase() ?? '').toSorted((a, b) => a.localeCompare(b));
    expect(names).toEqual([
      'accept', 'accept-encoding', 'authorization', 'connection', 'content-length', 'content-type', 'host',
      'mcp-protocol-version', 'mcp-session-id', 'user-agent',
    ]);
    expect(lines).toContain('Bearer upstream-secret');
    expect(JSON.parse(body ?? '')).toEqual({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: call.params });
  });

  test('only the registry examines a server: for anyone else the credential is sent and no origin is made up', async () => {
    const server = await says(whole(answer()));
    const spec = { type: 'header', header: 'Authorization', secret: 'env:CRM' } as const;
    for (const principal of ['sallyport|ann', REGISTRY_PRINCIPAL_ID]) {
      for (const how of ['anonymous', 'foreign-origin'] as const) {
        await sendAll(upstream, call, { ...exchangeOf(server.endpoint, { principal, credentials: spec }), examine: how });
      }
    }
    const seen = server.heard.map((text) => [/^authorization:/im.test(text), /^origin:/im.test(text)]);
    expect(seen).toEqual([[true, false], [true, false], [false, false], [true, true]]);
  });

  test('a Last-Event-ID goes as bytes, and one that could add a header goes nowhere', async () => {
    const server = await says(head('text/event-stream'));
    await begin(upstream, requestOf(TRANSPORT_METHODS.stream, { lastEventId: 'é/1' }), exchangeOf(server.endpoint)).next();
    expect(Buffer.from(server.heard[0] ?? '').toString()).toMatch(/last-event-id: é\/1\r\n/i);
    const evil = requestOf(TRANSPORT_METHODS.stream, { lastEventId: 'a\r\nx: y' });
    expect(await faultOf(sendAll(upstream, evil, exchangeOf(server.endpoint)))).toMatchObject({ code: 'ERR_PARAMS_INVALID', dispatched: false });
    expect(server.heard).toHaveLength(1);
  });

  test('a call is never sent twice: not on a reused connection that is reset, not on any failure', async () => {
    let calls = 0;
    const server = await raw((socket) => {
      calls += 1;
      if (calls === 1) socket.write(whole(answer()));
      else socket.resetAndDestroy();
    });
    await sendAll(upstream, call, exchangeOf(server.endpoint));
    expect(await faultOf(sendAll(upstream, call, exchangeOf(server.endpoint)))).toMatchObject({ code: 'ERR_UPSTREAM_CLOSED', dispatched: true });
    expect(calls).toBe(2);
  });

  test('a refused connection dispatched nothing, and the address is looked at anew', async () => {
    const server = await says(whole(answer()));
    await sendAll(upstream, call, exchangeOf(server.endpoint));
    for (const close of closers.splice(0)) close();
    const fault = await faultOf(sendAll(upstream, call, exchangeOf(server.endpoint)));
    expect(['ERR_UPSTREAM_UNREACHABLE', 'ERR_UPSTREAM_CLOSED']).toContain(fault.code);
    expect(await faultOf(sendAll(upstream, call, exchangeOf(server.endpoint)))).toMatchObject({ code: 'ERR_UPSTREAM_UNREACHABLE', dispatched: false });
  });

  test('an aborted call closes its connection and ends with the reason that the gateway gave', async () => {
    const server = await raw(() => undefined);
    const controller = new AbortController();
    const fault = faultOf(sendAll(upstream, call, exchangeOf(server.endpoint), controller.signal));
    while (server.heard.length === 0) await Bun.sleep(1);
    controller.abort(new SallyportError('ERR_KILLED', 'killed'));
    expect((await fault).code).toBe('ERR_KILLED');
    await server.closed;
    const late = AbortSignal.timeout(20);
    expect((await faultOf(sendAll(upstream, call, exchangeOf(server.endpoint), late))).code).toBe('ERR_UPSTREAM_TIMEOUT');
  });
});

describe('hostile servers cost their own call', () => {
  const table: readonly (readonly [name: string, text: string, code: string, message?: Message])[] = [
    ['an answer to another request', whole(answer(2)), 'ERR_UPSTREAM_PROTOCOL'],
    ['an id of another type', whole(answer('1')), 'ERR_UPSTREAM_PROTOCOL'],
    ['an event that answers another request', sse(event(answer(2)), event(answer(1))), 'ERR_UPSTREAM_PROTOCOL'],
    ['a request instead of an answer', whole('{"jsonrpc":"2.0","id":1,"method":"ping"}'), 'ERR_UPSTREAM_PROTOCOL'],
    ['no JSON', whole('<html>'), 'ERR_UPSTREAM_PROTOCOL'],
    ['an empty body', whole(''), 'ERR_UPSTREAM_PROTOCOL'],
    ['invalid UTF-8', head('application/json', 'content-length: 3\r\n') + '\xff\xfe\xfd', 'ERR_UPSTREAM_PROTOCOL'],
    ['another content type', head('text/html', 'content-length: 2\r\n') + '{}', 'ERR_UPSTREAM_PROTOCOL'],
    ['a stream that is JSON', sse(answer(), '\n\n') + event('nonsense'), 'ERR_UPSTREAM_PROTOCOL'],
    ['an unknown content encoding', head('application/json', 'content-encoding: rot13\r\ncontent-length: 2\r\n') + '{}', 'ERR_UPSTREAM_PROTOCOL'],
    ['a broken content encoding', head('application/json', 'content-encoding: gzip\r\ncontent-length: 6\r\n') + 'nozip!', 'ERR_UPSTREAM_PROTOCOL'],
    ['two lengths', head('application/json', 'content-length: 3\r\ncontent-length: 5\r\n') + 'hello', 'ERR_UPSTREAM_PROTOCOL'],
    ['a bad length', head('application/json', 'content-length: -5\r\n'), 'ERR_UPSTREAM_PROTOCOL'],
    ['too long a length', head('application/json', `content-length: ${LIMITS.responseBytesMax + 1}\r\n`), 'ERR_UPSTREAM_TOO_LARGE'],
    ['endless headers', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(3_000_000)}`, 'ERR_UPSTREAM_PROTOCOL'],
    ['a bad session id', whole(answer(), '200 OK', 'mcp-session-id: a b\r\n'), 'ERR_UPSTREAM_PROTOCOL', requestOf('initialize')],
    ['a server request in the modern era', sse(event('{"jsonrpc":"2.0","id":9,"method":"ping"}')), 'ERR_UPSTREAM_PROTOCOL', modernCall],
    ['an answer on a fresh stream', sse(event(answer())), 'ERR_UPSTREAM_PROTOCOL', requestOf(TRANSPORT_METHODS.stream)],
    ['401', whole('{}', '401 Unauthorized'), 'ERR_UPSTREAM_CREDENTIAL'],
    ['403 with an error', whole('{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"x"}}', '403 Forbidden'), 'ERR_UPSTREAM_CREDENTIAL'],
    ['500', whole('{}', '500 Oops'), 'ERR_UPSTREAM_STATUS'],
    ['a failing status with a result', whole(answer(), '500 Oops'), 'ERR_UPSTREAM_STATUS'],
    ['an error for another request', whole('{"jsonrpc":"2.0","id":2,"error":{"code":-1,"message":"x"}}', '400 Bad'), 'ERR_UPSTREAM_STATUS'],
    ['a redirect to nowhere', 'HTTP/1.1 307 R\r\ncontent-length: 0\r\n\r\n', 'ERR_UPSTREAM_REDIRECT'],
  ];
  for (const [name, text, code, message] of table) {
    test(name, async () => {
      const server = await raw((socket) => socket.write(Buffer.from(text, 'latin1')));
      expect(await faultOf(sendAll(upstream, message ?? call, exchangeOf(server.endpoint)))).toMatchObject({ code });
    });
  }

  test.each([
    ['a reset in the body', (socket: Socket) => { socket.write(head('application/json', 'content-length: 100\r\n') + '{', () => socket.resetAndDestroy()); }],
    ['a body shorter than its length', (socket: Socket) => { socket.end(head('application/json', 'content-length: 100\r\n') + '{}'); }],
    ['a stream that ends without an answer', (socket: Socket) => { socket.end(sse(event('{"jsonrpc":"2.0","method":"notifications/message"}'))); }],
    ['a connection closed at once', (socket: Socket) => { socket.destroy(); }],
  ])('%s', async (_name, behave) => {
    const server = await raw(behave);
    expect((await faultOf(sendAll(upstream, call, exchangeOf(server.endpoint)))).code).toBe('ERR_UPSTREAM_CLOSED');
  });

  test.each([
    ['an endless body', head('application/json'), 'ERR_UPSTREAM_TOO_LARGE'],
    ['an endless body under a lying length', head('application/json', LYING) + 'fffffff\r\n', 'ERR_UPSTREAM_TOO_LARGE'],
    ['an endless event', head('text/event-stream') + 'data: ', 'ERR_UPSTREAM_TOO_LARGE'],
  ])('%s is cut off', async (_name, first, code) => {
    const server = await raw(flood(first, Buffer.alloc(256 * 1024, ' ')));
    expect(await faultOf(sendAll(upstream, call, exchangeOf(server.endpoint)))).toMatchObject({ code });
    await server.closed;
  });

  test('a compression bomb is cut off by its inflated size, and never inflated whole', async () => {
    const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024));
    const server = await raw((socket) => {
      socket.write(head('application/json', `content-encoding: gzip\r\ncontent-length: ${bomb.byteLength}\r\n`));
      socket.write(bomb);
    });
    const before = process.memoryUsage().rss;
    expect((await faultOf(sendAll(upstream, call, exchangeOf(server.endpoint)))).code).toBe('ERR_UPSTREAM_TOO_LARGE');
    expect(process.memoryUsage().rss - before).toBeLessThan(128 * 1024 * 1024);
  });

  test('a compressed answer is read all the same', async () => {
    const body = gzipSync(answer());
    const server = await raw((socket) => {
      socket.write(head('application/json', `content-encoding: gzip\r\ncontent-length: ${body.byteLength}\r\n`));
      socket.write(body);
    });
    expect(resultIn(await sendAll(upstream, call, exchangeOf(server.endpoint)))).toEqual({ content: [] });
  });

  test('what follows the answer is not read: no second result, and the open stream is closed', async () => {
    const server = await says(sse(event(answer()), event(answer(1, { second: true }))));
    const messages = await sendAll(upstream, call, exchangeOf(server.endpoint));
    expect(messages).toEqual([{ kind: 'result', from: 'server', revision: LEGACY, id: 1, result: { content: [] } }]);
    await server.closed;
  });

  test('events that end in CR alone are events', async () => {
    const server = await says(head('text/event-stream') + `data: ${answer()}\r\r: end\r\r`);
    expect(resultIn(await sendAll(upstream, call, exchangeOf(server.endpoint)))).toEqual({ content: [] });
  });

  test('other calls to the same server go on meanwhile', async () => {
    let calls = 0;
    const server = await raw((socket) => {
      calls += 1;
      if (calls > 1) socket.write(whole(answer()));
    });
    const stuck = new AbortController();
    const first = faultOf(sendAll(upstream, call, exchangeOf(server.endpoint), stuck.signal));
    while (server.heard.length === 0) await Bun.sleep(1);
    expect(await sendAll(upstream, call, exchangeOf(server.endpoint))).toHaveLength(1);
    stuck.abort();
    await first;
  });
});

describe('legacy streams', () => {
  test('a stream that ends after an event id ends without an answer; the priming event carries id and retry', async () => {
    const server = await raw((socket) => socket.end(head('text/event-stream') + 'id: e1\nretry: 500\ndata:\n\n'));
    expect(await sendAll(upstream, call, exchangeOf(server.endpoint))).toEqual([
      { kind: 'notification', from: 'server', revision: LEGACY, method: TRANSPORT_METHODS.opened, eventId: 'e1', retryMs: 500 },
    ]);
    const modern = await raw((socket) => socket.end(head('text/event-stream') + 'id: e1\ndata:\n\n'));
    expect((await faultOf(sendAll(upstream, requestOf('tools/call', {}, 1, MODERN), exchangeOf(modern.endpoint)))).code).toBe('ERR_UPSTREAM_CLOSED');
  });

  test('405 on the transport verbs is passed on; on a call it is a failing status', async () => {
    for (const method of [TRANSPORT_METHODS.stream, TRANSPORT_METHODS.terminate]) {
      const server = await says('HTTP/1.1 405 No\r\ncontent-length: 0\r\n\r\n');
      expect(await sendAll(upstream, requestOf(method), exchangeOf(server.endpoint))).toMatchObject([{ kind: 'error', id: 1, httpStatus: 405 }]);
    }
    expect(await codeFor('HTTP/1.1 405 No\r\ncontent-length: 0\r\n\r\n')).toBe('ERR_UPSTREAM_STATUS');
  });

  test('404 in a session is its end, but an unknown method is an answer', async () => {
    const who = { session: { key: 'k', upstream: 'u' } };
    const gone = await says(whole('{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}', '404 Not Found'));
    expect(await faultOf(sendAll(upstream, call, exchangeOf(gone.endpoint, who)))).toMatchObject({ code: 'ERR_UPSTREAM_SESSION', dispatched: false });
    const unknown = await says(whole('{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"x"}}', '404 Not Found'));
    expect(await sendAll(upstream, call, exchangeOf(unknown.endpoint, who))).toMatchObject([{ kind: 'error', httpStatus: 404 }]);
  });
});

test('a redirect within the origin is followed with method, body and credential', async () => {
  const server = await raw((socket, heard) => {
    if (heard.startsWith('POST /new?a=b ')) socket.write(whole(answer()));
    else socket.end('HTTP/1.1 307 R\r\nlocation: /new?a=b\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  });
  const spec = { type: 'header', header: 'x-api-key', secret: 'vault:crm' } as const;
  expect(resultIn(await sendAll(upstream, call, exchangeOf(server.endpoint, { credentials: spec })))).toEqual({ content: [] });
  const [first = '', second = ''] = server.heard;
  expect(second.replace('/new?a=b', '/mcp')).toBe(first);
});

const elsewhere: readonly (readonly [name: string, status: number, location: string])[] = [
  ['to metadata', 307, 'http://169.254.169.254/mcp'],
  ['to another port', 308, 'http://127.0.0.1:1/mcp'],
  ['with a password', 307, 'http://u:p@HOST/mcp'],
  ['that drops the method', 302, '/mcp'],
  ['that asks for another method', 303, '/mcp'],
];
for (const [name, status, location] of elsewhere) {
  test(`a redirect ${name} is not followed`, async () => {
    const server = await raw((socket) => {
      const to = location.replace('HOST', new URL(server.endpoint.url).host);
      socket.write(server.heard.length > 1 ? whole(answer()) : `HTTP/1.1 ${status} R\r\nlocation: ${to}\r\ncontent-length: 0\r\n\r\n`);
    });
    expect(await faultOf(sendAll(upstream, call, exchangeOf(server.endpoint)))).toMatchObject({ code: 'ERR_UPSTREAM_REDIRECT' });
    expect(server.heard).toHaveLength(1);
  });
}

test('redirects without end are followed as often as the limit says', async () => {
  const server = await says('HTTP/1.1 308 R\r\nlocation: /mcp\r\ncontent-length: 0\r\n\r\n');
  expect(await faultOf(sendAll(upstream, call, exchangeOf(server.endpoint)))).toMatchObject({ code: 'ERR_UPSTREAM_REDIRECT' });
  expect(server.heard).toHaveLength(LIMITS.redirectsMax + 1);
});

test('the server hears its own name, and a name is resolved anew once its address refuses', async () => {
  let resolved = 0;
  const guard = createAddressGuard({
    resolve: async () => {
      resolved += 1;
      return ['127.0.0.1'];
    },
  });
  const named = createHttpUpstream({ codec, credentials, guard });
  const server = await raw((socket) => socket.end(whole(answer(), '200 OK', 'connection: close\r\n')));
  const { port } = new URL(server.endpoint.url);
  const exchange = exchangeOf({ ...server.endpoint, url: `http://crm.test:${port}/mcp` });
  await sendAll(named, call, exchange);
  await sendAll(named, call, exchange);
  expect(server.heard[0]).toMatch(new RegExp(`^host: crm\\.test:${port}\r$`, 'im'));
  expect(resolved).toBe(1);
  server.stop();
  expect(await faultOf(sendAll(named, call, exchange))).toMatchObject({ code: 'ERR_UPSTREAM_UNREACHABLE', dispatched: false });
  expect(await faultOf(sendAll(named, call, exchange))).toMatchObject({ code: 'ERR_UPSTREAM_UNREACHABLE', dispatched: false });
  expect(resolved).toBe(2);
});

test('a proxy is used because it is set, never because it stands in the environment', async () => {
  const proxy = await says(whole(answer(1, { by: 'proxy' })));
  const direct = await says(whole(answer(1, { by: 'server' })));
  const { origin, port } = new URL(proxy.endpoint.url);
  for (const name of ['HTTP_PROXY', 'http_proxy']) process.env[name] = origin;
  const fresh = createHttpUpstream({ codec, credentials, guard: createAddressGuard() });
  expect(resultIn(await sendAll(fresh, call, exchangeOf(direct.endpoint)))).toEqual({ by: 'server' });
  const exchange = exchangeOf({ transport: 'http', url: 'http://vendor.test/mcp', allowPrivate: false });
  const network = { ...exchange.snapshot.network, proxy: `http://127.0.0.1:${port}` };
  expect(resultIn(await sendAll(fresh, call, { ...exchange, snapshot: { ...exchange.snapshot, network } }))).toEqual({ by: 'proxy' });
  expect(proxy.heard[0]).toStartWith('POST http://vendor.test/mcp HTTP/1.1');
});

const { key, cert } = await makeCertificate(['crm.test']);
function endpointOf(name: string, port: number): RemoteEndpoint {
  return { transport: 'http', url: `https://${name}:${port}/mcp`, allowPrivate: true };
}
describe('TLS', () => {
  const guard = createAddressGuard({ resolve: async () => ['127.0.0.1'] });
  const secure = createHttpUpstream({ codec, credentials, guard });

  test('the certificate is checked for the name although the connection goes to the address', async () => {
    const server = Bun.serve({ port: 0, hostname: '127.0.0.1', tls: { key, cert }, fetch: () => Response.json({ jsonrpc: '2.0', id: 1, result: {} }) });
    closers.push(() => void server.stop(true));
    const port = server.port ?? 0;
    const callAs = (name: string, extraRoots?: string): Promise<unknown> =>
      sendAll(secure, call, exchangeOf(endpointOf(name, port), extraRoots === undefined ? {} : { extraRoots }));
    expect(await callAs('crm.test', cert)).toHaveLength(1);
    expect(await faultOf(callAs('other.test', cert))).toMatchObject({ code: 'ERR_UPSTREAM_TLS', dispatched: false });
    expect(await faultOf(callAs('crm.test'))).toMatchObject({ code: 'ERR_UPSTREAM_TLS', dispatched: false });
  });

  test('a server that speaks TLS 1.2 at most is refused', async () => {
    const server = createTlsServer({ key, cert, maxVersion: 'TLSv1.2' }, (socket) => socket.on('error', () => undefined).end(whole(answer())));
    server.on('tlsClientError', () => undefined);
    const port = await listening(server);
    closers.push(() => server.close());
    const exchange = exchangeOf(endpointOf('crm.test', port), { extraRoots: cert });
    expect(await faultOf(sendAll(secure, call, exchange))).toMatchObject({ code: 'ERR_UPSTREAM_TLS', dispatched: false });
  });
});
