import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { isArray, isObject } from '../../src/domain/json.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { isUnseen } from '../../src/domain/observation.ts';
import { lookAtLogs } from '../../src/discover/logs/look.ts';
import { connectAs } from '../fixtures/era-clients.ts';
import { startLegacyHttp, startLegacySse, startModernHttp } from '../fixtures/era-servers.ts';
import { startGate } from '../fixtures/gate.ts';
import { captureOf } from './capture.ts';
import type { Flow } from './capture.ts';
import { askOthers, startOtherServer } from './others.ts';
import { startRelay } from './relay.ts';
import type { Relay } from './relay.ts';
import { watch } from './suricata.ts';
import type { Watched } from './suricata.ts';

setDefaultTimeout(60_000);

const EXCHANGES = 1000;
/** Where a sensor would have seen each server. */
const PLACES = { 'legacy-http': '10.7.0.1', 'modern-http': '10.7.0.2', 'legacy-sse': '10.7.0.3', 'gate, legacy client': '10.7.0.4',
  'gate, modern client': '10.7.0.5', others: '10.7.0.9' } as const;
const GATE = '10.7.1.9';
const undo: (() => void | Promise<void>)[] = [];
let watched: Watched;
let relays: Readonly<Record<string, Relay>> = {};
let exchanges = 0;

/** Our own traffic: official clients of both eras through our gate to official servers of both eras, every connection recorded. */
beforeAll(async () => {
  const [legacy, modern, sse, other] = [startLegacyHttp(), startModernHttp(), await startLegacySse(), startOtherServer()];
  const before = { 'legacy-http': await startRelay(legacy.url), 'modern-http': await startRelay(modern.url), 'legacy-sse': await startRelay(sse.url),
    others: await startRelay(other.url) };
  const gate = await startGate({
    policy: 'permit(principal in Group::"testers", action, resource);',
    manifest: `servers:
  legacy-http: { url: "${before['legacy-http'].url}", allowPrivate: true, owner: tests }
  modern-http: { url: "${before['modern-http'].url}", allowPrivate: true, owner: tests }
  legacy-sse: { url: "${before['legacy-sse'].url}", transport: sse, allowPrivate: true, owner: tests }
`,
  });
  undo.push(() => legacy.stop(), () => modern.stop(), () => sse.stop(), () => other.stop(), () => gate.stop());
  await gate.enrol('legacy-http', 'modern-http', 'legacy-sse');
  const token = await gate.token();
  const clients: Record<string, Relay> = {};
  for (const [name, client] of [['gate, legacy client', 'v1'], ['gate, modern client', 'v2 modern']] as const) {
    const relay = await startRelay(`${gate.url}/mcp`);
    clients[name] = relay;
    for (const server of ['legacy-http', 'modern-http', 'legacy-sse']) {
      const { call, close } = await connectAs(client, `${relay.url}/${server}`, token);
      expect(await call('echo', { arguments: { text: 'hello' } })).toBe('hello');
      await close();
    }
  }
  await askOthers(before.others.url, EXCHANGES);
  relays = { ...before, ...clients };
  const flows = Object.entries(PLACES).flatMap(([name, server]): readonly Flow[] =>
    (relays[name]?.conversations ?? []).map((conversation) => ({ client: name in before && name !== 'others' ? GATE : '10.7.1.1', server, port: 8000,
      conversation })));
  for (const relay of Object.values(relays)) relay.stop();
  watched = watch('mcp.rules', captureOf(flows));
  exchanges = watched.events.filter((event) => event['event_type'] === 'http' && event['dest_ip'] === PLACES.others).length;
});

afterAll(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

function alertsAt(address: string): readonly JsonObject[] {
  return watched.events.filter((event) => event['event_type'] === 'alert' && (event['dest_ip'] === address || event['src_ip'] === address));
}

function erasAt(address: string): readonly string[] {
  return [...new Set(alertsAt(address).map((event) => textIn(event, 'sallyport_era')))].toSorted();
}

function textIn(event: JsonObject, name: string): string {
  const alert = event['alert'];
  const metadata = isObject(alert) ? alert['metadata'] : undefined;
  const values = isObject(metadata) ? metadata[name] : undefined;
  return isArray(values) && typeof values[0] === 'string' ? values[0] : 'none';
}

test('Suricata takes our rules without a word', () => expect(watched.complaints).toEqual([]));

test('MCP of both eras is seen, each as what it is', () => {
  expect(Object.fromEntries(Object.entries(PLACES).map(([name, address]) => [name, erasAt(address)]))).toEqual({
    // The gate asks a server that it doesn't know in both eras.
    'legacy-http': ['legacy', 'modern'], 'modern-http': ['legacy', 'modern'], 'legacy-sse': ['legacy'],
    'gate, legacy client': ['legacy'], 'gate, modern client': ['modern'], others: [],
  });
});

test('1,000 other exchanges over HTTP were read, and none of them is taken for it', () => {
  expect(exchanges).toBe(EXCHANGES);
  expect(alertsAt(PLACES.others)).toEqual([]);
});

/** Every rule has something that only it would find. */
const RULES = readFileSync(join(import.meta.dir, '..', '..', 'deploy', 'ids', 'suricata', 'mcp.rules'),
  'utf8').split('\n').filter((line) => line.startsWith('alert'));
function post(body: string, headers = '', events?: string): Flow {
  const asked = `POST /rpc HTTP/1.1\r\nHost: a.example\r\nContent-Type: application/json\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
  const [type, answer] = events === undefined ? ['application/json', '{}'] : ['text/event-stream', events];
  return exchange(asked, `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${answer.length}\r\n\r\n${answer}`);
}

function exchange(asked: string, answered: string): Flow {
  const conversation = [{ from: 'client' as const, bytes: Buffer.from(asked) }, { from: 'server' as const, bytes: Buffer.from(answered) }];
  return { client: '10.7.1.1', server: '10.7.0.20', port: 3000, conversation };
}

const ONLY: Readonly<Record<string, Flow>> = {
  1940001: post('x', 'MCP-METHOD: tools/call\r\n'),
  1940002: post('x', 'mcp-protocol-version: 2027-01-15\r\n'),
  1940003: post('{ "jsonrpc": "2.0", "id": 1, "method" : "server/discover" }'),
  1940004: post('{"jsonrpc":"2.0","id":1,"method":"x/y","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}'),
  1940011: post('{"method":"initialize","params":{"protocolVersion":"2024-11-05"},"jsonrpc":"2.0","id":0}'),
  1940012: post('x', 'mcp-session-id: 1\r\n'),
  1940013: post('x', 'MCP-Protocol-Version: 2025-06-18\r\n'),
  1940014: post('[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]'),
  1940015: exchange('POST /rpc HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1\r\n\r\nx',
    'HTTP/1.1 200 OK\r\nMcp-Session-Id: abc\r\nContent-Length: 2\r\n\r\n{}'),
  1940016: post('x', '', 'event: endpoint\ndata: /messages/?session_id=0f3b\n\n'),
};

test('every rule finds what no other would', () => {
  const numbers = RULES.map((rule) => /sid:(\d+);/.exec(rule)?.[1] ?? '');
  expect(numbers).toEqual(Object.keys(ONLY));
  const flows = Object.values(ONLY).map((flow, at) => ({ ...flow, server: `10.7.4.${at}` }));
  const alerts = watch('mcp.rules', captureOf(flows)).events.filter((event) => event['event_type'] === 'alert');
  const byServer = flows.map(({ server }) => alerts.filter((event) => event['dest_ip'] === server || event['src_ip'] === server)
    .map((event) => isObject(event['alert']) ? event['alert']['signature_id'] : undefined));
  expect(byServer).toEqual(numbers.map((number) => [Number(number)]));
});

test('what Suricata wrote is what `discover logs` reads: every server once, of its era, and no other', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'eve-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'eve.json');
  writeFileSync(file, watched.eve);
  const found: Record<string, string> = {};
  const unseen: string[] = [];
  const options = { vendorOf: () => undefined, vendors: [], gates: [], signal: new AbortController().signal, now: Date.now, machine: 'sensor' };
  for await (const item of lookAtLogs([file], options)) {
    if (isUnseen(item)) unseen.push(item.place);
    else found[item.keys[0] ?? ''] = `${item.confidence} ${String(item.facts['era'])}`;
  }
  // Nobody said which of these addresses is the gate's.
  expect(unseen).toEqual([GATE]);
  const routes = ['legacy-http', 'modern-http', 'legacy-sse'];
  expect(found).toEqual(Object.fromEntries([
    [`url:sensor!${relays['legacy-http']?.url}`, '95 legacy'], [`url:sensor!${relays['modern-http']?.url}`, '95 modern'],
      [`url:sensor!${relays['legacy-sse']?.url}`, '95 legacy'],
    ...routes.map((route) => [`url:sensor!${relays['gate, legacy client']?.url}/${route}`, '95 legacy']),
    ...routes.map((route) => [`url:sensor!${relays['gate, modern client']?.url}/${route}`, '95 modern']),
  ]));
  const beside: string[] = [];
  for await (const item of lookAtLogs([file], { ...options, gates: [GATE] })) if (!isUnseen(item)) beside.push(item.keys[0] ?? '');
  const atGate = [relays['gate, legacy client']?.url ?? '', relays['gate, modern client']?.url ?? ''];
  expect(beside.filter((key) => !atGate.some((url) => key.startsWith(`url:sensor!${url}`)))).toEqual([]);
});

/** The first bytes of a real client of TLS that asks for this name. */
async function handshake(name: string): Promise<Flow> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const server = createServer((socket) => socket.once('data', (bytes: Buffer) => {
    resolve(bytes);
    socket.destroy();
  }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const client = connect({ host: '127.0.0.1', port: typeof address === 'object' ? address?.port ?? 0 : 0, servername: name });
  client.on('error', () => client.destroy());
  const bytes = await promise;
  server.close();
  return { client: '10.7.1.1', server: '10.7.0.30', port: 443, conversation: [{ from: 'client', bytes }] };
}

/** A question for an address, over TCP. */
function question(name: string): Flow {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  const message = Buffer.concat([Buffer.from([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), ...labels, Buffer.from([0, 0, 1, 0, 1])]);
  return { client: '10.7.1.2', server: '10.7.0.53', port: 53, conversation: [{ from: 'client', bytes: Buffer.concat([Buffer.from([0, message.length]),
    message]) }] };
}

test('names are hints: those like an MCP server are told, those that only sound alike are not', async () => {
  const names = ['mcp.linear.app', 'www.mcpherson.example', 'crm-mcp.corp.example', 'emcp.example', 'linear.app'];
  const flows = await Promise.all(names.map(handshake));
  const { complaints, events } = watch('mcp-names.rules', captureOf([...flows.map((flow, at) => ({ ...flow, client: `10.7.2.${at}` })),
    ...names.map((name, at) => ({ ...question(name), client: `10.7.3.${at}` }))]));
  const told = events.filter((event) => event['event_type'] === 'alert').map((event) => event['src_ip']);
  expect(complaints).toEqual([]);
  expect(told).toEqual(['10.7.2.0', '10.7.2.2', '10.7.3.0', '10.7.3.2']);
});
