import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { CLIENTS, connectAs, type EraClient } from '../fixtures/era-clients.ts';
import { deeds, ITEM, NOTE, until } from '../fixtures/era-deeds.ts';
import { startLegacyHttp, startLegacySse, startModernHttp, stdioCommand, type EraServer } from '../fixtures/era-servers.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';

const SERVERS = ['legacy-http', 'modern-http', 'legacy-sse', 'legacy-stdio', 'modern-stdio'] as const;
let gate: Gate;
let token: string;
const servers: EraServer[] = [];

beforeAll(async () => {
  const [legacy, modern, sse] = [startLegacyHttp(), startModernHttp(), await startLegacySse()];
  servers.push(legacy, modern, sse);
  gate = await startGate({
    policy: `permit(principal in Group::"testers", action, resource);`,
    manifest: `servers:
  legacy-http: { url: "${legacy.url}", allowPrivate: true, owner: tests }
  modern-http: { url: "${modern.url}", allowPrivate: true, owner: tests }
  legacy-sse: { url: "${sse.url}", transport: sse, allowPrivate: true, owner: tests }
  legacy-stdio: { command: ${stdioCommand('legacy')}, owner: tests }
  modern-stdio: { command: ${stdioCommand('modern')}, owner: tests }
`,
  });
  await gate.enrol(...SERVERS);
  token = await gate.token();
}, 60_000);

afterAll(async () => {
  await gate.stop();
  for (const server of servers) await server.stop();
}, 30_000);

async function connected(name: (typeof CLIENTS)[number], server: string, work: (client: EraClient) => Promise<void>): Promise<void> {
  const client = await connectAs(name, `${gate.url}/mcp/${server}`, token);
  try {
    await work(client);
  } finally {
    await client.close();
  }
}

describe.each(CLIENTS.flatMap((client) => SERVERS.map((server) => [client, server] as const)))('%s client, %s server', (name, server) => {
  test('lists, calls, fails, completes, reads', () => connected(name, server, async ({ client, call }) => {
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name)).toContain('elicit-aside');
    expect(await call('echo', { arguments: { text: 'hello' } })).toBe('hello');
    expect(await call('fail')).toBe('error: It failed');
    expect((await client.listPrompts()).prompts.map((prompt) => prompt.name)).toEqual(['greet']);
    expect(await client.getPrompt({ name: 'greet', arguments: { name: 'ann' } })).toMatchObject({ messages: [{ content: { text: 'Greet ann' } }] });
    const { completion } = await client.complete({ ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'name', value: 'an' } });
    expect(completion.values).toEqual(['ann', 'anton']);
    expect((await client.listResources()).resources.map(({ uri }) => uri)).toEqual([NOTE]);
    expect((await client.listResourceTemplates()).resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual([ITEM]);
    expect(await client.readResource({ uri: 'test://item/7' })).toMatchObject({ contents: [{ text: 'item 7' }] });
    const missing = await client.readResource({ uri: 'test://nothing' }).catch((error: unknown) => error);
    expect(missing).toMatchObject({ code: -32602 });
  }));

  test('is told of progress, under its own token', () => connected(name, server, async ({ call }) => {
    const progress: number[] = [];
    expect(await call('count', { onprogress: (said) => void progress.push(said.progress) })).toBe('counted');
    expect(progress).toEqual([1, 2]);
  }));

  test('answers what the server asks in the middle of a call', () => connected(name, server, async ({ call, asked }) => {
    expect(await call('elicit')).toBe('accept ann');
    expect(await call('sample')).toContain('said');
    expect(await call('roots')).toBe('file:///work');
    expect(asked).toEqual(['elicitation/create', 'sampling/createMessage', 'roots/list']);
  }));

  test('answers what the server asks without saying for which call', () => connected(name, server, async ({ call }) => {
    expect(await call('elicit-aside')).toBe('accept ann');
  }));

  test('a client that gives up stops the call on the server', () => connected(name, server, async ({ call }) => {
    const count = async (key: 'hanging' | 'cancelled'): Promise<number> => (server.endsWith('stdio') ? JSON.parse(await call('deeds')) : deeds)[key];
    const before = { hanging: await count('hanging'), cancelled: await count('cancelled') };
    const controller = new AbortController();
    const hanging = call('hang', { signal: controller.signal }).catch(() => 'given up');
    await until(async () => (await count('hanging')) > before.hanging);
    controller.abort();
    expect(await hanging).toBe('given up');
    await until(async () => (await count('cancelled')) > before.cancelled);
    expect(await call('echo', { arguments: { text: 'still here' } })).toBe('still here');
  }));

  test('hears log messages of the level that it asked for', () => connected(name, server, async ({ client, era, call, told }) => {
    const level = 'warning';
    if (era === 'legacy') await client.setLoggingLevel(level);
    await call('log', era === 'modern' ? { meta: { 'io.modelcontextprotocol/logLevel': level } } : {});
    await until(() => told.some((said) => said.startsWith('notifications/message')));
    expect(told).toEqual(['notifications/message warning']);
  }));

  test('hears of what it subscribed to', () => connected(name, server, async ({ client, era, call, told }) => {
    const stop = era === 'legacy'
      ? (await client.subscribeResource({ uri: NOTE }), () => client.unsubscribeResource({ uri: NOTE }))
      : await listen(client);
    // A legacy server's stream may open after the subscription was made.
    await until(async () => {
      await call('touch');
      return told.includes(`notifications/resources/updated ${NOTE}`);
    });
    await call('announce');
    await until(() => told.includes('notifications/resources/list_changed'));
    await stop();
  }));
});

async function listen(client: EraClient['client']): Promise<() => Promise<void>> {
  if (!('listen' in client)) throw new Error('not a modern client');
  const subscription = await client.listen({ resourcesListChanged: true, toolsListChanged: true, resourceSubscriptions: [NOTE] });
  expect(subscription.honoredFilter).toEqual({ resourcesListChanged: true, toolsListChanged: true, resourceSubscriptions: [NOTE] });
  return () => subscription.close();
}
