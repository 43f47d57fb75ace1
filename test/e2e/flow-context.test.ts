import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { isArray, isObject, type JsonObject } from '../../src/domain/json.ts';
import { startRedis, type Service } from '../fixtures/databases.ts';
import { callTool, type Called } from '../fixtures/modern-call.ts';
import { startRecordingServer, type RecordingServer } from '../fixtures/recording-server.ts';
import { startSupervised, type SupervisedGate } from '../fixtures/supervised-gate.ts';
import { stringAt } from './asking.ts';
import { verifies } from './requirements.ts';

/** What an agent was given at one server counts at the next, whatever became of its token, its session and the gate meanwhile. */
const POLICY = `permit(principal, action, resource);
@id("no-leak") forbid(principal, action == Action::"call_tool", resource in Server::"outbox")
  unless { ["public", "internal"].contains(context.contextConfidentiality) };`;
const OPEN = 'labels: { confidentiality: public, integrity: trusted }';

describe.each([
  { name: 'shared state in the store', redis: undefined },
  { name: 'shared state in Redis', redis: startRedis },
])('labels with $name', ({ redis: start }) => {
  let redis: Service | undefined;
  let vault: RecordingServer;
  let outbox: RecordingServer;
  let gate: SupervisedGate;

  beforeAll(async () => {
    redis = await start?.();
    [vault, outbox] = [startRecordingServer(), startRecordingServer()];
    gate = await startSupervised(`servers:
  vault: { url: "${vault.url}", allowPrivate: true, owner: tests, labels: { confidentiality: confidential, categories: [pii], integrity: trusted } }
  outbox: { url: "${outbox.url}", allowPrivate: true, owner: tests, ${OPEN} }
limits: { contextIdle: 4h }
`, POLICY, redis === undefined ? {} : { REDIS_URL: redis.url });
    await gate.enrol('vault', 'outbox');
  }, 60_000);
  afterAll(async () => {
    await gate.stop();
    gate.remove();
    await Promise.all([vault.stop(), outbox.stop(), redis?.stop()]);
  }, 30_000);

  const read = (token: string): Promise<Called> => callTool(`${gate.url}/mcp/vault`, token, 'read_note', { text: 'a' });
  const post = (token: string): Promise<Called> => callTool(`${gate.url}/mcp/outbox`, token, 'write_note', { text: 'a' });
  const contexts = async (): Promise<readonly JsonObject[]> => {
    const { contexts: all } = await gate.admin('GET', '/contexts');
    return isArray(all) ? all.filter(isObject) : [];
  };

  test(verifies('labels-survive', 'survive a refresh, a new session, a second server and a gateway that is killed; a person ends them'), async () => {
    const token = await gate.token({ agent: 'desk' });
    expect((await post(token)).result).toBeDefined();
    expect((await read(token)).result).toBeDefined();
    expect((await post(token)).code).toBe('ERR_POLICY_DENIED');

    const refreshed = await gate.token({ agent: 'desk' });
    expect((await post(refreshed)).code).toBe('ERR_POLICY_DENIED');
    expect(await inNewSession(`${gate.url}/mcp/outbox`, refreshed)).toBe('ERR_POLICY_DENIED');

    const starts = gate.events.filter(({ role, event }) => role === 'gateway' && event === 'started').length;
    expect(gate.kill('gateway')).toBeTrue();
    while (gate.events.filter(({ role, event }) => role === 'gateway' && event === 'started').length === starts) await Bun.sleep(20);
    let after = await post(refreshed).catch(() => undefined);
    while (after === undefined || after.status === 503) after = await Bun.sleep(20).then(() => post(refreshed).catch(() => undefined));
    expect(after.code).toBe('ERR_POLICY_DENIED');

    const other = await gate.token({ agent: 'other' });
    expect((await post(other)).result).toBeDefined();

    const [desk] = (await contexts()).filter(({ agent }) => agent === 'desk');
    expect(desk).toMatchObject({ state: 'open', labels: { confidentiality: 'confidential', categories: ['pii'] } });
    await gate.admin('POST', `/contexts/${stringAt(desk ?? {}, 'key') ?? ''}/reset`, { reason: 'a test' });
    expect((await post(refreshed)).result).toBeDefined();
    expect(await gate.records({ event: 'config.changed' })).toContainEqual(expect.objectContaining({ action: 'context.reset' }));
  }, 60_000);

  test('a frozen context is stopped, and goes on when that is lifted', async () => {
    const token = await gate.token({ agent: 'frozen' });
    expect((await read(token)).result).toBeDefined();
    const key = stringAt((await contexts()).find(({ agent }) => agent === 'frozen') ?? {}, 'key') ?? '';
    await gate.admin('PUT', '/kill', { target: 'context', name: key, on: true, reason: 'a test' });
    while ((await read(token)).code !== 'ERR_KILLED') await Bun.sleep(10);
    expect(await contexts()).toContainEqual(expect.objectContaining({ key, state: 'frozen' }));
    await gate.admin('PUT', '/kill', { target: 'context', name: key, on: false, reason: 'a test' });
    while ((await read(token)).result === undefined) await Bun.sleep(10);
  }, 30_000);
});

/** A legacy client that begins anew: the code with which its first call is refused. */
async function inNewSession(url: string, token: string): Promise<unknown> {
  const ask = async (body: object, session?: string): Promise<Response> => fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-11-25',
      ...(session === undefined ? {} : { 'mcp-session-id': session }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', ...body }),
  });
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'flow', version: '1' } };
  const opened = await ask({ id: 1, method: 'initialize', params });
  await opened.text();
  const session = opened.headers.get('mcp-session-id') ?? '';
  const called = await ask({ id: 2, method: 'tools/call', params: { name: 'write_note', arguments: { text: 'a' } } }, session);
  return /ERR_[A-Z_]+/.exec(await called.text())?.[0];
}
