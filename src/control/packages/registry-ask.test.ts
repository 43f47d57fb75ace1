import { afterAll, expect, test } from 'bun:test';
import { createServer } from 'node:net';
import { SallyportError } from '../../domain/errors.ts';
import { createAddressGuard } from '../../upstream/address.ts';
import { createRegistryAsk } from './registry-ask.ts';
import type { RegistryAskOptions } from './registry-ask.ts';

const NETWORK = { publicUrl: 'https://localhost', internal: [], origins: [] };
let tries = 0;
const server = Bun.serve({
  hostname: '127.0.0.1', port: 0,
  fetch: (request) => {
    const { pathname } = new URL(request.url);
    tries += 1;
    if (pathname === '/large') return new Response(new Uint8Array(100_000));
    if (pathname === '/flaky' && tries % 2 === 1) return new Response(null, { status: 503 });
    if (pathname === '/forbidden') return new Response(null, { status: 403 });
    if (pathname === '/moved') return new Response(null, { status: 302, headers: { location: '/there' } });
    return new Response(JSON.stringify({ path: pathname, accept: request.headers.get('accept'), authorization: request.headers.get('authorization') }));
  },
});
/** Says that much is to come, says a little, and then nothing. */
const slow = createServer((socket) => void socket.on('error', () => undefined).write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{'));
await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
const address = slow.address();
const slowPort = typeof address === 'object' && address !== null ? address.port : 0;
const here = `http://127.0.0.1:${server.port}`;
afterAll(async () => {
  await server.stop(true);
  slow.close();
});

function ask(url: string, more: Partial<RegistryAskOptions> = {}): Promise<Uint8Array | undefined> {
  const registries = [here, `http://127.0.0.1:${slowPort}`];
  return createRegistryAsk({ guard: createAddressGuard(), network: NETWORK, registries, signal: new AbortController().signal, ...more })(url,
    { bytesMax: 10_000, accept: 'x/y' });
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(() => undefined, (cause: unknown) => cause);
  return error instanceof SallyportError ? error.code : String(error);
}

test('a registry is asked without any credential, redirects of its own are followed, failures that pass are tried again', async () => {
  expect(JSON.parse(Buffer.from((await ask(`${here}/a`)) ?? []).toString())).toEqual({ path: '/a', accept: 'x/y', authorization: null });
  expect(Buffer.from((await ask(`${here}/moved`)) ?? []).toString()).toContain('/there');
  tries = 0;
  expect(await ask(`${here}/flaky`)).toBeDefined();
});

test('more than it may send is not read', async () => expect(await codeOf(ask(`${here}/large`))).toBe('ERR_PACKAGE_INVALID'));

test('what it refuses is told', async () => expect(await codeOf(ask(`${here}/forbidden`))).toBe('ERR_PACKAGE_UNREACHABLE'));

test('one that goes silent is left, and one that nobody waits for any more', async () => {
  expect(await codeOf(ask(`http://127.0.0.1:${slowPort}/x`, { idleMs: 50 }))).toBe('ERR_PACKAGE_UNREACHABLE');
  expect(await codeOf(ask(`http://127.0.0.1:${slowPort}/x`, { signal: AbortSignal.timeout(50) }))).toBe('ERR_PACKAGE_UNREACHABLE');
});

test('a host that no administrator named may not be private', async () => {
  const asked = ask(`${here}/a`, { registries: ['https://registry.example'] });
  expect(await codeOf(asked)).toBe('ERR_PACKAGE_UNREACHABLE');
  expect(await asked.catch(String)).toContain('not public; name its network under network.internal');
});
