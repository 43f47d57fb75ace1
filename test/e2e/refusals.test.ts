import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { isArray, isObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import type { RunningGateway } from '../../src/roles/gateway.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { startRecordingServer, toolNamed, type RecordingServer } from '../fixtures/recording-server.ts';
import rows from '../vectors/refusals.json';
import {
  ask,
  askModern,
  changed,
  ENVELOPE,
  legacyHeaders,
  modernHeaders,
  objectOf,
  openLegacy,
  stringAt,
  type Answer,
  type HeaderChanges,
} from './asking.ts';
import { verifies } from './requirements.ts';

/** One row of `test/vectors/refusals.json`: what differs from a good `tools/call`, and what it comes to. */
interface Row {
  readonly name: string;
  readonly era: string;
  readonly expect: readonly (string | number)[];
  readonly http?: string;
  readonly path?: string;
  readonly auth?: string;
  readonly session?: string;
  readonly headers?: HeaderChanges;
  readonly method?: string;
  readonly params?: JsonObject;
  /** The whole message, but for `jsonrpc`. */
  readonly message?: JsonObject;
  readonly text?: string | JsonObject;
  readonly base64?: string;
  readonly chunked?: boolean;
  /** What the record says, where a client is told less. */
  readonly recorded?: string;
  readonly event?: string;
  /** Whether the record names the caller. */
  readonly caller?: boolean;
}

const ROWS: readonly Row[] = JSON.parse(JSON.stringify(rows));
const MESSAGE_LIMIT = 45;

const POLICY = `
  permit(principal in Group::"testers", action, resource in Server::"notes");
  permit(principal in Group::"testers", action, resource in Toolset::"all");
  forbid(principal, action == Action::"call_tool", resource == Tool::"notes/hidden");
  forbid(principal, action == Action::"get_prompt", resource == Prompt::"notes/secret");
  forbid(principal, action == Action::"read_resource", resource) when { resource.name == "note://secret" };
  forbid(principal, action == Action::"call_tool", resource == Tool::"notes/write_note")
    when { context.arguments has count && context.arguments.count.greaterThan(decimal("10.0")) };
`;

let server: RecordingServer;
let gate: Gate;
let tokens: Readonly<Record<string, string>>;
let sessions: Readonly<Record<string, string>>;
/** One replica for each few rows: single records of strangers are rationed for each (the flood test below). */
const replicas: RunningGateway[] = [];
let records: ReadonlyMap<string, JsonObject>;
const answers = new Map<string, Answer>();
let reached: readonly string[];

beforeAll(async () => {
  server = startRecordingServer({
    says: {
      tools: [
        toolNamed('read_note'),
        toolNamed('write_note'),
        toolNamed('hidden'),
        toolNamed('regional', { inputSchema: { type: 'object', properties: { region: { type: 'string', 'x-mcp-header': 'Region' } } } }),
      ],
      prompts: [{ name: 'secret', arguments: [{ name: 'a' }] }],
      templates: [{ name: 'notes', uriTemplate: 'note://{id}' }],
    },
  });
  const entry = (id: string): string => `  ${id}: { url: "${server.url}", allowPrivate: true, owner: tests }\n`;
  gate = await startGate({
    policy: POLICY,
    manifest: `servers:\n${entry('notes')}${entry('waiting')}${entry('forbidden')}toolsets: { all: [{ server: notes, tools: "*" }] }\n`,
  });
  await gate.enrol('notes', 'forbidden');
  for (let started = 0; started * MESSAGE_LIMIT < ROWS.length; started += 1) replicas.push(await gate.replica(`table-${started}`));
  tokens = {
    valid: await gate.token(),
    other: await gate.token({ agent: 'other' }),
    elsewhere: await gate.token({ audience: ['/mcp/forbidden'] }),
    'made-up': `spa_${'x'.repeat(43)}`,
  };
  await openSessions();
  await expireOne();
  for (const [index, row] of ROWS.entries())
    answers.set(row.name, await perform(row, replicas[Math.floor(index / MESSAGE_LIMIT)]?.url ?? ''));
  reached = server.effects().map(({ method }) => method);
  records = new Map(
    (await gate.records({ limit: '1000', order: 'newest' })).map((record) => [
      `${stringAt(record, 'exchange')} ${stringAt(record, 'event')}`,
      record,
    ]),
  );
}, 60_000);

afterAll(async () => {
  await gate.stop();
  await server.stop();
});

async function openSessions(): Promise<void> {
  const open = async (token: string, path: string): Promise<string> =>
    (await openLegacy(gate.url + path, token)).headers['mcp-session-id'] ?? '';
  const ended = await openLegacy(`${gate.url}/mcp/notes`, tokens['valid'] ?? '');
  await ended.transport('DELETE');
  sessions = {
    valid: await open(tokens['valid'] ?? '', '/mcp/notes'),
    other: await open(tokens['other'] ?? '', '/mcp/notes'),
    toolset: await open(tokens['valid'] ?? '', '/mcp/t/all'),
    ended: ended.headers['mcp-session-id'] ?? '',
    'made-up': 'x'.repeat(200),
  };
}

/** A token that was good and is over: what it was used for before shows that. */
async function expireOne(): Promise<void> {
  const ttlMs = 1_000;
  const token = await gate.token({ agent: 'late', ttlMs });
  const until = Date.now() + ttlMs;
  tokens = { ...tokens, expired: token };
  while (Date.now() < until) await Bun.sleep(20);
}

async function perform(row: Row, base: string): Promise<Answer> {
  const token = row.auth === 'none' ? 'none' : (tokens[row.auth ?? 'valid'] ?? '');
  const method = row.method ?? 'tools/call';
  const params = objectOf(filled(row.params ?? { name: 'read_note', arguments: {} }));
  const envelope = row.era === 'modern' ? { _meta: withoutNulls({ ...ENVELOPE, ...objectOf(params['_meta']) }) } : {};
  const message = row.message ?? { id: 1, method, params: { ...params, ...envelope } };
  const httpMethod = row.http ?? 'POST';
  const named = objectOf(message['params']);
  const said = typeof message['method'] === 'string' && /^[!-~]+$/.test(message['method']) ? message['method'] : method;
  const common = row.era === 'modern' ? modernHeaders(token, said, named) : { ...legacyHeaders(token), ...sessionOf(row) };
  const transport = httpMethod === 'POST' ? {} : { 'content-type': null, accept: 'text/event-stream' };
  const headers = changed(common, { ...transport, ...(row.auth === 'none' ? { authorization: null } : {}), ...row.headers });
  const body = httpMethod === 'POST' ? bodyOf(row, message) : undefined;
  const url = base + (row.path ?? '/mcp/notes').replace('$token', tokens['valid'] ?? '');
  return ask(url, { method: httpMethod, headers, ...(body === undefined ? {} : { body }) });
}

function sessionOf({ session = 'valid' }: Row): Record<string, string> {
  const id = sessions[session];
  return id === undefined ? {} : { 'mcp-session-id': id };
}

function bodyOf(row: Row, message: JsonObject): string | Uint8Array<ArrayBuffer> | ReadableStream {
  if (row.base64 !== undefined) return new Uint8Array(Buffer.from(row.base64, 'base64'));
  if (row.text === undefined) return JSON.stringify({ jsonrpc: '2.0', ...objectOf(filled(message)) });
  const text = filled(row.text);
  if (typeof text !== 'string') throw new Error(`${row.name}: its text is no text`);
  return row.chunked === true ? new Blob([text]).stream() : text;
}

function withoutNulls(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}

/** Long values are written short in the table: `$repeat` a text, or so many `$keys`. */
function filled(value: Json): Json {
  if (isArray(value)) return value.map(filled);
  if (value === '$token') return tokens['valid'] ?? '';
  if (!isObject(value)) return value;
  const { $repeat, $keys } = value;
  if (isArray($repeat) && typeof $repeat[0] === 'string') return $repeat[0].repeat(Number($repeat[1]));
  if (typeof $keys === 'number') return `{${Array.from({ length: $keys }, (_, index) => `"k${index}":0`).join(',')}}`;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(inner)]));
}

describe(verifies('bad-message-table', 'each refusal has its status, JSON-RPC code, ERR_ code, exchange id'), () => {
  for (const row of ROWS) {
    test(row.name, () => {
      const answer = answers.get(row.name);
      expect([answer?.status, answer?.rpcCode, answer?.code]).toEqual([...row.expect]);
      expect(answer?.exchange).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/);
    });
  }
});

describe(verifies('bad-message-recorded', 'each refusal is recorded before it is told, with the caller where there is one'), () => {
  for (const row of ROWS) {
    test(row.name, () => {
      const exchange = answers.get(row.name)?.exchange ?? '';
      const record = records.get(`${exchange} ${row.event ?? 'call.refused'}`);
      expect(record?.['code']).toBe(row.recorded ?? row.expect[2] ?? '');
      expect(typeof record?.['principal']).toBe(row.caller === true ? 'string' : 'undefined');
    });
  }
});

test(verifies('bad-message-recorded', 'nothing of the whole table reached the upstream'), () => {
  expect(reached).toEqual([]);
  expect(ROWS.length).toBeGreaterThanOrEqual(80);
});

test(verifies('bad-message-table', 'the same call without a fault is answered'), async () => {
  const answer = await askModern(`${gate.url}/mcp/notes`, tokens['valid'] ?? '', 'tools/call', {
    name: 'write_note',
    arguments: { text: 'x', count: 1 },
  });
  expect(answer.result).toBeDefined();
  expect(server.effects().map(({ method }) => method)).toEqual(['tools/call']);
});

test(verifies('flood-aggregate', 'strangers are counted, and callers stay in the record one by one'), async () => {
  const crowd = await gate.replica('crowd');
  const url = `${crowd.url}/mcp/notes`;
  const strangers = 200;
  const seen = await Promise.all(Array.from({ length: strangers }, () => askModern(url, 'x'.repeat(40), 'tools/list')));
  expect(seen.every(({ code, exchange }) => code === 'ERR_TOKEN_INVALID' && exchange !== undefined)).toBe(true);
  const known = await askModern(url, tokens['valid'] ?? '', 'tools/call', { name: 'nothing', arguments: {} });
  await crowd.close();
  const mine = (await gate.records({ order: 'newest', limit: '1000' })).filter(({ node }) => node === 'crowd');
  const singles = mine.filter(({ event, principal }) => event === 'call.refused' && principal === undefined).length;
  const counted = mine.filter(({ event }) => event === 'flood.refused').map(({ detail }) => Number(objectOf(detail)['count']));
  expect(singles).toBeLessThan(strangers);
  expect(singles + counted.reduce((sum, count) => sum + count, 0)).toBe(strangers);
  expect(mine.find(({ exchange }) => exchange === known.exchange)).toMatchObject({ event: 'call.refused', principal: 'sallyport|tester' });
});
