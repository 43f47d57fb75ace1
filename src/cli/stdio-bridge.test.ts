import { afterAll, expect, test } from 'bun:test';
import { startSessionServer } from '../../test/fixtures/sdk-servers.ts';
import { makeCertificate } from '../../test/fixtures/certificate.ts';
import { startGate } from '../../test/fixtures/gate.ts';
import { isObject, type Json, type JsonObject } from '../domain/json.ts';
import { caOf } from './connect.ts';
import { createGateDoor, type GateDoor } from './gate-door.ts';
import { objects, part, text } from './json-view.ts';
import { createStdioBridge } from './stdio-bridge.ts';
import { readLines } from './stdio-lines.ts';
import { createTicket, type Ticket } from './ticket.ts';

const server = startSessionServer();
const gate = await startGate({
  manifest: `servers: { legacy: { url: "http://127.0.0.1:${server.port}/mcp", allowPrivate: true, owner: o@example.com } }\n`,
  policy: 'permit (principal, action, resource);',
  secure: true,
});
await gate.enrol('legacy');
afterAll(async () => {
  await gate.stop();
  server.stop();
});

const control = { send: (method: 'POST' | 'PUT' | 'DELETE', path: string, body?: JsonObject): Promise<Json> => gate.admin(method, path, body) };

function ticketAt(now: () => number = Date.now): Ticket {
  return createTicket(control, '/mcp/legacy', 'bridge', [], now);
}

interface ClientEnd {
  readonly seen: readonly JsonObject[];
  write(line: string): void;
  saw(id: Json): Promise<JsonObject>;
  end(): Promise<void>;
}

/** A client at the other end of the bridge: writes lines, and waits for the message that it looks for. */
function open(door: GateDoor): ClientEnd {
  const { readable, writable } = new TransformStream<string, string>();
  const writer = writable.getWriter();
  const seen: JsonObject[] = [];
  let changed = Promise.withResolvers<void>();
  const out = (line: string): void => {
    const message: Json = JSON.parse(line);
    if (isObject(message)) seen.push(message);
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const running = createStdioBridge({ door, out, note: () => undefined }).run(readable, new AbortController().signal);
  return {
    seen,
    write: (line) => void writer.write(`${line}\n`),
    async saw(id) {
      for (;;) {
        const found = seen.find((message) => message['id'] === id);
        if (found !== undefined) return found;
        await changed.promise;
      }
    },
    async end() {
      await writer.close();
      await running;
    },
  };
}

const INITIALIZE = JSON.stringify({
  jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
});
const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}';

function echo(id: number, said: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'echo', arguments: { text: said } } });
}

test('a session that the gate has ended is opened anew, and the client never knows', async () => {
  const ticket = ticketAt();
  const door = createGateDoor({ address: () => Promise.resolve({ url: `${gate.url}/mcp/legacy`, ca: caOf(gate.home) }), ticket });
  const sessions: string[] = [];
  const watched: GateDoor = {
    async send(request, signal) {
      const response = await door.send(request, signal);
      const id = response.headers.get('mcp-session-id');
      if (id !== null) sessions.push(id);
      return response;
    },
  };
  const client = open(watched);
  client.write(INITIALIZE);
  await client.saw(1);
  client.write(INITIALIZED);
  client.write(echo(2, 'first'));
  expect(JSON.stringify(await client.saw(2))).toContain('first');
  const headers = { 'mcp-session-id': sessions[0] ?? '', 'mcp-protocol-version': '2025-11-25' };
  await door.send({ method: 'DELETE', headers }, AbortSignal.timeout(5_000));
  // The gate believes "not ended" for a second; what it then refuses was never sent on.
  for (let id = 3; new Set(sessions).size === 1; id += 1) {
    client.write(echo(id, 'again'));
    expect(JSON.stringify(await client.saw(id))).toContain('again');
  }
  expect(client.seen.filter((message) => message['error'] !== undefined)).toEqual([]);
  expect(client.seen.filter((message) => message['id'] === 1).length).toBe(1);
  await client.end();
  await ticket.revoke();
}, 30_000);

test('what is too long or no JSON is answered, and what follows is carried', async () => {
  const ticket = ticketAt();
  const client = open(createGateDoor({ address: () => Promise.resolve({ url: `${gate.url}/mcp/legacy`, ca: caOf(gate.home) }), ticket }));
  client.write('x'.repeat(5 * 1024 * 1024));
  client.write('{');
  client.write(INITIALIZE);
  expect(isObject((await client.saw(1))['result'])).toBe(true);
  const codes = client.seen.filter((message) => message['id'] === null).map((message) => part(message, 'error', 'data', 'code'));
  expect(codes).toEqual(['ERR_BODY_TOO_LARGE', 'ERR_JSON_INVALID']);
  await client.end();
  await ticket.revoke();
});

test('a gate that cannot prove itself gets no token to keep and no call', async () => {
  const ticket = ticketAt();
  const strange = await makeCertificate(['localhost']);
  const client = open(createGateDoor({ address: () => Promise.resolve({ url: `${gate.url}/mcp/legacy`, ca: strange.cert }), ticket }));
  client.write(INITIALIZE);
  expect(part(await client.saw(1), 'error', 'data', 'code')).toBe('ERR_UPSTREAM_TLS');
  await client.end();
  await ticket.revoke();
});

async function states(): Promise<readonly string[]> {
  return objects((await gate.admin('GET', '/tokens'))['tokens']).filter((one) => one['agent'] === 'bridge').map((one) => text(one['state']));
}

test('a token is made once, renewed when half its life is over, replaced when it is refused, and all are revoked', async () => {
  let now = Date.now();
  const ticket = ticketAt(() => now);
  const [first, same] = await Promise.all([ticket.token(), ticket.token()]);
  expect(same).toBe(first);
  now += 29 * 60_000;
  expect(await ticket.token()).toBe(first);
  now += 60_000;
  const second = await ticket.token();
  expect(second).not.toBe(first);
  await Promise.all([ticket.replace(second), ticket.replace(second), ticket.replace(first)]);
  expect(await ticket.token()).not.toBe(second);
  expect((await states()).filter((state) => state === 'active').length).toBe(3);
  await ticket.revoke();
  expect(await states()).not.toContain('active');
});

test('lines come whole, however they are cut', async () => {
  const bytes = new TextEncoder().encode('{"a":"ä"}\r\n\n  \n{"b":1}');
  async function* cut(): AsyncGenerator<Uint8Array> {
    for (const byte of bytes) yield Uint8Array.of(byte);
  }
  const lines = await Array.fromAsync(readLines(cut(), 100, new AbortController().signal));
  expect(lines.map((line) => ('text' in line ? line.text.trim() : 'long'))).toEqual(['{"a":"ä"}', '{"b":1}']);
});
