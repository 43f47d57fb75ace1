import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from '../../src/cli/json-view.ts';
import { accessRequestsOf } from '../../src/audit/access-request.ts';
import { createPseudonyms } from '../../src/audit/pseudonym.ts';
import { isArray, isObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import type { JournalRecord } from '../../src/domain/record.ts';
import { loadEngine } from '../../src/policy/engine.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { flawsIn } from '../fixtures/ledger-files.ts';
import { startRecordingServer, type RecordingServer } from '../fixtures/recording-server.ts';
import { askModern } from './asking.ts';
import { verifies } from './requirements.ts';

const SAID = 'the merger is on friday';
const ANSWERED = 'you are not supposed to know';
const POLICY = `
  permit(principal in Group::"testers", action, resource in Server::"notes");
  @id("words") forbid(principal, action == Action::"call_tool", resource == Tool::"notes/ask")
    when { context.arguments has text && context.arguments.text like "*forbidden*" };
  permit(principal in Group::"testers", action, resource in Server::"brief");
`;
const SEND = {
  name: 'send', description: 'Sends.', inputSchema: { type: 'object', properties: { text: { type: 'string' }, cc: { type: 'string' } } },
};

let server: RecordingServer;
let gate: Gate;
let token: string;

beforeAll(async () => {
  server = startRecordingServer({
    says: { tools: [SEND, { ...SEND, name: 'ask' }] },
    answer: ({ method, id }) => (method === 'tools/call'
      ? Response.json({ jsonrpc: '2.0', id, result: { resultType: 'complete', content: [{ type: 'text', text: ANSWERED }] } })
      : undefined),
  });
  const at = `url: "${server.url}", allowPrivate: true, owner: tests`;
  gate = await startGate({
    policy: POLICY,
    manifest: `audit: { retention: { short: { bodies: 0d }, whole: { results: true } } }
servers:\n  notes: { ${at}, retention: whole }\n  brief: { ${at}, retention: short }\n`,
  });
  await gate.enrol('notes', 'brief');
  token = await gate.token();
}, 60_000);

afterAll(async () => {
  await gate.stop();
  await server.stop();
});

const call = (words: string, on = 'notes'): Promise<unknown> =>
  askModern(`${gate.url}/mcp/${on}`, token, 'tools/call', { name: 'send', arguments: { text: words, hidden: SAID } });

async function last(event: string): Promise<JsonObject> {
  return (await gate.records({ event })).at(-1) ?? {};
}

async function openBodies(exchange: Json | undefined): Promise<readonly JsonObject[]> {
  const { bodies } = await gate.admin('POST', '/audit/body', { exchange: exchange ?? '', reason: 'a test' });
  return isArray(bodies) ? bodies.filter(isObject) : [];
}

function filesWith(words: string): readonly string[] {
  return readdirSync(gate.home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).filter((file) => readFileSync(file, 'latin1').includes(words));
}

async function flaws(): Promise<readonly string[]> {
  return (await flawsIn(join(gate.home, 'ledger'))).map(({ what }) => what);
}

function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(() => 'done', (error: unknown) => /ERR_\w+/.exec(String(error))?.[0] ?? String(error));
}

describe('what a call leaves behind', () => {
  test('a record that says all but the words, and the words sealed beside it', async () => {
    await call(SAID);
    const permitted = await last('call.permitted');
    expect(permitted).toMatchObject({
      category: 'access', principalKind: 'workload', agent: 'tester', server: 'notes', tool: 'send', effect: expect.any(String),
      definition: expect.stringMatching(/^[0-9a-f]{64}$/), shape: { text: `string(${SAID.length})`, cc: 'absent', '?': 'other(1)' },
      digest: expect.any(String), sizeBytes: expect.any(Number), policies: [expect.any(String)], snapshot: expect.any(Number), retention: 'whole',
      stages: { identify: expect.any(Number), resolve: expect.any(Number), decide: expect.any(Number) }, node: 'gateway', address: expect.any(String),
      context: expect.stringMatching(/^[0-9a-f]{32}$/), request: { principal: { groups: ['testers'] } },
    });
    expect(await last('result.delivered')).toMatchObject({ category: 'execution', sizeBytes: expect.any(Number), digest: expect.any(String) });
    expect([filesWith(SAID), filesWith(ANSWERED), filesWith('"hidden":')]).toEqual([[], [], []]);
    expect(await openBodies(permitted['exchange'])).toMatchObject([
      {
        event: 'call.permitted', payload: { arguments: { text: SAID, hidden: SAID } },
        asked: [{ action: 'call_tool', principal: { groups: ['testers'] }, context: { arguments: { text: SAID } } }],
      },
      { event: 'result.delivered', payload: { result: { content: [{ text: ANSWERED }] } } },
    ]);
    expect(await last('body.opened')).toMatchObject({ reason: 'a test', detail: { exchange: permitted['exchange'] } });
  });

  test('a class that keeps no payloads says so on the record', async () => {
    await call(SAID, 'brief');
    const { detail, exchange, shape } = await last('call.permitted');
    expect([detail, shape]).toMatchObject([{ body: 'not-kept' }, { cc: 'absent' }]);
    expect(await codeOf(openBodies(exchange))).toBe('ERR_NOT_FOUND');
    await call('x'.repeat(300_000));
    expect(await last('call.permitted')).toMatchObject({ detail: { body: 'too-large' } });
  });
});

test(verifies('evidence-replayed', 'each is decided again, from what was kept, as it was'), async () => {
  for (const words of ['fine', 'this is forbidden']) await askModern(`${gate.url}/mcp/notes`, token, 'tools/call', { name: 'ask', arguments: { text: words } });
  const snapshot: Json = JSON.parse(gate.control().snapshots.current?.signed.bytes ?? '{}');
  const engine = loadEngine(isObject(snapshot) ? (snapshot['policy'] ?? null) : null, 1);
  const calls = await gate.records({ server: 'notes', method: 'tools/call' });
  const decided = calls.filter(({ event }) => /^call\.(permitted|denied)$/.test(text(event)));
  const seen = new Set<string>();
  for (const record of decided) {
    if (isObject(record['detail']) && record['detail']['body'] !== undefined) continue;
    const [body] = await openBodies(record['exchange']);
    const written: JournalRecord = JSON.parse(JSON.stringify(record));
    const [request] = accessRequestsOf(written, isObject(body?.['payload']) ? body['payload'] : {});
    if (request === undefined) throw new Error('nothing was asked');
    const { outcome, policies } = engine.decide(request);
    const then = { outcome: record['event'] === 'call.permitted' ? 'allow' : 'deny', policies: record['policies'] ?? [] };
    expect({ outcome, policies }).toMatchObject(then);
    seen.add(outcome);
  }
  expect([...seen].toSorted()).toEqual(['allow', 'deny']);
});

describe('erasing', () => {
  test(verifies('evidence-erased', 'an exchange is gone from the disk, with its payload; every proof stands'), async () => {
    await call(SAID);
    const { exchange, id } = await last('call.permitted');
    expect(filesWith(text(id)).length).toBeGreaterThan(0);
    const { erased } = await gate.admin('POST', '/audit/erase', { exchange: exchange ?? '', reason: 'they asked' });
    expect(erased).toBe(2);
    expect(filesWith(text(id))).toEqual([]);
    expect(filesWith(text(exchange)).map((file) => file.slice(gate.home.length))).toEqual([expect.stringMatching(/^\/ledger\/segments\//)]);
    expect(await codeOf(openBodies(exchange))).toBe('ERR_NOT_FOUND');
    expect(await flaws()).toEqual([]);
    const said = await gate.records({ event: 'evidence.erased' });
    // Who ordered it and why, and the ledger's own word on what went.
    expect(said.slice(-2)).toMatchObject([{ category: 'config', reason: 'they asked', detail: { exchange } }, { node: 'ledger', detail: { records: 2 } }]);
    expect(await codeOf(gate.admin('POST', '/audit/erase', { exchange: exchange ?? '', reason: 'again' }))).toBe('ERR_NOT_FOUND');
  });

  test(verifies('evidence-erased', 'what is under a legal hold stays, until that is lifted'), async () => {
    await call('held');
    const { exchange, principal } = await last('call.permitted');
    const { id } = await gate.admin('POST', '/audit/holds', { person: principal ?? '', reason: 'a lawsuit' });
    expect(await codeOf(gate.admin('POST', '/audit/erase', { exchange: exchange ?? '', reason: 'they asked' }))).toBe('ERR_LEGAL_HOLD');
    expect(await codeOf(gate.admin('POST', '/audit/erase', { person: principal ?? '', reason: 'they asked' }))).toBe('ERR_LEGAL_HOLD');
    expect(await gate.admin('GET', '/audit/holds')).toMatchObject({ holds: [{ id, reason: 'a lawsuit' }] });
    await gate.admin('POST', `/audit/holds/${text(id)}/lift`, { reason: 'settled' });
    expect((await gate.admin('POST', '/audit/erase', { person: principal ?? '', reason: 'they asked' }))['erased']).toBeGreaterThan(2);
    expect((await gate.records({ principal: text(principal) })).filter(({ category }) => category !== 'config' && category !== 'response')).toEqual([]);
    expect(await flaws()).toEqual([]);
    expect(await gate.records({ event: 'hold.lifted' })).toHaveLength(1);
    expect(JSON.stringify((await gate.records({ event: 'evidence.erased' })).slice(-2))).not.toContain(text(principal));
  });
});

function key(): Uint8Array {
  return Buffer.from(readFileSync(join(gate.home, 'control', 'pseudonym.key'), 'utf8').trim(), 'base64url');
}

describe('people', () => {
  const ANN = 'sallyport|ann';

  beforeAll(async () => {
    const { token: hers } = await gate.admin('POST', '/tokens', {
      agent: 'tester', groups: ['testers'], audience: ['*'], ttlMs: 3_600_000, kind: 'person', subject: 'ann',
    });
    await askModern(`${gate.url}/mcp/notes`, text(hers), 'tools/call', { name: 'send', arguments: { text: 'hers' } });
  });

  test(verifies('evidence-names', 'stand under pseudonyms, by which they are found; workloads don\'t'), async () => {
    const pseudonym = createPseudonyms(key()).of(ANN);
    const shown = await gate.admin('GET', `/audit/records?principal=${pseudonym}`);
    expect(JSON.stringify(shown)).not.toContain('|ann');
    expect(shown).toMatchObject({ records: expect.arrayContaining([expect.objectContaining({ principal: pseudonym, event: 'call.permitted' })]) });
    expect(await codeOf(gate.admin('GET', `/audit/records?principal=${encodeURIComponent(ANN)}&event=call.permitted`))).toBe('ERR_ADMIN_FORBIDDEN');
    const ours = await gate.admin('GET', '/audit/records?event=config.changed&limit=5');
    expect(JSON.stringify(ours)).toContain('"sallyport|');
    expect(await codeOf(gate.admin('GET', '/audit/records?principal=p_00000000000000000000'))).toBe('ERR_NOT_FOUND');
  });

  test(verifies('evidence-names', 'are revealed for a reason that is on record, and not without'), async () => {
    const pseudonym = createPseudonyms(key()).of(ANN);
    expect(await codeOf(gate.admin('GET', '/audit/records?reveal=true'))).toBe('ERR_ADMIN_FORBIDDEN');
    expect(await codeOf(gate.admin('POST', '/audit/reveal', { person: pseudonym }))).toBe('ERR_REQUEST_INVALID');
    expect(await gate.admin('POST', '/audit/reveal', { person: pseudonym, reason: 'incident 7' })).toMatchObject({ person: pseudonym, principal: ANN });
    expect(await last('people.revealed')).toMatchObject({ reason: 'incident 7', detail: { person: pseudonym } });
    expect(JSON.stringify(await gate.admin('GET', '/audit/records?reveal=true&event=call.permitted'))).toContain(ANN);
    expect(JSON.stringify(await gate.admin('GET', '/audit/records?event=call.permitted'))).not.toContain(ANN);
  });
});

test('the gate\'s own files of evidence can be read by nobody else', () => {
  expect(existsSync(join(gate.home, 'control', 'pseudonym.key'))).toBe(true);
  expect(filesWith('AGE-SECRET-KEY').map((file) => file.slice(gate.home.length))).toEqual(['/control/vault.key']);
});
