import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { isArray, isObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { startRedis, type Service } from '../fixtures/databases.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { callTool, modernRequest, objectIn, toolParams, type Called } from '../fixtures/modern-call.ts';
import { startRecordingServer, type RecordingServer } from '../fixtures/recording-server.ts';
import { stringAt } from './asking.ts';
import { verifies } from './requirements.ts';

/** What may be done so often, at three gateways that share their counters. */
const POLICY = `permit(principal, action, resource);
@id("ten-reads") @limit("10/h/caller/tool") forbid(principal, action == Action::"call_tool", resource == Tool::"notes/read_note");
@id("five-writes") @limit("5/h") forbid(principal, action == Action::"call_tool", resource == Tool::"notes/write_note");
@id("one-budget") @budget("8/day") forbid(principal, action == Action::"call_tool", resource) when { resource.effect == "write" };
@id("small-bites") @bulk("3") forbid(principal, action == Action::"call_tool", resource == Tool::"notes/delete_note");`;

const LIST = { type: 'object', properties: { ids: { type: 'array', items: { type: 'string' } }, text: { type: 'string' } } };

const granted = (all: readonly Called[]): number => all.filter(({ result }) => result !== undefined).length;
const ids = (count: number): JsonObject => ({ ids: Array.from({ length: count }, (_, n) => String(n)) });

describe.each([
  { name: 'control\'s store', redis: undefined },
  { name: 'Redis', redis: startRedis },
])('limits over three gateways with counters in $name', ({ redis: start }) => {
  let redis: Service | undefined;
  let notes: RecordingServer;
  let gate: Gate;
  let urls: readonly string[];

  beforeAll(async () => {
    redis = await start?.();
    notes = startRecordingServer({
      says: { tools: ['read_note', 'write_note', 'append_note', 'delete_note'].map((name) => ({ name, inputSchema: LIST })) },
    });
    gate = await startGate({
      policy: POLICY, ...(redis === undefined ? {} : { redisUrl: redis.url }),
      manifest: `servers:
  notes:
    url: "${notes.url}"
    allowPrivate: true
    owner: tests
    tools: { read_note: { effect: read }, write_note: { effect: write }, append_note: { effect: write }, delete_note: { effect: destroy } }
limits: { cascade: { actions: 6/h, denials: 50 } }
`,
    });
    await gate.enrol('notes');
    const replicas = [await gate.replica('east'), await gate.replica('west')];
    urls = [gate.url, ...replicas.map(({ url }) => url)].map((url) => `${url}/mcp/notes`);
  }, 60_000);
  afterAll(async () => {
    await gate.stop();
    await Promise.all([notes.stop(), redis?.stop()]);
  }, 30_000);

  const urlOf = (n: number): string => urls[n % urls.length] ?? '';
  const crowd = (token: string, tool: string, size: number): Promise<readonly Called[]> =>
    Promise.all(Array.from({ length: size }, (_, n) => callTool(urlOf(n), token, tool, { text: String(n) })));
  const reached = (tool: string): number => notes.effects().filter(({ params }) => params['name'] === tool).length;

  test(verifies('limits-hold', 'of a crowd at all gateways as many pass as may, for each caller for itself'), async () => {
    const [one, other] = [await gate.token({ agent: 'one' }), await gate.token({ agent: 'two' })];
    const before = reached('read_note');
    const all = await crowd(one, 'read_note', 40);
    expect(granted(all)).toBe(10);
    expect(reached('read_note') - before).toBe(10);
    for (const { code, result } of all) if (result === undefined) expect(code).toBe('ERR_RATE_LIMITED');
    expect(granted(await crowd(other, 'read_note', 20))).toBe(10);
  }, 30_000);

  test(verifies('limits-hold', 'two limits are taken both or neither: what one refuses costs the other nothing'), async () => {
    const token = await gate.token({ agent: 'writer' });
    expect(granted(await crowd(token, 'write_note', 20))).toBe(5);
    // The budget is of eight writes: five are spent, whatever was refused.
    expect(granted(await crowd(token, 'append_note', 20))).toBe(3);
  }, 30_000);

  test('a refusal says when to try again and stands in the record with its gate; explain names it', async () => {
    const token = await gate.token({ agent: 'told' });
    await crowd(token, 'write_note', 6);
    const response = await fetch(urlOf(0), modernRequest(token, 'tools/call', toolParams('write_note', { text: 'a' })));
    expect(response.status).toBe(200);
    const body: Json = JSON.parse(await response.text());
    const data = objectIn(objectIn(objectIn(body)['error'])['data']);
    const exchange = stringAt(data, 'exchange') ?? '';
    expect(data['code']).toBe('ERR_RATE_LIMITED');
    expect(Number(data['retryAfterMs'])).toBeGreaterThan(60_000);
    const [record] = await gate.records({ exchange });
    expect(record).toMatchObject({ event: 'call.denied', code: 'ERR_RATE_LIMITED' });
    const explained = await gate.admin('GET', `/policies/explain?exchange=${exchange}`);
    expect(JSON.stringify(explained)).toContain('limit (5/h)');
  }, 30_000);

  test('more at once than policy allows is refused whole', async () => {
    const token = await gate.token({ agent: 'eater' });
    expect((await callTool(urlOf(0), token, 'delete_note', ids(3))).result).toBeDefined();
    expect((await callTool(urlOf(1), token, 'delete_note', ids(4))).code).toBe('ERR_LIMIT_BULK');
  });

  test(verifies('cascades-stop', 'too many destroying calls freeze the context at every gateway, until an administrator lifts that'), async () => {
    const token = await gate.token({ agent: 'amok' });
    const before = reached('delete_note');
    for (let n = 0; n < 8; n++) await callTool(urlOf(n), token, 'delete_note', { ids: ['a'] });
    expect(reached('delete_note') - before).toBe(6);
    for (const url of urls) while ((await callTool(url, token, 'read_note', {})).code !== 'ERR_KILLED') await Bun.sleep(10);
    const { contexts } = await gate.admin('GET', '/contexts');
    const frozen = (isArray(contexts) ? contexts : []).filter(isObject).find(({ agent }) => agent === 'amok');
    expect(frozen?.['state']).toBe('frozen');
    expect(await gate.records({ event: 'config.changed' })).toContainEqual(expect.objectContaining({ action: 'kill.on', principal: 'sallyport|gateway' }));
    await gate.admin('PUT', '/kill', { target: 'context', name: stringAt(frozen ?? {}, 'key') ?? '', on: false, reason: 'looked at' });
    for (const url of urls) while ((await callTool(url, token, 'read_note', {})).result === undefined) await Bun.sleep(10);
  }, 30_000);
});

test('a value that an obligation does not take is refused with the place and an example', async () => {
  const gate = await startGate({ policy: 'permit(principal, action, resource);', manifest: 'servers: {}\n' });
  try {
    for (const gateText of ['limit("often")', 'limit("0/min")', 'limit("5/week")', 'budget("5/min/caller")', 'bulk("-1")', 'throttle("5/min")']) {
      const text = `@${gateText} forbid(principal, action, resource);`;
      const checked = await gate.admin('POST', '/policies/check', { policies: [{ file: 'a.cedar', text }] });
      expect(JSON.stringify(checked)).toMatch(gateText.startsWith('throttle') ? /ERR_OBLIGATION_UNKNOWN/ : /write for example @/);
    }
    const misplaced = gate.admin('PUT', '/policies', { file: 'a.cedar', source: '@limit("1/min") permit(principal, action, resource);' });
    expect(await misplaced.catch((fault: Error) => fault.message)).toContain('stands on a');
  } finally {
    await gate.stop();
  }
}, 30_000);
