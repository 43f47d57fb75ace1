import { afterAll, beforeAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isArray, isObject, type JsonObject } from '../../src/domain/json.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { startRecordingServer, toolNamed, type RecordingServer } from '../fixtures/recording-server.ts';
import { goodClaims, makeKey, makeToken, startIssuer, type TestIssuer, type TestKey } from '../fixtures/test-issuer.ts';
import { askModern, openLegacy, type Answer } from './asking.ts';
import { verifies } from './requirements.ts';

/** Agents behind a company's own issuer: who may call through whom, and what the record says of it. */
let key: TestKey;
let issuer: TestIssuer;
let server: RecordingServer;
let gate: Gate;

const TOOLS = '{ look: { effect: read }, wait: { effect: read }, erase: { effect: destroy } }';
const POLICY = `
@id("everyone") permit(principal, action, resource);
@id("not-through-mallory") forbid(principal, action == Action::"call_tool", resource) when { context.actors.contains("mallory") };
`;

beforeAll(async () => {
  key = await makeKey('ES256', 'k1');
  issuer = startIssuer([key]);
  server = startRecordingServer({
    says: { tools: ['look', 'erase', 'wait'].map((name) => toolNamed(name)) },
    // Never answered: the call stays open.
    answer: ({ method, params }) => (method === 'tools/call' && params['name'] === 'wait' ? new Promise<Response>(() => undefined) : undefined),
  });
  const agent = (id: string, allow: string, expires: string): string =>
    `  ${id}: { owner: tests, purpose: tests, clients: ["${issuer.url}|${id}"], allow: ${allow}, expires: ${expires} }\n`;
  gate = await startGate({
    policy: POLICY,
    manifest:
      trusting(issuer.url) +
      `servers:\n  crm: { url: "${server.url}", allowPrivate: true, owner: tests, tools: ${TOOLS} }\n` +
      'toolsets:\n  desk: [{ server: crm, tools: "*" }]\n' +
      `agents:\n${['desk', 'planner', 'mallory', 'x', 'y', 'z', 'brief'].map((id) => agent(id, '"*"', '2028-01-01')).join('')}` +
      agent('reader', '[{ server: crm, effects: [read] }]', '2028-01-01') +
      agent('former', '"*"', '2026-01-01'),
  });
  await gate.enrol('crm');
}, 30_000);

afterAll(async () => {
  await gate.stop();
  await server.stop();
  await issuer.stop();
});

function trusting(url: string): string {
  return `identity: { issuers: [{ issuer: "${url}", audience: gate, scopes: ignored, allowPrivate: true }] }\n`;
}

/** An access token for Ann through these clients: the one that calls, then its `act` chain, outermost first. */
function tokenThrough(client: string, ...actors: readonly string[]): Promise<string> {
  const act = actors.reduceRight<JsonObject | undefined>((inner, sub) => ({ sub, ...(inner === undefined ? {} : { act: inner }) }), undefined);
  return makeToken(key, goodClaims(issuer.url, 'gate', Date.now()), { claims: { client_id: client, ...(act === undefined ? {} : { act }) } });
}

function call(token: string, name: string, path = '/mcp/crm'): Promise<Answer> {
  return askModern(gate.url + path, token, 'tools/call', { name, arguments: {} });
}

async function recordOf(exchange: string | undefined): Promise<JsonObject> {
  return (await gate.records({ exchange: exchange ?? 'none' }))[0] ?? {};
}

async function listedFor(token: string, path: string): Promise<unknown> {
  const tools = (await askModern(gate.url + path, token, 'tools/list')).result?.['tools'];
  return isArray(tools) ? tools.filter(isObject).map((tool) => tool['name']) : undefined;
}

test(verifies('agent-chain', 'the record of a call holds the person, the agent and the whole chain'), async () => {
  const token = await tokenThrough('desk', 'planner', 'reader');
  expect((await call(token, 'look')).result).toBeDefined();
  const permitted = (await gate.records({ event: 'call.permitted', tool: 'look' })).at(-1);
  expect(permitted).toMatchObject({ principal: `${issuer.url}|ann`, agent: 'desk', actors: ['planner', 'reader'] });
});

test(verifies('agent-chain', 'policy sees the chain'), async () => {
  expect((await call(await tokenThrough('desk', 'planner'), 'look')).result).toBeDefined();
  const denied = await call(await tokenThrough('desk', 'planner', 'mallory'), 'look');
  expect(denied.result).toBeUndefined();
  expect(await recordOf(denied.exchange)).toMatchObject({ event: 'call.denied', policies: ['not-through-mallory'], actors: ['planner', 'mallory'] });
});

test.each<[string, readonly [string, ...string[]], string]>([
  ['of four actors', ['desk', 'planner', 'x', 'y', 'z'], 'ERR_TOKEN_INVALID'],
  ['with an actor twice', ['desk', 'planner', 'x', 'planner'], 'ERR_TOKEN_INVALID'],
  ['that comes back to the agent that calls', ['desk', 'planner', 'desk'], 'ERR_TOKEN_INVALID'],
  ['with an actor who is no agent', ['desk', 'planner', 'nobody'], 'ERR_AGENT_UNKNOWN'],
  ['of an agent who is none', ['nobody'], 'ERR_AGENT_UNKNOWN'],
])(verifies('agent-chain', 'a chain %s is refused before anything is decided, and recorded'), async (_, [client, ...actors], code) => {
  const before = server.effects().length;
  const refused = await call(await tokenThrough(client, ...actors), 'look');
  expect([refused.status, refused.code]).toEqual([401, code]);
  expect(await recordOf(refused.exchange)).toMatchObject({ event: 'call.refused', code });
  expect(server.effects()).toHaveLength(before);
});

test(verifies('agent-ceilings', 'what one agent of the chain was not registered for does not exist, wherever it stands in the chain'), async () => {
  expect((await call(await tokenThrough('desk', 'planner'), 'erase')).result).toBeDefined();
  for (const chain of [['reader'], ['desk', 'reader'], ['reader', 'planner'], ['desk', 'planner', 'reader']] as const) {
    const [client, ...actors] = chain;
    const token = await tokenThrough(client, ...actors);
    for (const [path, name, missing] of [['/mcp/crm', 'erase', 'no-such'], ['/mcp/t/desk', 'crm__erase', 'crm__no-such']] as const) {
      const before = server.effects().length;
      expect(await listedFor(token, path)).toEqual([name.replace('erase', 'look'), name.replace('erase', 'wait')]);
      const hidden = await call(token, name, path);
      const nothing = await call(token, missing, path);
      expect(hidden.text.replace(hidden.exchange ?? '', '')).toBe(nothing.text.replace(nothing.exchange ?? '', ''));
      const session = await openLegacy(gate.url + path, token);
      expect((await session.request('tools/call', { name, arguments: {} })).code).toBe('ERR_TOOL_UNKNOWN');
      expect(server.effects()).toHaveLength(before);
      expect(await recordOf(hidden.exchange)).toMatchObject({ event: 'call.denied', policies: ['ceiling:reader'] });
      const { decisions } = await gate.admin('GET', `/policies/explain?exchange=${hidden.exchange ?? ''}`);
      expect(JSON.stringify(decisions)).toContain('beyond the ceiling of the agent reader');
    }
  }
});

test(verifies('agent-ceilings', 'an agent whose registration has ended is refused, by OAuth and by agent token, until it is renewed'), async () => {
  const tokens = [await tokenThrough('former'), await gate.token({ agent: 'former' })];
  for (const token of tokens) expect((await call(token, 'look')).code).toBe('ERR_AGENT_EXPIRED');
  expect((await call(await tokenThrough('desk', 'former'), 'look')).code).toBe('ERR_AGENT_EXPIRED');
  await gate.admin('POST', '/agents/former/renew', { expiresAt: (Math.floor(Date.now() / 1000) + 3600) * 1000 });
  await gate.admin('POST', '/servers/crm/scan', {});
  for (const token of tokens) expect((await call(token, 'look')).result).toBeDefined();
});

test(verifies('agent-ceilings', 'an agent token has the ceiling of the agent that it names, and ends with its removal'), async () => {
  const token = await gate.token({ agent: 'bot' });
  expect(await listedFor(token, '/mcp/crm')).toEqual(['look', 'erase', 'wait']);
  await gate.admin('PUT', '/agents/bot', agentOf('bot', [{ toolset: 'desk', effects: ['read'] }]));
  await gate.admin('POST', '/servers/crm/scan', {});
  expect(await listedFor(token, '/mcp/crm')).toEqual(['look', 'wait']);
  expect(await listedFor(token, '/mcp/t/desk')).toEqual(['crm__look', 'crm__wait']);
  await gate.admin('DELETE', '/agents/bot');
  await gate.admin('POST', '/servers/crm/scan', {});
  expect((await call(token, 'look')).code).toMatch(/^ERR_TOKEN_(?:INVALID|REVOKED)$/);
});

test(verifies('agent-unknown', 'a refused client is a finding; registering it from there lets it in'), async () => {
  const token = await tokenThrough('newcomer');
  expect((await call(token, 'look')).code).toBe('ERR_AGENT_UNKNOWN');
  let found: JsonObject | undefined;
  while (found === undefined) {
    const { unknown } = await gate.admin('GET', '/agents/unknown');
    found = isArray(unknown) ? unknown.filter(isObject).find(({ client }) => client === `${issuer.url}|newcomer`) : undefined;
  }
  expect(found).toMatchObject({ reports: 1 });
  expect((await gate.records({ event: 'agent.unknown' })).map(({ detail }) => detail)).toContainEqual(expect.objectContaining({ client: 'newcomer' }));
  await gate.admin('POST', '/agents', { id: 'newcomer', ...agentOf('newcomer', '*') });
  await gate.admin('POST', '/servers/crm/scan', {});
  expect((await call(token, 'look')).result).toBeDefined();
  const { unknown } = await gate.admin('GET', '/agents/unknown');
  expect(JSON.stringify(unknown)).not.toContain('newcomer');
});

test.each<[string, (id: string) => Promise<JsonObject>]>([
  ['is removed', (id) => gate.admin('DELETE', `/agents/${id}`)],
  ['may no longer do what it does', (id) => gate.admin('PUT', `/agents/${id}`, agentOf(id, [{ server: 'crm', effects: ['destroy'] }]))],
])(verifies('agent-ceilings', 'what an agent has open ends when it %s, whether it calls or another calls through it'), async (_, narrow) => {
  await gate.admin('PUT', '/agents/brief', agentOf('brief', '*'));
  await gate.admin('POST', '/servers/crm/scan', {});
  const open = await Promise.all([tokenThrough('brief'), tokenThrough('desk', 'brief')]);
  const before = server.effects().length;
  const answers = open.map((token) => call(token, 'wait'));
  while (server.effects().length < before + open.length) await Bun.sleep(5);
  await narrow('brief');
  for (const answer of await Promise.all(answers)) expect(answer.code).toBe('ERR_KILLED');
});

test(verifies('switches-reach-all', 'what somebody has open ends when their issuer is trusted no more'), async () => {
  await gate.admin('PUT', '/agents/brief', agentOf('brief', '*'));
  await gate.admin('POST', '/servers/crm/scan', {});
  const before = server.effects().length;
  const answer = call(await tokenThrough('brief'), 'wait');
  while (server.effects().length === before) await Bun.sleep(5);
  const manifest = readFileSync(join(gate.home, 'sallyport.yaml'), 'utf8').replace(trusting(issuer.url), '');
  await gate.admin('POST', '/manifest', { file: 'sallyport.yaml', text: manifest, policies: [{ file: 'policy.cedar', text: POLICY }] });
  expect((await answer).code).toBe('ERR_KILLED');
});

function agentOf(client: string, allow: '*' | JsonObject[]): JsonObject {
  const expiresAt = (Math.floor(Date.now() / 1000) + 3600) * 1000;
  return { owner: 'tests', purpose: 'tests', allow, expiresAt, clients: [`${issuer.url}|${client}`] };
}
