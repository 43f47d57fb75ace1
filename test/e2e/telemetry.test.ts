import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, type JsonObject } from '../../src/domain/json.ts';
import { SPAN_KIND, startCollector, type Collector, type Told } from '../fixtures/collector.ts';
import { CLIENTS, connectAs } from '../fixtures/era-clients.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { modernRequest, objectIn, readCalled, toolParams, type Called } from '../fixtures/modern-call.ts';
import { startRecordingServer, toolNamed, type Heard, type RecordingServer } from '../fixtures/recording-server.ts';
import { openLegacy } from './asking.ts';
import { verifies } from './requirements.ts';

let collector: Collector;
let notes: RecordingServer;
let gate: Gate;
let token: string;
const secret = `canary-${Bun.randomUUIDv7()}`;

beforeAll(async () => {
  collector = startCollector();
  notes = startRecordingServer({
    says: { tools: [toolNamed('read_note'), toolNamed('forbidden_note'), toolNamed('broken_note')], templates: [{ name: 'note', uriTemplate: 'note://{id}' }] },
    answer: ({ method, params, id }) => {
      const isError = params['name'] === 'broken_note';
      const result = { resultType: 'complete', ...(isError ? { isError } : {}), content: [{ type: 'text', text: secret }] };
      return method === 'tools/call' ? Response.json({ jsonrpc: '2.0', id, result }) : undefined;
    },
  });
  gate = await startGate({
    policy: `permit(principal in Group::"testers", action, resource);
@reason("Not here.")
forbid(principal, action == Action::"call_tool", resource == Tool::"notes/forbidden_note")
when { context.arguments has text && context.arguments.text == "no" };`,
    manifest: `servers:
  notes: { url: "${notes.url}", allowPrivate: true, owner: tests }
telemetry:
  metrics: 127.0.0.1:0
  traces: { endpoint: "${collector.endpoint}" }
  baggage: [tenant]
`,
  });
  await gate.enrol('notes');
  token = await gate.token();
}, 60_000);

afterAll(async () => {
  await gate.stop();
  await notes.stop();
  collector.stop();
}, 30_000);

const hex = (bytes: number): string => Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex');
const heardIn = (traceId: string): readonly Heard[] => notes.heard.filter(({ body }) => body.includes(traceId));
const metaOf = ({ params }: Heard): JsonObject => (isObject(params['_meta']) ? params['_meta'] : {});

interface Around {
  readonly headers?: Readonly<Record<string, string>>;
  readonly meta?: JsonObject;
}

async function tell(name: string, args: JsonObject, { headers = {}, meta = {} }: Around): Promise<Called> {
  const params = toolParams(name, args);
  const request = modernRequest(token, 'tools/call', { ...params, _meta: { ...objectIn(params['_meta']), ...meta } });
  const response = await fetch(`${gate.url}/mcp/notes`, { ...request, headers: { ...Object.fromEntries(new Headers(request.headers)), ...headers } });
  return readCalled(response.status, await response.text());
}

async function spansOf(traceId: string, count: number): Promise<{ readonly server: Told | undefined; readonly client: Told | undefined }> {
  const spans = await collector.until(count, (span) => span.traceId === traceId);
  return { server: spans.find(({ kind }) => kind === SPAN_KIND.server), client: spans.find(({ kind }) => kind === SPAN_KIND.client) };
}

test.each(CLIENTS)(verifies('telemetry-traces', 'the official client %s, the gate and the server stand in one trace'), async (name) => {
  const [traceId, spanId] = [hex(16), hex(8)];
  const client = await connectAs(name, `${gate.url}/mcp/notes`, token);
  await client.call('read_note', {
    arguments: { text: secret }, meta: { traceparent: `00-${traceId}-${spanId}-01`, tracestate: 'vendor=1', baggage: `tenant=blue,note=${secret}` },
  });
  await client.close();
  const { server, client: sent } = await spansOf(traceId, 2);
  expect(server).toMatchObject({ name: 'tools/call read_note', parentSpanId: spanId, isError: false });
  expect(server?.attributes).toMatchObject({
    'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'read_note', 'gen_ai.operation.name': 'execute_tool',
    'network.transport': 'tcp', 'client.address': '127.0.0.1',
    'mcp.protocol.version': name === 'v2 modern' ? '2026-07-28' : '2025-11-25',
  });
  expect(server?.attributes['mcp.session.id'] === undefined).toBe(name === 'v2 modern');
  expect(sent).toMatchObject({ name: 'tools/call read_note', parentSpanId: server?.spanId ?? '' });
  expect(sent?.attributes).toMatchObject({ 'server.address': '127.0.0.1', 'server.port': new URL(notes.url).port });
  expect(sent !== undefined && server !== undefined && sent.startedAt >= server.startedAt && sent.endedAt <= server.endedAt).toBe(true);
  const [heard] = heardIn(traceId);
  const traceparent = `00-${traceId}-${sent?.spanId}-01`;
  expect(heard === undefined ? undefined : metaOf(heard)).toMatchObject({ traceparent, tracestate: 'vendor=1', baggage: 'tenant=blue' });
  expect(heard?.headers).toMatchObject({ traceparent, tracestate: 'vendor=1' });
  const records = await gate.records({ event: 'result.delivered' });
  expect(records.map(({ trace }) => trace)).toContainEqual({ traceId, spanId: server?.spanId ?? '', parentId: spanId });
});

test(verifies('telemetry-traces', 'the HTTP layer\'s context is linked where the message has its own, and is the parent where it has none'), async () => {
  const [ambient, own] = [{ trace: hex(16), span: hex(8) }, { trace: hex(16), span: hex(8) }];
  const headers = { traceparent: `00-${ambient.trace}-${ambient.span}-01` };
  await tell('read_note', {}, { headers, meta: { traceparent: `00-${own.trace}-${own.span}-01` } });
  expect((await spansOf(own.trace, 2)).server).toMatchObject({ parentSpanId: own.span, links: [{ traceId: ambient.trace, spanId: ambient.span }] });
  await tell('read_note', {}, { headers });
  expect((await spansOf(ambient.trace, 2)).server).toMatchObject({ parentSpanId: ambient.span, links: [] });
});

test(verifies('telemetry-traces', 'denials, failed tools and refusals say what they are'), async () => {
  const [denied, broken] = [hex(16), hex(16)];
  await tell('forbidden_note', { text: 'no' }, { meta: { traceparent: `00-${denied}-${hex(8)}-01` } });
  const { server } = await spansOf(denied, 1);
  expect(server).toMatchObject({ isError: true, attributes: { 'sallyport.code': 'ERR_POLICY_DENIED' } });
  expect(server?.attributes['error.type']).toBe(server?.attributes['rpc.response.status_code'] ?? '');
  await tell('broken_note', {}, { meta: { traceparent: `00-${broken}-${hex(8)}-01` } });
  const both = await spansOf(broken, 2);
  expect([both.server?.attributes['error.type'], both.client?.attributes['error.type']]).toEqual(['tool_error', 'tool_error']);
});

test(verifies('telemetry-traces', 'what is no trace context is not sent on, and begins a trace of our own'), async () => {
  const bad = `00-${'0'.repeat(32)}-${hex(8)}-01`;
  notes.heard.length = 0;
  await tell('read_note', {}, { meta: { traceparent: bad, tracestate: secret, baggage: secret } });
  const sent = notes.effects().map(metaOf).at(-1) ?? {};
  expect(sent['traceparent']).toMatch(/^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  expect([sent['tracestate'], sent['baggage']]).toEqual([undefined, undefined]);
});

const SHOWN = [
  /^mcp_server_operation_duration_seconds_count\{mcp_method_name="tools\/call",server="notes",gen_ai_tool_name="read_note",error_type="",.*\} [1-9]/m,
  /^mcp_client_operation_duration_seconds_count\{.*error_type="tool_error".*\} [1-9]/m,
  /^mcp_server_session_duration_seconds_count\{mcp_protocol_version="2025-11-25"\} [1-9]/m,
  /^sallyport_denials_total\{server="notes",code="ERR_POLICY_DENIED"\} [1-9]/m,
  /^sallyport_lease_age_seconds \d/m,
  /^sallyport_ledger_records_total [1-9]/m,
] as const;

test(verifies('telemetry-metrics', 'every role is read by Prometheus at its own place'), async () => {
  const session = await openLegacy(`${gate.url}/mcp/notes`, token);
  await session.transport('DELETE');
  const texts = await Promise.all((['gateway', 'control', 'ledger', 'runner', 'egress'] as const).map(async (role) => {
    const place = readFileSync(join(gate.home, 'run', role, 'metrics.url'), 'utf8').trim();
    const response = await fetch(place);
    expect(response.headers.get('content-type')).toContain('version=0.0.4');
    const text = await response.text();
    expect(text).toContain(`sallyport_role_info{role="${role}",node="${role}"} 1`);
    return text;
  }));
  const all = texts.join('');
  expect(SHOWN.filter((pattern) => !pattern.test(all))).toEqual([]);
});

test(verifies('telemetry-nothing-secret', 'no argument, result, token, baggage or principal is in any span or metric'), async () => {
  const metrics = await Promise.all(['gateway', 'control', 'ledger', 'runner', 'egress'].map(async (role) =>
    (await fetch(readFileSync(join(gate.home, 'run', role, 'metrics.url'), 'utf8').trim())).text()));
  const told = [...collector.bodies, ...metrics].join('\n');
  expect(collector.bodies.length).toBeGreaterThan(0);
  for (const never of [secret, token, 'sallyport|tester', 'tenant']) expect(told).not.toContain(never);
});

test(verifies('telemetry-metrics', 'they come and go with the manifest, which is written back as it was'), async () => {
  const { text, policies = [] } = await gate.admin('GET', '/manifest');
  const manifest = typeof text === 'string' ? text : '';
  expect(manifest).toContain('telemetry:');
  const places = ['gateway', 'control', 'ledger', 'runner', 'egress'].map((role) => join(gate.home, 'run', role, 'metrics.url'));
  const at = readFileSync(places[0] ?? '', 'utf8').trim();
  const without = manifest.replace(/^telemetry:\n(?: .*\n)+/m, '');
  await gate.admin('POST', '/manifest', { file: 'sallyport.yaml', text: without, policies, dryRun: false });
  while (places.some((place) => existsSync(place))) await Bun.sleep(10);
  expect(await fetch(at).then(({ status }) => status, () => 'gone')).toBe('gone');
  notes.heard.length = 0;
  const traceparent = `00-${hex(16)}-${hex(8)}-01`;
  await tell('read_note', {}, { meta: { traceparent, baggage: 'tenant=blue' } });
  expect(notes.effects().map(metaOf).at(-1)).toMatchObject({ traceparent });
  expect(notes.effects().map(metaOf).at(-1)?.['baggage']).toBeUndefined();
});
