import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { JsonObject } from '../../src/domain/json.ts';
import { CLIENTS, connectAs } from '../fixtures/era-clients.ts';
import { NOTE, until } from '../fixtures/era-deeds.ts';
import { startLegacyHttp, startModernHttp, stdioCommand, type EraServer } from '../fixtures/era-servers.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';

/** Everything but what a server may ask of a client, and but hearing of one resource. */
const POLICY = `
permit(principal in Group::"testers", action, resource);
forbid(principal, action in [Action::"sample", Action::"elicit"], resource);
forbid(principal, action == Action::"subscribe", resource == Resource::"legacy-http/${NOTE}");
forbid(principal, action == Action::"subscribe", resource == Resource::"modern-http/${NOTE}");
`;
let gate: Gate;
let token: string;
const servers: EraServer[] = [];

beforeAll(async () => {
  const [legacy, modern] = [startLegacyHttp(), startModernHttp()];
  servers.push(legacy, modern);
  gate = await startGate({
    policy: POLICY,
    manifest: `servers:
  legacy-http: { url: "${legacy.url}", allowPrivate: true, owner: tests }
  modern-http: { url: "${modern.url}", allowPrivate: true, owner: tests }
  legacy-stdio: { command: ${stdioCommand('legacy')}, owner: tests }
`,
  });
  await gate.enrol('legacy-http', 'modern-http', 'legacy-stdio');
  token = await gate.token();
}, 60_000);

afterAll(async () => {
  await gate.stop();
  for (const server of servers) await server.stop();
}, 30_000);

async function deniedAt(server: string): Promise<readonly JsonObject[]> {
  return (await gate.records({ server })).filter(({ event }) => event === 'message.denied');
}

describe.each(CLIENTS)('%s client', (name) => {
  test.each(['legacy-http', 'legacy-stdio'])('what policy forbids %s to ask never reaches the client; the server is told and goes on', async (server) => {
    const before = (await deniedAt(server)).length;
    const client = await connectAs(name, `${gate.url}/mcp/${server}`, token);
    for (const tool of ['elicit', 'elicit-aside', 'sample']) expect(await client.call(tool)).toStartWith('refused: ');
    expect(await client.call('roots')).toBe('file:///work');
    expect(client.asked).toEqual(['roots/list']);
    await client.close();
    const denied = (await deniedAt(server)).slice(before);
    expect(denied.map(({ code }) => code)).toEqual(Array.from({ length: 3 }, () => 'ERR_POLICY_DENIED'));
    const calls = await gate.records({ server, event: 'call.permitted' });
    for (const { exchange } of denied) expect(calls.map((call) => call['exchange'])).toContain(exchange ?? '');
  });

  test('what policy forbids a modern server to ask never reaches the client; the call is refused', async () => {
    const client = await connectAs(name, `${gate.url}/mcp/modern-http`, token);
    for (const tool of ['elicit', 'sample']) {
      expect(await client.call(tool).catch((error: { readonly data?: { readonly code?: string } }) => error.data?.code)).toBe('ERR_POLICY_DENIED');
    }
    expect(await client.call('roots')).toBe('file:///work');
    expect(client.asked).toEqual(['roots/list']);
    await client.close();
  });
});

test.each(['legacy-http', 'modern-http'])('a resource that policy lets nobody hear of is not honoured by %s', async (server) => {
  const { client, call, told, close } = await connectAs('v2 modern', `${gate.url}/mcp/${server}`, token);
  if (!('listen' in client)) throw new Error('not a modern client');
  const subscription = await client.listen({ resourcesListChanged: true, resourceSubscriptions: [NOTE, 'test://item/1'] });
  expect(subscription.honoredFilter).toEqual({ resourcesListChanged: true, resourceSubscriptions: ['test://item/1'] });
  await call('touch');
  await call('announce');
  await until(() => told.length > 0);
  expect(told).toEqual(['notifications/resources/list_changed']);
  await close();
});
