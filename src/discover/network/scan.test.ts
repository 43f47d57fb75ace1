import { afterAll, describe, expect, test } from 'bun:test';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { z } from 'zod';
import { isUnseen } from '../../domain/observation.ts';
import type { Observation, Unseen } from '../../domain/observation.ts';
import { knowledgeOf, shippedTables } from '../../knowledge/table.ts';
import { refusalOf } from '../../upstream/address-class.ts';
import { makeCertificate } from '../../../test/fixtures/certificate.ts';
import { startModernServer, startSessionServer, startSseServer } from '../../../test/fixtures/sdk-servers.ts';
import { scanNetwork } from './scan.ts';
import { readTargets } from './targets.ts';
import type { RefusalOf, Targets } from './targets.ts';

const knowledge = knowledgeOf(shippedTables());
const allowed: RefusalOf = (address) => refusalOf(address, { internal: [], isInternalName: false, allowPrivate: true });
const stops: (() => unknown)[] = [];
afterAll(() => Promise.all(stops.map((stop) => stop())));

function targetsOf(targets: readonly object[]): Targets {
  const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  const rate = { perSecond: 2000, perHostPerSecond: 2000 };
  const file = { apiVersion: 'sallyport/targets/v1', owner: 'lab@example.com', reason: 'a test', expires: day, rate, targets };
  const read = readTargets(file, allowed, Date.now());
  if (!('targets' in read)) throw new Error(JSON.stringify(read));
  return read;
}

interface Seen {
  readonly seen: readonly Observation[];
  readonly unseen: readonly Unseen[];
}

async function scan(targets: readonly object[], refusal: RefusalOf = allowed): Promise<Seen> {
  const items: (Observation | Unseen)[] = [];
  const signal = new AbortController().signal;
  for await (const item of scanNetwork({ targets: targetsOf(targets), knowledge, refusalOf: refusal, machine: 'lab', signal })) items.push(item);
  return { seen: items.flatMap((item) => (isUnseen(item) ? [] : [item])), unseen: items.filter(isUnseen) };
}

async function scanPort(port: number): Promise<Observation | undefined> {
  const { seen, unseen } = await scan([{ network: '127.0.0.1/32', ports: [port] }]);
  expect(unseen).toEqual([]);
  expect(seen.length).toBeLessThan(2);
  return seen[0];
}

interface Heard {
  readonly port: number;
  readonly requests: { readonly method: string; readonly path: string; readonly headers: Headers; readonly body: string }[];
}

/** A server that answers as a test says, and keeps what it heard. */
function listen(answer: (request: Request, body: string) => Response | Promise<Response>, tls?: { readonly cert: string; readonly key: string }): Heard {
  const requests: Heard['requests'] = [];
  const server = Bun.serve({
    port: 0, hostname: '127.0.0.1', ...(tls === undefined ? {} : { tls }),
    async fetch(request) {
      const body = await request.text();
      requests.push({ method: request.method, path: new URL(request.url).pathname, headers: request.headers, body });
      return answer(request, body);
    },
  });
  stops.push(() => server.stop(true));
  return { port: server.port ?? 0, requests };
}

const SAID = z.object({ id: z.string().exactOptional(), method: z.string().default('') });

function rpc(body: string, handle: (method: string) => object | undefined, init: ResponseInit = {}): Response {
  const { id, method } = SAID.parse(JSON.parse(body === '' ? '{}' : body));
  const result = handle(method);
  return result === undefined
    ? Response.json({ jsonrpc: '2.0', id: id ?? null, error: { code: -32601, message: 'Method not found' } }, { status: 404 })
    : Response.json({ jsonrpc: '2.0', id, result }, init);
}

function discovered(method: string): object | undefined {
  return method === 'server/discover' ? { supportedVersions: ['2026-07-28'] } : undefined;
}

describe('a server of each era is recognised', () => {
  test('2026-07-28, by the reference SDK', async () => {
    const server = startModernServer();
    stops.push(server.stop);
    const seen = await scanPort(server.port);
    expect(seen).toMatchObject({
      sensor: 'network', kind: 'server', host: 'lab', place: `127.0.0.1:${server.port}/mcp`, name: 'modern', confidence: 98,
      keys: [`url:lab!http://127.0.0.1:${server.port}/mcp`, `listener:lab!127.0.0.1:${server.port}`],
      facts: { era: 'modern', tools: 1, how: 'answer' },
    });
    expect(seen?.risks).toContain('no-auth');
    expect(seen?.risks).not.toContain('cleartext');
  });

  test('streamable HTTP with sessions, by the reference SDK: what was opened is closed', async () => {
    const server = startSessionServer();
    stops.push(server.stop);
    const seen = await scanPort(server.port);
    expect(seen).toMatchObject({ name: 'legacy', facts: { era: 'legacy', revisions: '2025-11-25', tools: 4 } });
    expect(seen?.risks).toEqual(['no-auth', 'foreign-origin']);
    expect(server.connections()).toBe(0);
  });

  test('HTTP+SSE, by the reference SDK', async () => {
    const server = await startSseServer();
    stops.push(server.stop);
    const { seen } = await scan([{ url: `http://127.0.0.1:${server.port}/sse` }]);
    expect(seen).toMatchObject([{ place: `127.0.0.1:${server.port}/sse`, confidence: 95, facts: { era: 'http+sse' } }]);
    expect(seen[0]?.risks).toEqual(['no-auth', 'foreign-origin', 'end-of-life']);
  });

  test('one that refuses our revision in the modern way', async () => {
    const { port } = listen((_, body) => Response.json({
      jsonrpc: '2.0', id: SAID.parse(JSON.parse(body)).id, error: { code: -32022, message: 'unsupported', data: { supported: ['2027-01-01'] } },
    }, { status: 400 }));
    expect(await scanPort(port)).toMatchObject({ facts: { era: 'modern', revisions: '2027-01-01' } });
  });

  test('over TLS whose certificate nobody knows, on any port', async () => {
    const { cert, key } = await makeCertificate(['127.0.0.1']);
    const { port } = listen((_, body) => rpc(body, discovered), { cert, key });
    expect(await scanPort(port)).toMatchObject({ runs: { kind: 'remote', url: `https://127.0.0.1:${port}/mcp` }, facts: { era: 'modern' } });
  });

  test('one that asks for a token, by the metadata of its path', async () => {
    const { port, requests } = listen((request) => {
      const url = new URL(request.url);
      const metadata = { resource: `${url.origin}/mcp`, authorization_servers: ['https://login.example.com/tenant?x=secret'] };
      if (url.pathname === '/.well-known/oauth-protected-resource/mcp') return Response.json(metadata);
      return new Response('', { status: url.pathname === '/mcp' ? 401 : 404, headers: { 'www-authenticate': 'Bearer' } });
    });
    const seen = await scanPort(port);
    expect(seen).toMatchObject({ confidence: 85, risks: [], facts: { how: 'protected-resource', 'tokens of': 'login.example.com' } });
    expect(requests.map(({ path }) => path)).toEqual(['/mcp', '/.well-known/oauth-protected-resource/mcp']);
  });
});

describe('exposure', () => {
  test('dangerous tools, an old revision and a version with advisories are risks; what a stranger wrote is scrubbed', async () => {
    const tools = ['get_weather', 'deleteFile', 'run-shell', 'executor_list'].map((name) => ({ name }));
    const { port } = listen((_, body) => rpc(body, (method) => {
      if (method === 'initialize') return { protocolVersion: '2024-11-05', capabilities: {}, serverInfo: { name: 'mcp-server-kubernetes', version: '2.4.0' } };
      return method === 'tools/list' ? { tools } : undefined;
    }));
    const seen = await scanPort(port);
    expect(seen?.risks).toEqual(['no-auth', 'foreign-origin', 'dangerous-tools', 'old-protocol', 'advisory']);
    expect(seen?.facts).toMatchObject({ tools: 4, 'dangerous tools': 'deleteFile, run-shell', advisories: 'CVE-2025-53355, CVE-2026-46519' });
  });

  test('of a server that checks Origin and Host, and lists only to whom it knows, nothing is said', async () => {
    const { port } = listen((request, body) => {
      const isForeign = request.headers.get('origin') !== null || !request.headers.get('host')?.startsWith('127.0.0.1');
      if (isForeign) return new Response('', { status: 403 });
      return rpc(body, discovered);
    });
    expect(await scanPort(port)).toMatchObject({ risks: [] });
  });

  test('a foreign Host alone is one, too', async () => {
    const { port } = listen((request, body) => (request.headers.get('origin') === null
      ? rpc(body, discovered) : new Response('', { status: 403 })));
    expect(await scanPort(port)).toMatchObject({ risks: ['foreign-origin'], facts: { 'serves foreign': 'host' } });
  });
});

test('it says who asks, shows no credential, and never calls a tool', async () => {
  const heard = listen((_, body) => rpc(body, (method) => {
    if (method === 'initialize') return { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: {} };
    return method === 'tools/list' ? { tools: [{ name: 'a' }] } : undefined;
  }));
  await scanPort(heard.port);
  const methods = heard.requests.flatMap(({ body }) => (body === '' ? [] : [SAID.parse(JSON.parse(body)).method]));
  expect(new Set(methods)).toEqual(new Set(['server/discover', 'initialize', 'notifications/initialized', 'tools/list']));
  for (const { headers } of heard.requests) {
    expect(headers.get('user-agent')).toBe('sallyport-discovery (asked by lab@example.com)');
    expect(headers.get('authorization') ?? headers.get('cookie')).toBeNull();
  }
});

describe('what only looks like it is not reported', () => {
  const answers: Readonly<Record<string, (request: Request, body: string) => Response>> = {
    'a web site': () => new Response('<html>mcp</html>', { headers: { 'content-type': 'text/html' } }),
    'JSON-RPC that answers anything': (_, body) => rpc(body, () => ({})),
    'an echo': (_, body) => new Response(body, { headers: { 'content-type': 'application/json' } }),
    'a language server': (_, body) => rpc(body, () => ({ capabilities: { hoverProvider: true }, serverInfo: { name: 'gopls' } })),
    'an answer to another question': () => Response.json({ jsonrpc: '2.0', id: 1, result: { supportedVersions: ['2026-07-28'] } }),
    'a stream of something else': () => new Response('event: tick\ndata: 1\n\n', { headers: { 'content-type': 'text/event-stream' } }),
    'an API that wants a token': () => new Response('', { status: 401, headers: { 'www-authenticate': 'Bearer realm="api"' } }),
    'a body without end': () => new Response(new ReadableStream({ pull: (at) => at.enqueue(new Uint8Array(65_536)) })),
    'deep JSON': () => new Response('['.repeat(60_000), { headers: { 'content-type': 'application/json' } }),
  };
  test.each(Object.keys(answers))('%s', async (what) => {
    const answer = answers[what] ?? (() => new Response());
    expect(await scanPort(listen(answer).port)).toBeUndefined();
  });

  test('a redirect to a server', async () => {
    const server = startModernServer();
    stops.push(server.stop);
    expect(await scanPort(listen(() => Response.redirect(`http://127.0.0.1:${server.port}/mcp`, 307)).port)).toBeUndefined();
  });

  test('another JSON-RPC server whose errors have such a code is likely one, no more', async () => {
    const error = { code: -32020, message: 'quota' };
    expect(await scanPort(listen(() => Response.json({ jsonrpc: '2.0', id: null, error }, { status: 400 })).port)).toMatchObject({ confidence: 75 });
  });

  test('an API whose metadata is of all of it is a guess', async () => {
    const { port } = listen((request) => {
      const { pathname, origin } = new URL(request.url);
      const metadata = { resource: origin, authorization_servers: ['https://login.example.com'] };
      return pathname === '/.well-known/oauth-protected-resource' ? Response.json(metadata) : new Response('', { status: 401 });
    });
    expect(await scanPort(port)).toMatchObject({ confidence: 50 });
  });

  test('a listener that is no HTTP server', async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined).write('SSH-2.0-OpenSSH_9.2\r\n');
      socket.end();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    stops.push(() => server.close());
    const address = server.address();
    expect(await scanPort(typeof address === 'object' && address !== null ? address.port : 0)).toBeUndefined();
  });
});

test('a port that is open and says nothing was not seen', async () => {
  const { port } = listen(() => new Promise<Response>(() => undefined));
  const { seen, unseen } = await scan([{ network: '127.0.0.1/32', ports: [port] }]);
  expect(seen).toEqual([]);
  expect(unseen).toEqual([{ place: `127.0.0.1:${port}`, reason: 'it is open, and answered nothing within 3 s' }]);
});

test('what two targets name is looked at once', async () => {
  const heard = listen((_, body) => rpc(body, discovered));
  const { seen } = await scan([{ network: '127.0.0.1/32', ports: [heard.port] }, { network: '127.0.0.0/30', ports: [heard.port, heard.port] }]);
  expect(seen.map(({ place }) => place)).toEqual([`127.0.0.1:${heard.port}/mcp`]);
});

test('a name is judged by each address that it has now', async () => {
  const server = startModernServer();
  stops.push(server.stop);
  const { seen, unseen } = await scan([{ host: 'localhost', ports: [server.port] }], () => 'a public address');
  expect(seen).toEqual([]);
  expect(unseen[0]?.reason).toContain('a public address');
  const allowedToo = await scan([{ host: 'localhost', ports: [server.port] }]);
  expect(allowedToo.seen).toMatchObject([{ runs: { url: `http://localhost:${server.port}/mcp` } }]);
});
