import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { CLIENTS, connectAs } from '../fixtures/era-clients.ts';
import { deeds, NOTE, until } from '../fixtures/era-deeds.ts';
import { startLegacyHttp, startLegacySse, startModernHttp, stdioCommand, type EraServer } from '../fixtures/era-servers.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';

const MEMBERS = ['legacy', 'modern', 'sse', 'local'] as const;
const noteOf = (member: string): string => NOTE.replace('://', `://${member}__`);
let gate: Gate;
let token: string;
const servers: EraServer[] = [];

beforeAll(async () => {
  const [legacy, modern, sse] = [startLegacyHttp(), startModernHttp(), await startLegacySse()];
  servers.push(legacy, modern, sse);
  gate = await startGate({
    policy: `permit(principal in Group::"testers", action, resource);
forbid(principal, action == Action::"call_tool", resource == Tool::"modern/bump");`,
    manifest: `servers:
  legacy: { url: "${legacy.url}", allowPrivate: true, owner: tests }
  modern: { url: "${modern.url}", allowPrivate: true, owner: tests }
  sse: { url: "${sse.url}", transport: sse, allowPrivate: true, owner: tests }
  local: { command: ${stdioCommand('modern')}, owner: tests }
  hidden: { url: "${modern.url}", allowPrivate: true, owner: tests }
toolsets:
  mixed:
    - { server: legacy, tools: "*", prompts: "*", resources: true }
    - { server: modern, tools: "*", prompts: "*", resources: true }
    - { server: sse, tools: "*", prompts: [greet], resources: true }
    - { server: local, tools: "*", resources: true }
    - { server: hidden, tools: [echo] }
`,
  });
  await gate.enrol(...MEMBERS, 'hidden');
  token = await gate.token({ audience: ['/mcp/t/mixed'] });
}, 60_000);

afterAll(async () => {
  await gate.stop();
  for (const server of servers) await server.stop();
}, 30_000);

function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.catch((error: { readonly data?: { readonly code?: string } }) => error.data?.code);
}

describe.each(CLIENTS)('%s client on a toolset of both eras', (name) => {
  test('lists, under the names of the toolset, what the toolset shows and policy does not hide', async () => {
    const { client, close } = await connectAs(name, `${gate.url}/mcp/t/mixed`, token);
    const tools = (await client.listTools()).tools.map((tool) => tool.name);
    expect(tools).toContain('legacy__bump');
    expect(tools).not.toContain('modern__bump');
    expect(tools.filter((tool) => tool.startsWith('hidden__'))).toEqual(['hidden__echo']);
    expect((await client.listPrompts()).prompts.map((prompt) => prompt.name)).toEqual(['legacy__greet', 'modern__greet', 'sse__greet']);
    expect((await client.listResources()).resources.map(({ uri }) => uri)).toEqual(MEMBERS.map(noteOf));
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual(MEMBERS.map((member) => `test://${member}__item/{id}`));
    await close();
  });

  test.each([...MEMBERS])('calls, asks, reads and completes at %s', async (member) => {
    const { client, call, asked, close } = await connectAs(name, `${gate.url}/mcp/t/mixed`, token);
    const progress: number[] = [];
    expect(await call(`${member}__echo`, { arguments: { text: 'hello' } })).toBe('hello');
    expect(await call(`${member}__fail`)).toBe('error: It failed');
    expect(await call(`${member}__count`, { onprogress: (said) => void progress.push(said.progress) })).toBe('counted');
    expect(progress).toEqual([1, 2]);
    for (const tool of ['elicit', 'elicit-aside']) expect(await call(`${member}__${tool}`)).toBe('accept ann');
    expect(await call(`${member}__roots`)).toBe('file:///work');
    expect(asked).toEqual(['elicitation/create', 'elicitation/create', 'roots/list']);
    expect(await call(`${member}__link`)).toBe(noteOf(member));
    expect(await client.readResource({ uri: noteOf(member) })).toMatchObject({ contents: [{ uri: noteOf(member), text: 'noted' }] });
    if (member !== 'local') {
      const greet = `${member}__greet`;
      expect(await client.getPrompt({ name: greet, arguments: { name: 'ann' } })).toMatchObject({ messages: [{ content: { text: 'Greet ann' } }] });
      const { completion } = await client.complete({ ref: { type: 'ref/prompt', name: greet }, argument: { name: 'name', value: 'ann' } });
      expect(completion.values).toEqual(['ann']);
    }
    await close();
  });

  test('reaches nothing that the toolset does not show', async () => {
    const { client, call, close } = await connectAs(name, `${gate.url}/mcp/t/mixed`, token);
    for (const tool of ['hidden__bump', 'modern__bump', 'bump', 'nobody__bump']) expect(await codeOf(call(tool))).toBe('ERR_TOOL_UNKNOWN');
    for (const uri of [noteOf('hidden'), NOTE]) expect(await codeOf(client.readResource({ uri }))).toBe('ERR_TOOL_UNKNOWN');
    await close();
  });

  test('gives a call up at a legacy member', async () => {
    const { call, close } = await connectAs(name, `${gate.url}/mcp/t/mixed`, token);
    const before = { ...deeds };
    const controller = new AbortController();
    const hanging = call('legacy__hang', { signal: controller.signal }).catch(() => 'given up');
    await until(() => deeds.hanging > before.hanging);
    controller.abort();
    expect(await hanging).toBe('given up');
    await until(() => deeds.cancelled > before.cancelled);
    await close();
  });

  test('hears of the resources of all members, under the toolset\'s addresses', async () => {
    const { client, era, call, told, close } = await connectAs(name, `${gate.url}/mcp/t/mixed`, token);
    if (era === 'legacy') for (const member of MEMBERS) await client.subscribeResource({ uri: noteOf(member) });
    else if ('listen' in client) {
      const all = { resourcesListChanged: true, resourceSubscriptions: MEMBERS.map(noteOf) };
      expect((await client.listen({ ...all, resourceSubscriptions: [...all.resourceSubscriptions, noteOf('hidden')] })).honoredFilter).toEqual(all);
    }
    for (const member of MEMBERS) {
      await until(async () => {
        await call(`${member}__touch`);
        return told.includes(`notifications/resources/updated ${noteOf(member)}`);
      });
    }
    await call('legacy__announce');
    await until(() => told.includes('notifications/resources/list_changed'));
    await close();
  });
});
