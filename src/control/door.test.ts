import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { codeOf } from '../../test/fixtures/code-of.ts';
import { startGate, type Gate } from '../../test/fixtures/gate.ts';
import { LIMITS } from '../domain/limits.ts';
import { startControl } from '../roles/control.ts';

let plain: Gate;
let secure: Gate;
beforeAll(async () => {
  const manifest = 'servers: {}\n';
  [plain, secure] = await Promise.all([startGate({ issuer: true, manifest }), startGate({ issuer: true, secure: true, manifest })]);
});
afterAll(() => Promise.all([plain.stop(), secure.stop()]));

interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** As a browser or an attacker writes it: fetch would not let the Host header be chosen. */
async function ask({ method = 'GET', path = '/api/v1/openapi.json', headers = {}, body }: Asked): Promise<{ status: number; headers: Headers; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; headers: Headers; text: string }>();
  const asked = request(plain.controlUrl + path, { method, headers }, (answer) => {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const given = Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]);
      resolve({ status: answer.statusCode ?? 0, headers: new Headers(given), text: Buffer.concat(chunks).toString() });
    });
  });
  asked.on('error', reject);
  asked.end(body);
  return promise;
}

test('names that are not ours are refused before anything is read', async () => {
  for (const host of ['evil.example', 'localhost.evil.example', '169.254.169.254', 'localhost:99999999']) {
    expect((await ask({ headers: { host } })).status).toBe(421);
  }
  expect((await ask({ path: '/api/v1/servers', headers: { host: `127.0.0.1:${new URL(plain.controlUrl).port}` } })).status).toBe(401);
});

test('another site\'s page changes nothing here, and gets no CORS', async () => {
  for (const origin of ['https://evil.example', 'null', 'http://localhost:1', `${plain.controlUrl}.evil.example`]) {
    const refused = await ask({ method: 'POST', path: '/api/v1/servers', headers: { origin }, body: '{}' });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, null]);
  }
  expect((await ask({ method: 'POST', path: '/api/v1/servers', headers: { origin: plain.controlUrl }, body: '{}' })).status).toBe(401);
  const preflight = await ask({ method: 'OPTIONS', headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' } });
  expect([...preflight.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
});

test('every answer forbids framing, sniffing and caching; over TLS it asks for TLS for ever', async () => {
  const answer = await ask({ path: '/nothing' });
  expect(answer.status).toBe(404);
  expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(answer.headers.get('referrer-policy')).toBe('same-origin');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.has('strict-transport-security')).toBe(false);
  const overTls = await fetch(`${secure.controlUrl}/nothing`, { tls: { ca: readFileSync(join(secure.home, 'ca', 'ca.pem'), 'utf8') } });
  expect(overTls.headers.get('strict-transport-security')).toContain('max-age=');
});

test('the root leads to the console, whose pages have a policy of their own', async () => {
  expect([(await ask({ path: '/' })).status, (await ask({ path: '/' })).headers.get('location')]).toEqual([302, '/console/']);
  const page = await ask({ path: '/console/overview' });
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.headers.get('cache-control')).toBe('no-store');
  expect(page.headers.get('content-security-policy')).toContain("require-trusted-types-for 'script'");
  expect(page.headers.get('x-content-type-options')).toBe('nosniff');
});

test('the API is there, but not for the token of this machine, which is good on the socket alone', async () => {
  const authorization = `Bearer ${readFileSync(join(plain.home, 'control', 'admin.token'), 'utf8').trim()}`;
  expect((await ask({ path: '/api/v1/servers', headers: { authorization } })).status).toBe(401);
  expect((await ask({ path: '/api/v1/servers', headers: { authorization: 'Bearer nonsense-nonsense-nonsense' } })).status).toBe(401);
  const headers = { authorization, 'content-type': 'application/json' };
  const huge = await ask({ method: 'POST', path: '/api/v1/servers', headers, body: 'x'.repeat(LIMITS.bodyBytesMax + 1) });
  expect(huge.status).toBe(413);
});

test('TLS 1.3 only, under the local CA', async () => {
  const ca = readFileSync(join(secure.home, 'ca', 'ca.pem'), 'utf8');
  const shake = (version: 'TLSv1.2' | 'TLSv1.3'): Promise<string> => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const port = Number(new URL(secure.controlUrl).port);
    const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca, minVersion: version, maxVersion: version });
    socket.once('secureConnect', () => resolve(socket.getProtocol() ?? '')).once('error', () => resolve('refused'));
    return promise.finally(() => socket.destroy());
  };
  expect(await Promise.all([shake('TLSv1.2'), shake('TLSv1.3')])).toEqual(['refused', 'TLSv1.3']);
});

test('where it is stands in run/control/door.url while it is there', async () => {
  expect(readFileSync(join(plain.home, 'run', 'control', 'door.url'), 'utf8')).toBe(`${plain.controlUrl}\n`);
  await plain.down('control');
  expect(existsSync(join(plain.home, 'run', 'control', 'door.url'))).toBe(false);
  const squatter = Bun.listen({ hostname: '127.0.0.1', port: Number(new URL(plain.controlUrl).port), socket: { data() {} } });
  expect(await codeOf(startControl({ home: plain.home, insecureLoopback: true }))).toBe('ERR_LISTEN');
  squatter.stop(true);
  await plain.up('control');
});

test('plain HTTP is for loopback only', async () => {
  await plain.down('control');
  expect(await codeOf(startControl({ home: plain.home, insecureLoopback: true, listen: '0.0.0.0:0' }))).toBe('ERR_CONFIG_INVALID');
  await plain.up('control');
});
