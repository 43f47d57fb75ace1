import { afterAll, beforeAll, expect, test } from 'bun:test';
import { startCrm, type Crm } from '../../demo/crm.ts';
import { isArray, isObject, type JsonObject } from '../../src/domain/json.ts';
import { deeds } from '../fixtures/era-deeds.ts';
import { startLegacyHttp, type EraServer } from '../fixtures/era-servers.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { startGatewayProcess, type GatewayProcess } from '../fixtures/gateway-process.ts';
import { callTool, modernRequest, objectIn, readCalled, toolParams, type Called } from '../fixtures/modern-call.ts';
import { stringAt } from './asking.ts';
import { verifies } from './requirements.ts';

/** Three gateway processes, one control: how long a switch or a revocation takes to hold at all of them. */
const ROUNDS = 50;
const LEASE_MS = 3_000;

let crm: Crm;
let era: EraServer;
let gate: Gate;
let processes: readonly GatewayProcess[];
let urls: readonly string[];

beforeAll(async () => {
  crm = startCrm();
  era = startLegacyHttp();
  gate = await startGate({
    policy: 'permit(principal in Group::"testers", action, resource);', leaseMs: LEASE_MS,
    manifest: `servers:
  crm: { url: "${crm.url}", allowPrivate: true, owner: tests }
  era: { url: "${era.url}", allowPrivate: true, owner: tests }
limits: { denials: 1000000/min, cascade: { denials: 1000000 } }
`,
  });
  await gate.enrol('crm', 'era');
  processes = await Promise.all(['north', 'east', 'west'].map((node) => startGatewayProcess(gate.home, node)));
  urls = processes.map(({ url }) => `${url}/mcp/crm`);
}, 60_000);

afterAll(async () => {
  await Promise.all(processes.map((each) => each.stop()));
  await gate.stop();
  await Promise.all([crm.stop(), era.stop()]);
}, 30_000);

const search = (url: string, token: string): Promise<Called> => callTool(url, token, 'search_contacts', { query: 'ada' });
const isStopped = ({ code }: Called): boolean => code === 'ERR_KILLED';
const isRevoked = ({ code }: Called): boolean => code === 'ERR_TOKEN_REVOKED' || code === 'ERR_TOKEN_INVALID';
const passes = ({ result }: Called): boolean => result !== undefined;

/** Milliseconds from what an administrator asked until each gateway has answered `is`; the test's own limit ends what never happens. */
async function untilAll(token: string, is: (called: Called) => boolean, startedAt: number = performance.now()): Promise<readonly number[]> {
  return Promise.all(urls.map(async (url) => {
    while (!is(await search(url, token)));
    return performance.now() - startedAt;
  }));
}

function tell(what: string, times: readonly number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): string => `${Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)} ms`;
  console.log(`propagation over three processes: ${what}: p50 ${at(0.5)}, p99 ${at(0.99)} (${times.length} measured)`);
}

async function contextOf(agent: string): Promise<string> {
  const { contexts } = await gate.admin('GET', '/contexts');
  const found = (isArray(contexts) ? contexts : []).filter(isObject).find((context) => context['agent'] === agent);
  return stringAt(found ?? {}, 'key') ?? '';
}

const SWITCHES: readonly (readonly [target: string, name: () => string | undefined | Promise<string>])[] = [
  ['all', () => undefined],
  ['server', () => 'crm'],
  ['agent', () => 'tester'],
  ['principal', () => 'sallyport|tester'],
  ['tool', () => 'crm/search_contacts'],
  ['context', () => contextOf('tester')],
];

test.each(SWITCHES)('the switch for %s holds at every gateway, and is lifted at every gateway', async (target, nameOf) => {
  const token = await gate.token();
  await untilAll(token, passes);
  const name = await nameOf();
  const turn = (on: boolean): Promise<JsonObject> => gate.admin('PUT', '/kill', { target, ...(name === undefined ? {} : { name }), on, reason: 'a test' });
  const [held, lifted]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const thrownAt = performance.now();
    await turn(true);
    held.push(...(await untilAll(token, isStopped, thrownAt)));
    const liftedAt = performance.now();
    await turn(false);
    lifted.push(...(await untilAll(token, passes, liftedAt)));
  }
  tell(`kill ${target}`, held);
  tell(`kill ${target} --off`, lifted);
}, 120_000);

test('a switch stops nobody else', async () => {
  const token = await gate.token({ agent: 'bystander' });
  await untilAll(token, passes);
  const others: readonly (readonly [string, string])[] = [
    ['agent', 'tester'], ['principal', 'sallyport|tester'], ['tool', 'crm/delete_contact'], ['context', 'f'.repeat(32)], ['server', 'other'],
  ];
  for (const [target, name] of others) await gate.admin('PUT', '/kill', { target, name, on: true, reason: 'a test' });
  const stopped = await gate.token();
  await untilAll(stopped, isStopped);
  for (const url of urls) expect((await search(url, token)).result).toBeDefined();
  for (const [target, name] of others) await gate.admin('PUT', '/kill', { target, name, on: false, reason: 'a test' });
}, 30_000);

test(verifies('switches-reach-all', 'a revoked token is refused by every gateway'), async () => {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const made = await gate.admin('POST', '/tokens', { agent: 'brief', groups: ['testers'], audience: ['*'], ttlMs: 60_000 });
    const token = stringAt(made, 'token') ?? '';
    await untilAll(token, passes);
    const revokedAt = performance.now();
    await gate.admin('DELETE', `/tokens/${stringAt(made, 'id') ?? ''}`);
    times.push(...(await untilAll(token, isRevoked, revokedAt)));
  }
  tell('a revocation', times);
}, 120_000);

test(verifies('switches-reach-all', 'open streams end at every gateway when their agent is stopped'), async () => {
  const token = await gate.token({ agent: 'listener' });
  await untilAll(token, passes);
  const { _meta = {} } = toolParams('', {});
  const listen = modernRequest(token, 'subscriptions/listen', { notifications: { toolsListChanged: true }, _meta });
  const streams = await Promise.all(urls.map((url) => fetch(url, listen)));
  for (const stream of streams) expect(stream.headers.get('content-type')).toContain('text/event-stream');
  const startedAt = performance.now();
  await gate.admin('PUT', '/kill', { target: 'agent', name: 'listener', on: true, reason: 'a test' });
  const times = await Promise.all(streams.map(async (stream) => {
    await stream.text();
    return performance.now() - startedAt;
  }));
  tell('open streams', times);
  await gate.admin('PUT', '/kill', { target: 'agent', name: 'listener', on: false, reason: 'a test' });
}, 30_000);

test('calls that run, and calls that wait for their client, end at every gateway when their person is stopped', async () => {
  const token = await gate.token({ agent: 'asker' });
  await untilAll(token, passes);
  const eras = processes.map(({ url }) => `${url}/mcp/era`);
  const before = { ...deeds };
  const running = eras.map((url) => callTool(url, token, 'hang', {}));
  while (deeds.hanging < before.hanging + eras.length) await Bun.sleep(5);
  const held = await Promise.all(eras.map((url) => elicit(url, token)));
  const startedAt = performance.now();
  await gate.admin('PUT', '/kill', { target: 'principal', name: 'sallyport|asker', on: true, reason: 'a test' });
  for (const called of await Promise.all(running)) expect(called.code).toBe('ERR_KILLED');
  while (deeds.cancelled < before.cancelled + eras.length) await Bun.sleep(5);
  tell('calls that run', [performance.now() - startedAt]);
  for (const [index, url] of eras.entries()) expect((await elicit(url, token, held[index]?.result)).code).toBe('ERR_KILLED');
  await gate.admin('PUT', '/kill', { target: 'principal', name: 'sallyport|asker', on: false, reason: 'a test' });
  await untilAll(token, passes);
  for (const [index, url] of eras.entries()) expect(await elicit(url, token, held[index]?.result)).toMatchObject({ code: 'ERR_STATE_INVALID' });
}, 60_000);

/** A call in which the server asks the client something; with what came back, its continuation. */
async function elicit(url: string, token: string, asked: JsonObject = {}): Promise<Called> {
  const { requestState, inputRequests } = asked;
  const [key = ''] = Object.keys(isObject(inputRequests) ? inputRequests : {});
  const params = toolParams('elicit', {});
  const answer = requestState === undefined ? {} : { requestState, inputResponses: { [key]: { action: 'accept', content: { name: 'ann' } } } };
  const _meta = { ...objectIn(params['_meta']), 'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } } };
  const response = await fetch(url, modernRequest(token, 'tools/call', { ...params, ...answer, _meta }));
  const called = readCalled(response.status, await response.text());
  if (requestState === undefined) expect(called.result?.['resultType']).toBe('input_required');
  return called;
}

test('a gateway that hears nothing any more denies when its lease ends, and decides again when it hears', async () => {
  const token = await gate.token();
  await untilAll(token, passes);
  const done = crm.effects.length;
  await gate.down('control');
  await untilAll(token, ({ status, code }) => status === 503 && code === 'ERR_LEASE_EXPIRED');
  const during = crm.effects.length;
  expect(during).toBeGreaterThan(done);
  for (const url of urls) expect((await search(url, token)).code).toBe('ERR_LEASE_EXPIRED');
  expect(crm.effects.length).toBe(during);
  await gate.up('control');
  await untilAll(token, passes);
}, 60_000);
