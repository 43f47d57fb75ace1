import { afterAll, beforeAll, expect, test } from 'bun:test';
import { connectAs, type EraClient } from '../fixtures/era-clients.ts';
import { until } from '../fixtures/era-deeds.ts';
import { startLegacyHttp, startModernHttp, stdioCommand, type EraServer } from '../fixtures/era-servers.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { openLegacy } from './asking.ts';

const CHANGED = 'notifications/tools/list_changed';
let gate: Gate;
let token: string;
const servers: EraServer[] = [];
const clients: EraClient[] = [];

beforeAll(async () => {
  const [legacy, modern, silent] = [startLegacyHttp(), startModernHttp(), startLegacyHttp({ withStream: false })];
  servers.push(legacy, modern, silent);
  gate = await startGate({
    policy: `permit(principal in Group::"testers", action, resource);`,
    manifest: `servers:
  legacy: { url: "${legacy.url}", allowPrivate: true, owner: tests }
  modern: { url: "${modern.url}", allowPrivate: true, owner: tests }
  silent: { url: "${silent.url}", allowPrivate: true, owner: tests }
  local: { command: ${stdioCommand('legacy')}, owner: tests }
  later: { url: "${modern.url}", allowPrivate: true, owner: tests }
toolsets:
  all: [{ server: legacy, tools: "*" }, { server: modern, tools: [echo] }]
`,
  });
  await gate.enrol('legacy', 'modern', 'silent', 'local');
  token = await gate.token();
}, 60_000);

afterAll(async () => {
  for (const client of clients) await client.close();
  await gate.stop();
  for (const server of servers) await server.stop();
}, 30_000);

test('a change of what is in force is announced on every open stream, whatever the server behind has; a new token is none', async () => {
  const quiet: EraClient[] = [];
  for (const route of ['legacy', 'modern', 'silent', 'local', 't/all']) {
    const [old, current, uninterested] = [
      await connectAs('v1', `${gate.url}/mcp/${route}`, token),
      await connectAs('v2 modern', `${gate.url}/mcp/${route}`, token),
      await connectAs('v2 modern', `${gate.url}/mcp/${route}`, token),
    ];
    for (const { client } of [old, current]) expect(client.getServerCapabilities()?.tools).toMatchObject({ listChanged: true });
    if (!('listen' in current.client) || !('listen' in uninterested.client)) throw new Error('not modern');
    expect((await current.client.listen({ toolsListChanged: true })).honoredFilter).toEqual({ toolsListChanged: true });
    await uninterested.client.listen({ promptsListChanged: true });
    // The SDK opens its GET stream by itself and does not tell when it is open.
    clients.push(old, current, uninterested);
    quiet.push(uninterested);
  }
  const listening = clients.filter((client) => !quiet.includes(client));
  await gate.token({ agent: 'new' });
  for (const client of listening) await client.client.listTools();
  expect(listening.flatMap(({ told }) => told)).toEqual([]);

  await gate.enrol('later');
  await until(() => listening.every(({ told }) => told.includes(CHANGED)));
  expect(quiet.flatMap(({ told }) => told)).not.toContain(CHANGED);
}, 30_000);

test('a stream that the server does not have is there all the same, and ends with its session', async () => {
  const session = await openLegacy(`${gate.url}/mcp/silent`, token);
  const stream = await fetch(`${gate.url}/mcp/silent`, { headers: { ...session.headers, accept: 'text/event-stream' } });
  expect(stream.status).toBe(200);
  const rest = stream.text();
  await session.transport('DELETE');
  expect(typeof (await rest)).toBe('string');
});
