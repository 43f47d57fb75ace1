import { afterAll, expect, test } from 'bun:test';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isObject, type Json, type JsonObject } from '../../domain/json.ts';
import { verifies } from '../../../test/e2e/requirements.ts';
import { openRange, type Range } from './range.ts';

const LIVE = `
apiVersion: sallyport/v1
gateway: { listen: "0.0.0.0:7443" }
identity: { issuers: [{ issuer: "https://idp.example", audience: "https://gate.example", kind: person }] }
audit: { sinks: { siem: { type: file, directory: /var/log/siem } } }
approvals: { onCall: secops, webhooks: { chat: { url: "https://chat.example/hook", secret: "vault:chat" } } }
detect: { remote: { url: "https://judge.example", kind: chat, model: m } }
servers:
  crm: { url: "https://crm.example/mcp", owner: sales, tier: vendor, labels: { confidentiality: restricted },
    credentials: { type: static, secret: "vault:crm", header: x-key } }
bindings: []
`;
const POLICY = 'permit(principal in Group::"rehearsal", action, resource);\n';

let opening: Promise<Range> | undefined;
afterAll(async () => {
  const range = await opening?.catch(() => undefined);
  await range?.stop();
});

/** One for all tests, opened by the first. */
function opened(): Promise<Range> {
  const live = { text: LIVE, policies: [{ file: 'live.cedar', text: 'forbid(principal, action, resource in Server::"crm");' }] };
  return (opening ??= openRange({ configuration: live }));
}

/** An MCP server with one tool. */
function answer(said: string): (request: Request) => Promise<Response> {
  return async (request) => {
    const message: Json = request.method === 'POST' ? JSON.parse(await request.text()) : {};
    const { id, method, params } = isObject(message) ? message : {};
    if (id === undefined) return new Response(null, { status: 202 });
    const version = isObject(params) ? (params['protocolVersion'] ?? '') : '';
    const results: Readonly<Record<string, JsonObject>> = {
      initialize: { protocolVersion: version, capabilities: { tools: {} }, serverInfo: { name: 'toy', version: '1' } },
      'tools/list': { tools: [{ name: 'read', description: 'Reads a note.', inputSchema: { type: 'object', properties: {} } }] },
      'tools/call': { content: [{ type: 'text', text: said }] },
    };
    const result = typeof method === 'string' ? results[method] : undefined;
    return Response.json(result === undefined ? { jsonrpc: '2.0', id, error: { code: -32601, message: 'none' } } : { jsonrpc: '2.0', id, result });
  };
}

async function call(range: Range, token: string): Promise<string> {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientInfo': { name: 'toy', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const response = await fetch(`${range.url}/mcp/notes`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'read',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'read', arguments: {}, _meta } }),
  });
  return response.text();
}

test('toy servers are called through the whole gate, and what happened is on its own record', async () => {
  const range = await opened();
  const { url } = await range.serve('notes', answer('as it was'));
  await range.stage({ servers: { notes: { url, owner: 'tests', tools: { read: { effect: 'read' } } } }, policy: POLICY });
  await range.enrol('notes');
  const token = await range.token();
  expect(await call(range, token)).toContain('as it was');
  await range.serve('notes', answer('otherwise now'));
  expect(await call(range, token)).toContain('otherwise now');
  const records = await range.records();
  expect(records.filter(({ event, agent }) => event === 'result.delivered' && agent === 'rehearsal')).toHaveLength(2);
  const last = Number(records.at(-1)?.['position']);
  expect((await range.records(last)).map(({ position }) => position)).toEqual([last]);
}, 30_000);

test(verifies('range-isolated', 'of a configuration what decides is there; what reaches out, holds secrets or administers is not, and is named'), async () => {
  const range = await opened();
  await range.stage({ servers: {}, policy: POLICY });
  expect(range.leftOut.toSorted()).toEqual(['approvals.webhooks', 'audit', 'detect.remote', 'gateway', 'identity']);
  const { text, policies } = await range.admin('GET', '/manifest');
  expect(policies).toEqual([expect.objectContaining({ file: 'live.cedar' }), expect.objectContaining({ file: 'range-staged.cedar' })]);
  expect(text).toContain('onCall: secops');
  expect(text).toContain('confidentiality: restricted');
  expect(text).not.toMatch(/vault:|example/);
}, 30_000);

test(verifies('range-isolated', 'a range whose driver is killed ends with it'), async () => {
  const driver = Bun.spawn([process.execPath, '-e', `const { openRange } = await import('${join(import.meta.dir, 'range.ts')}');
    console.log((await openRange()).home); await new Promise(() => setInterval(() => {}, 1000));`], { stdout: 'pipe' });
  const home = await firstLine(driver.stdout);
  driver.kill('SIGKILL');
  await driver.exited;
  await untilGone(home);
  rmSync(home, { recursive: true });
}, 60_000);

test(verifies('range-isolated', 'nothing outside its network can be reached from it, be it on this very machine'), async () => {
  const range = await opened();
  expect(range.isolated).toBe(true);
  let knocks = 0;
  const outside = createServer((socket) => {
    knocks += 1;
    socket.destroy();
  });
  const port = await listening(outside);
  await range.stage({ servers: { away: { url: `http://127.0.0.1:${port}/mcp`, owner: 'tests' } }, policy: POLICY });
  expect(await range.enrol('away').catch((fault: unknown) => fault)).toMatchObject({ code: 'ERR_RANGE_REFUSED' });
  expect(knocks).toBe(0);
  outside.close();
}, 30_000);

const STOPPED = 'stopped, it is gone at once with every process of it, and its home with it; what killed ones left goes with time';
test(verifies('range-isolated', STOPPED), async () => {
  const [left, fresh] = ['sallyport-range-999999999-left', 'sallyport-range-999999999-fresh'].map((name) => join(tmpdir(), name));
  for (const folder of [left, fresh]) mkdirSync(join(folder ?? '', 'run'), { recursive: true });
  utimesSync(left ?? '', 0, 0);
  const other = await openRange();
  expect([left, fresh].map((folder) => existsSync(folder ?? ''))).toEqual([false, true]);
  rmSync(fresh ?? '', { recursive: true });
  expect(processesOf(other.home).length).toBeGreaterThan(0);
  await other.stop();
  expect(processesOf(other.home)).toEqual([]);
  expect(existsSync(other.home)).toBe(false);
  expect(await other.serve('late', answer('')).catch((fault: unknown) => fault)).toMatchObject({ code: 'ERR_RANGE_STOPPED' });
}, 30_000);

async function listening(server: Server): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  for await (const chunk of stream) return new TextDecoder().decode(chunk).trim();
  throw new Error('it said nothing');
}

/** The kernel ends them; that they are gone is seen in its list alone. */
async function untilGone(home: string): Promise<void> {
  while (processesOf(home).length > 0) await Bun.sleep(5);
}

function processesOf(home: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(home);
    } catch {
      return false;
    }
  });
}
