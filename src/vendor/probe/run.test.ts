import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { createServer } from 'node:net';
import { makeCertificate } from '../../../test/fixtures/certificate.ts';
import { refusalOf } from '../../upstream/address-class.ts';
import { codeOf } from '../../../test/fixtures/code-of.ts';
import { startSseServer } from '../../../test/fixtures/sdk-servers.ts';
import { PERMISSION } from './permission.ts';
import type { Permission } from './permission.ts';
import { PROBE_REPORT } from './result.ts';
import type { ProbeReport } from './result.ts';
import { probeEndpoint } from './run.ts';
import type { ProbeRun } from './run.ts';

setDefaultTimeout(60_000);
const stops: (() => void)[] = [];
afterAll(() => stops.forEach((stop) => stop()));

const KNOWLEDGE: ProbeRun['knowledge'] = {
  revisions: [{ revision: '2026-07-28', isCurrent: true }], advisoriesOf: () => [], judge: () => [], caaOf: () => Promise.resolve(0),
};
const TOMORROW = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);

function permit(url: string, change: object = {}): Permission {
  return PERMISSION.parse({
    apiVersion: 'sallyport/vendor-permission/v1', vendor: 'acme', by: 'them@acme.example', reference: 'a test', asker: 'us@example.com', until: TOMORROW,
    endpoints: [url], private: ['127.0.0.0/8'], ...change,
  });
}

function runOf(url: string, permission: Permission, change: Partial<ProbeRun> = {}): ProbeRun {
  return {
    vendor: 'acme', endpoint: url, permission, accounts: {}, extraRoots: [], turn: () => Promise.resolve(), signal: new AbortController().signal,
    resolve: () => Promise.resolve(['127.0.0.1']), knowledge: KNOWLEDGE,
    refusalOf: (address, allowed) => refusalOf(address, { internal: allowed, isInternalName: false, allowPrivate: false }), ...change,
  };
}

interface Heard {
  readonly url: string;
  readonly requests: { readonly method: string; readonly path: string; readonly headers: Headers; readonly body: string }[];
}

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
  stops.push(() => void server.stop(true));
  return { url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${server.port}/mcp`, requests };
}

/** A listener that counts who connects. */
async function countConnections(): Promise<{ readonly url: string; readonly count: () => number }> {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    socket.on('error', () => undefined).destroy();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  stops.push(() => server.close());
  const address = server.address();
  return { url: `https://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/mcp`, count: () => count };
}

function evidenceOf(report: ProbeReport, check: string): string {
  return report.probes.flatMap(({ checks }) => checks).find((one) => one.check === check)?.evidence ?? '';
}

describe('no permission, no packet', () => {
  test.each([
    ['that ended', { until: '2026-01-01' }], ['that is given for too long', { until: '2099-01-01' }], ['of another vendor', { vendor: 'other' }],
    ['for another endpoint', { endpoints: ['https://127.0.0.1:1/mcp'] }],
  ])('by leave %s', async (_, change) => {
    const listener = await countConnections();
    expect(await codeOf(probeEndpoint(runOf(listener.url, permit(listener.url, change))))).toBe('ERR_PROBE_FORBIDDEN');
    expect(listener.count()).toBe(0);
  });

  test.each([
    ['a private address that is not allowed', ['127.0.0.1'], ['10.0.0.0/8']], ['one address of several', ['127.0.0.1', '10.1.2.3'], ['127.0.0.0/8']],
    ['metadata of a cloud, whatever is allowed', ['169.254.169.254'], ['169.254.0.0/16']],
  ])('to %s', async (_, addresses, allowed) => {
    const listener = await countConnections();
    const url = listener.url.replace('127.0.0.1', 'mcp.acme.test');
    const report = await probeEndpoint(runOf(url, permit(url, { private: allowed }), { resolve: () => Promise.resolve(addresses) }));
    expect(listener.count()).toBe(0);
    expect(report.requests).toBe(0);
    expect(report.probes.flatMap(({ checks }) => checks).filter(({ outcome }) => outcome === 'pass').map(({ check }) => check)).toEqual(['https']);
  });
});

test('what it points to is asked only where the permission names it, and no redirect is followed', async () => {
  const elsewhere = listen(() => Response.json({}));
  const other = new URL(elsewhere.url).origin;
  const endpoint = listen((request) => {
    const { pathname, origin } = new URL(request.url);
    if (request.method === 'GET' && pathname === '/mcp') return Response.redirect(`${other}/mcp`, 307);
    if (pathname.startsWith('/.well-known/oauth-protected')) return Response.json({ resource: `${origin}/mcp`, authorization_servers: [other] });
    return new Response('', { status: 401, headers: { 'www-authenticate': `Bearer resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"` } });
  });
  const report = await probeEndpoint(runOf(endpoint.url, permit(endpoint.url)));
  expect(elsewhere.requests).toEqual([]);
  expect(evidenceOf(report, 'issuer-metadata')).toContain('not covered by the permission');
  expect(evidenceOf(report, 'redirect')).toContain(other);
  const allowed = await probeEndpoint(runOf(endpoint.url, permit(endpoint.url, { origins: [other] })));
  expect(elsewhere.requests.map(({ path }) => path)).toContain('/.well-known/oauth-authorization-server');
  expect(allowed.facts.issuers).toEqual([other]);
});

test('a token goes only over TLS that is trusted; every request says who asks, and waits its turn', async () => {
  const tls = await makeCertificate(['127.0.0.1'], 90);
  const endpoint = listen((request) => new Response('', { status: request.headers.has('authorization') ? 404 : 401 }), tls);
  let turns = 0;
  const counted = { accounts: { token: 'secret-of-a-test-account' }, turn: async () => void (turns += 1) };
  const untrusted = await probeEndpoint(runOf(endpoint.url, permit(endpoint.url, { consents: ['tokens'] }), counted));
  expect(endpoint.requests.some(({ headers }) => headers.get('authorization')?.includes('secret') === true)).toBe(false);
  const agents = new Set(endpoint.requests.map(({ headers }) => headers.get('user-agent')));
  expect([...agents]).toEqual(['sallyport-vendor-probe (asked by us@example.com; allowed by them@acme.example)']);
  expect(turns).toBe(untrusted.requests);
  expect(untrusted.requests).toBeGreaterThanOrEqual(endpoint.requests.length);
  await probeEndpoint(runOf(endpoint.url, permit(endpoint.url), { ...counted, extraRoots: [tls.cert] }));
  expect(endpoint.requests.some(({ headers }) => headers.get('authorization')?.includes('secret') === true)).toBe(true);
});

test('what it sends back of a token stays out of the report', async () => {
  const tls = await makeCertificate(['127.0.0.1'], 90);
  const token = 'shown-only-to-them-4711';
  const endpoint = listen((request, body) => {
    const shown = request.headers.get('authorization') ?? '';
    if (shown === '') return new Response('', { status: 401 });
    return rpc(body, { tools: [{ name: shown }], serverInfo: { name: shown, version: shown }, protocolVersion: '2025-11-25' });
  }, tls);
  const report = await probeEndpoint(runOf(endpoint.url, permit(endpoint.url), { accounts: { token }, extraRoots: [tls.cert] }));
  expect(report.facts.tools?.map(({ name }) => name)).toEqual(['Bearer […]']);
  expect(JSON.stringify(report)).not.toContain(token);
});

test('who greets everybody, and shows nothing without a credential, has a door', async () => {
  const tls = await makeCertificate(['127.0.0.1'], 90);
  const endpoint = listen((request, body) => {
    const { pathname, origin } = new URL(request.url);
    if (pathname !== '/mcp') return Response.json({ resource: `${origin}/mcp`, authorization_servers: [origin] });
    if (!body.includes('"server/discover"') && !request.headers.has('authorization')) {
      const named = `resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`;
      return new Response('', { status: 401, headers: { 'www-authenticate': `Bearer ${named}` } });
    }
    return rpc(body, { tools: [{ name: 'a_tool' }] });
  }, tls);
  const report = await probeEndpoint(runOf(endpoint.url, permit(endpoint.url), { accounts: { token: 'of-a-test-account' }, extraRoots: [tls.cert] }));
  const outcomes = Object.fromEntries(report.probes.flatMap(({ checks }) => checks).map(({ check, outcome }) => [check, outcome]));
  expect(outcomes).toMatchObject({ 'stranger-hello': 'fail', 'stranger-tools': 'pass', 'stranger-call': 'pass', challenge: 'pass' });
  expect(report.facts).toMatchObject({ auth: 'oauth', tools: [{ name: 'a_tool' }] });
});

test('a server of the first transport alone, by the reference SDK, is open where its stream is', async () => {
  const server = await startSseServer();
  stops.push(server.stop);
  const url = `http://127.0.0.1:${server.port}/sse`;
  const report = await probeEndpoint(runOf(url, permit(url)));
  const failed = report.probes.flatMap(({ checks }) => checks).filter(({ outcome }) => outcome === 'fail').map(({ check }) => check);
  expect(failed).toEqual(expect.arrayContaining(['stranger-hello', 'http-sse']));
  expect(report.facts).toMatchObject({ auth: 'none', transports: ['http+sse'] });
});

describe('what is hostile ends the run in order', () => {
  test('a body without end is read to its limit', async () => {
    let pulled = 0;
    const { url, requests } = listen(() => new Response(new ReadableStream({
      pull: (at) => {
        pulled += 65_536;
        at.enqueue(new Uint8Array(65_536).fill(97));
      },
    })));
    await probeEndpoint(runOf(url, permit(url), { answerMs: 1_000, only: new Set(['P14']) }));
    expect(requests.length).toBeGreaterThan(0);
    // What lies in buffers on the way is pulled, too.
    expect(pulled / requests.length).toBeLessThan(20 * 1024 * 1024);
  });

  const answers: Readonly<Record<string, (body: string) => Response>> = {
    'a stream without end': () => new Response(new ReadableStream({ pull: (at) => at.enqueue(new TextEncoder().encode('data: {}\n\n'.repeat(5_000))) }), {
      headers: { 'content-type': 'text/event-stream' },
    }),
    'deep JSON': () => new Response('['.repeat(900_000), { headers: { 'content-type': 'application/json' } }),
    'an echo': (body) => new Response(body, { headers: { 'content-type': 'application/json' } }),
    'pages without end, of tools with odd names': (body) => rpc(body, {
      tools: [{ name: '\u001b[2J\u202e\u0000'.repeat(200), inputSchema: deep(500) }], nextCursor: crypto.randomUUID(),
    }),
    'wrong types everywhere': (body) => rpc(body, {
      supportedVersions: [1, {}, 'x'], tools: [null, 1, { name: {} }], protocolVersion: [], nextCursor: 7, ttlMs: 'x',
    }),
    'days that are none': (body) => rpc(body, { supportedVersions: ['2026-99-99', '2026-02-30'], protocolVersion: '0000-00-00' }),
    'metadata that is too much': () => Response.json({
      resource: 'x', authorization_servers: ['https://127.0.0.1:1/'.padEnd(5_000, 'a')], scopes_supported: Array.from({ length: 5_000 }, String),
    }, { status: 401, headers: { 'www-authenticate': `Bearer resource_metadata="/.well-known/oauth-protected-resource/mcp"` } }),
  };

  test.each(Object.keys(answers))('%s', async (what) => {
    const { url } = listen((_, body) => answers[what]?.(body) ?? new Response());
    const report = await probeEndpoint(runOf(url, permit(url, { consents: ['limits', 'tokens', 'fetches'] }), { slowBodyMs: 200, answerMs: 2_000 }));
    expect(PROBE_REPORT.safeParse(report).success).toBe(true);
    expect(JSON.stringify(report)).not.toMatch(/\\u001b|\\u0000|\u202e/);
    expect(report.probes.length).toBe(16);
  });

  test('one that answers nothing is asked a few times only', async () => {
    const { url, requests } = listen(() => new Promise<Response>(() => undefined));
    const report = await probeEndpoint(runOf(url, permit(url), { answerMs: 200 }));
    expect(requests.length).toBe(3);
    expect(report.probes.filter(({ outcome }) => outcome === 'pass')).toEqual([]);
  });

  test('one that says 429 is judged by nothing else', async () => {
    const { url } = listen(() => new Response('', { status: 429 }));
    const report = await probeEndpoint(runOf(url, permit(url)));
    expect(report.probes.flatMap(({ checks }) => checks).filter(({ outcome }) => outcome === 'pass').map(({ check }) => check)).toEqual(['rate-limit']);
  });

  test('a run that is stopped sends nothing more', async () => {
    const stop = new AbortController();
    const { url, requests } = listen(() => {
      stop.abort();
      return new Response('', { status: 404 });
    });
    await probeEndpoint(runOf(url, permit(url), { signal: stop.signal }));
    expect(requests.length).toBe(1);
  });
});

function rpc(body: string, result: object): Response {
  const id: unknown = body.startsWith('{"jsonrpc":"2.0"') ? JSON.parse(body).id : null;
  return Response.json({ jsonrpc: '2.0', id, result: { supportedVersions: ['2026-07-28'], ...result } });
}

function deep(levels: number): object {
  return levels === 0 ? {} : { type: 'object', properties: { a: deep(levels - 1) } };
}
