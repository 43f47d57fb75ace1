import { afterAll, beforeAll, expect, test } from 'bun:test';
import { connect } from 'node:net';
import type { Fixture } from '../fixtures/conformance-server.ts';
import { startConformanceServer } from '../fixtures/conformance-server.ts';
import type { Requirements } from './conformance.ts';
import { failuresOf, runConformance } from './conformance.ts';
import { startShim } from './shim.ts';

let fixture: Fixture;
beforeAll(() => {
  fixture = startConformanceServer();
});
afterAll(() => fixture.stop());

test.each<[Requirements, number]>([
  ['2025-11-25', 30], ['2026-07-28', 37],
])('the fixture meets all that %s requires, directly and through the shim', async (requirements, scored) => {
  const [direct, shimmed] = await Promise.all([
    runConformance({ url: fixture.url, requirements }),
    runConformance({ url: fixture.url, requirements, headers: { Authorization: 'Bearer token' } }),
  ]);
  expect(failuresOf(direct)).toEqual([]);
  expect([...direct.values()].filter((scenario) => scenario.scored)).toHaveLength(scored);
  expect(shimmed).toEqual(direct);
}, 120_000);

test('the shim adds its headers, names the target, and leaves a foreign Host and Origin alone', async () => {
  const seen: Record<string, string>[] = [];
  const target = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: async (request) => {
      seen.push({ ...Object.fromEntries(request.headers), body: await request.text() });
      return new Response('no', { status: 418 });
    },
  });
  const host = `127.0.0.1:${target.port}`;
  const shim = await startShim(`http://${host}/mcp`, { Authorization: 'Bearer token' });
  const own = new URL(shim.url).host;
  for (const [name, origin] of [[own, `http://${own}`], ['evil.example', 'http://evil.example']]) {
    const head = ['POST /mcp HTTP/1.1', `Host: ${name}`, `Origin: ${origin}`, 'X-A: 1', 'Content-Length: 4'];
    const answer = await exchange(own, `${head.join('\r\n')}\r\n\r\nbody`);
    expect(answer).toStartWith('HTTP/1.1 418');
  }
  const kept = { authorization: 'Bearer token', 'x-a': '1', body: 'body' };
  expect(seen).toMatchObject([
    { ...kept, host, origin: `http://${host}` },
    { ...kept, host: 'evil.example', origin: 'http://evil.example' },
  ]);
  await shim.stop();
  await target.stop(true);
});

function exchange(host: string, request: string): Promise<string> {
  const { hostname, port } = new URL(`http://${host}`);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(request));
    socket.on('data', (chunk) => { answer += chunk.toString(); });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}
