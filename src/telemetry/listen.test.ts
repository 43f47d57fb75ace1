import { createHash } from 'node:crypto';
import { expect, test } from 'bun:test';
import { makeCertificate } from '../../test/fixtures/certificate.ts';
import { openMetricsDoor } from './listen.ts';
import { createMetrics } from './metrics.ts';

const TOKEN = 'scraper-token-of-many-random-letters';
const HASH = createHash('sha256').update(TOKEN).digest('hex');
const metrics = createMetrics('runner', 'n');

test('on loopback whoever is on the machine may read /metrics, and nothing else is there', async () => {
  const door = openMetricsDoor({ hostname: '127.0.0.1', port: 0, scrapers: [] }, metrics);
  const at = `http://127.0.0.1:${door.port}`;
  expect(await (await fetch(`${at}/metrics`)).text()).toContain('sallyport_role_info{role="runner"');
  expect((await fetch(`${at}/`)).status).toBe(404);
  expect((await fetch(`${at}/metrics`, { method: 'POST', body: 'x' })).status).not.toBe(200);
  expect((await fetch(`${at}/metrics`, { headers: { host: 'evil.example' } })).status).toBe(403);
  door.close();
});

test('where scrapers are named, only they read', async () => {
  const door = openMetricsDoor({ hostname: '127.0.0.1', port: 0, scrapers: [HASH] }, metrics);
  const at = `http://127.0.0.1:${door.port}/metrics`;
  const statuses = await Promise.all([undefined, 'Bearer no', `Basic ${TOKEN}`, `Bearer ${HASH}`, `Bearer ${TOKEN}`].map(async (authorization) =>
    (await fetch(at, authorization === undefined ? {} : { headers: { authorization } })).status));
  expect(statuses).toEqual([401, 401, 401, 401, 200]);
  door.close();
});

test('beyond loopback it takes both a scraper and TLS', async () => {
  const server = await makeCertificate(['localhost']);
  const ca = server.cert;
  expect(() => openMetricsDoor({ hostname: '0.0.0.0', port: 0, scrapers: [], tls: server }, metrics)).toThrow('without a scraper');
  expect(() => openMetricsDoor({ hostname: '0.0.0.0', port: 0, scrapers: [HASH] }, metrics)).toThrow('without a scraper');
  const door = openMetricsDoor({ hostname: '0.0.0.0', port: 0, scrapers: [HASH], tls: server }, metrics);
  const init = { headers: { authorization: `Bearer ${TOKEN}` }, tls: { ca } };
  expect((await fetch(`https://localhost:${door.port}/metrics`, init)).status).toBe(200);
  const old = { ...init, tls: { ca, maxVersion: 0x0303 } as BunFetchRequestInitTLS };
  expect(await fetch(`https://localhost:${door.port}/metrics`, old).then(({ status }) => status, () => 'refused')).toBe('refused');
  door.close();
});
