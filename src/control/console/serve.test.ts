import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, request as ask } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { writeResponse } from '../../link/node-exchange.ts';
import { toRequest } from '../door-exchange.ts';
import { refuse } from '../refuse.ts';
import { openConsoleSite } from './serve.ts';
import type { ConsoleSite } from './serve.ts';

const SCRIPT = `export const text = '${'a line of the console, '.repeat(200)}';`;
const PAGE = '<!doctype html><html><head><meta charset="utf-8"><base href="/console/"><script type="module" src="./assets/app-1a2b.js"></script></head></html>';

const work = mkdtempSync('/tmp/sp-console-');
const folder = join(work, 'dist');
let server: Server;
let port = 0;

beforeAll(async () => {
  mkdirSync(join(folder, 'assets'), { recursive: true });
  const files = { 'index.html': PAGE, 'assets/app-1a2b.js': SCRIPT, 'assets/mark-3c4d.png': 'png', 'mark.svg': '<svg/>', 'notes.md': 'none of yours' };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(work, 'secret.js'), 'secret');
  symlinkSync(join(work, 'secret.js'), join(folder, 'assets', 'link-5e6f.js'));
  ({ server, port } = await serveAt(openConsoleSite(folder, '')));
});
afterAll(() => {
  server.close();
  rmSync(work, { recursive: true });
});

async function serveAt(site: ConsoleSite): Promise<{ server: Server; port: number }> {
  const opened = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    const request = toRequest(incoming, url, 1_000, new AbortController().signal);
    const answer = site.answer({ request, url, params: {}, address: '127.0.0.1', secure: false }).catch((error: unknown) => refuse(error, () => undefined));
    answer.then((response) => writeResponse(response, outgoing)).catch(() => outgoing.destroy());
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  opened.listen(0, '127.0.0.1', resolve);
  await promise;
  const at = opened.address();
  return { server: opened, port: typeof at === 'object' && at !== null ? at.port : 0 };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** As the bytes of the request line have it: fetch would tidy the path. */
async function get(path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET', at = port): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  ask({ host: '127.0.0.1', port: at, path, method, headers }, (answer) => {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }));
  }).on('error', reject).end();
  return promise;
}

test('the root leads to the console, and every address of it is its page, which nobody keeps', async () => {
  expect([(await get('/')).status, (await get('/')).headers.location]).toEqual([302, '/console/']);
  expect((await get('/console')).headers.location).toBe('/console/');
  for (const path of ['/console/', '/console/servers/git.hub?tab=tools', '/console/sessions/a%2Fb', '/console/index.html']) {
    const page = await get(path);
    expect([page.status, page.headers['content-type'], page.headers['cache-control'], page.headers.etag]).toEqual([
      200, 'text/html; charset=utf-8', 'no-store', undefined,
    ]);
    expect(page.body.toString()).toContain('<head><base href="/console/"><meta');
  }
});

test('its policy lets scripts and styles of ours run, and asks nobody else', async () => {
  const policy = String((await get('/console/')).headers['content-security-policy']);
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toContain("require-trusted-types-for 'script'");
  expect(policy).not.toContain('unsafe');
  expect(policy).not.toMatch(/https?:|\*/);
});

test('what is named by its digest is kept for ever; the form is what the browser takes', async () => {
  const path = '/console/assets/app-1a2b.js';
  const plain = await get(path);
  expect([plain.headers['cache-control'], plain.headers['content-encoding'], plain.headers.vary]).toEqual([
    'public, max-age=31536000, immutable', undefined, 'accept-encoding',
  ]);
  expect(plain.body.toString()).toBe(SCRIPT);
  const br = await get(path, { 'accept-encoding': 'gzip, deflate, br' });
  expect([br.headers['content-encoding'], brotliDecompressSync(br.body).toString()]).toEqual(['br', SCRIPT]);
  const gz = await get(path, { 'accept-encoding': 'gzip, br;q=0' });
  expect([gz.headers['content-encoding'], gunzipSync(gz.body).toString()]).toEqual(['gzip', SCRIPT]);
  expect(gz.body.byteLength).toBeLessThan(SCRIPT.length / 10);
  expect((await get('/console/mark.svg')).headers['cache-control']).toBe('no-cache');
  expect((await get('/console/assets/mark-3c4d.png', { 'accept-encoding': 'br' })).headers['content-encoding']).toBeUndefined();
});

test('what a browser has is not sent again; each form has a tag of its own', async () => {
  const path = '/console/assets/app-1a2b.js';
  const tag = String((await get(path)).headers.etag);
  const known = await get(path, { 'if-none-match': `"other", W/${tag}` });
  expect([known.status, known.body.byteLength, known.headers.etag]).toEqual([304, 0, tag]);
  expect((await get(path, { 'if-none-match': tag, 'accept-encoding': 'br' })).status).toBe(200);
});

test('HEAD tells the size and sends nothing; nothing else than reading is possible', async () => {
  const head = await get('/console/assets/app-1a2b.js', {}, 'HEAD');
  expect([head.status, head.headers['content-length'], head.body.byteLength]).toEqual([200, String(SCRIPT.length), 0]);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) expect((await get('/console/', {}, method)).status).toBe(405);
});

test('no path leads out of what was built, nor to what is no file of it', async () => {
  for (const path of ['/console/assets/nothing.js', '/console/assets/', '/console/assets/link-5e6f.js', '/console/assets/..%2fsecret.js']) {
    expect((await get(path)).status).toBe(404);
  }
  const outside = ['/console/../secret.js', '/console/..%2f..%2fsecret.js', '/console/assets/../../secret.js', '/console/%2e%2e/secret.js',
    '/console//etc/passwd', '/console/notes.md', '/console/assets%2f..%2f..%2fsecret.js', '/console/..\\secret.js', '/console/__proto__'];
  for (const path of outside) expect((await get(path)).body.toString()).not.toMatch(/secret|root:|none of yours/);
});

test('below a prefix the page says where it stands', async () => {
  const below = await serveAt(openConsoleSite(folder, '/sallyport'));
  expect((await get('/console/', {}, 'GET', below.port)).body.toString()).toContain('<base href="/sallyport/console/">');
  below.server.close();
});

test('where nothing was built, a page says what to do', async () => {
  const none = await serveAt(openConsoleSite(join(work, 'missing'), ''));
  const page = await get('/console/servers', {}, 'GET', none.port);
  expect(page.status).toBe(503);
  expect(page.body.toString()).toContain('scripts/console');
  expect(page.body.toString()).toContain('ERR_CONSOLE_MISSING');
  expect((await get('/console/assets/app.js', {}, 'GET', none.port)).status).toBe(503);
  none.server.close();
});
