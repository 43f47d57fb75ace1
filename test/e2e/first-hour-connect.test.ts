import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { StdioClientTransport as TransportV2 } from '@modelcontextprotocol/client/stdio';
import { Client as ClientV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { join } from 'node:path';
import { isArray } from '../../src/domain/json.ts';
import { objects, text } from '../../src/cli/json-view.ts';
import { startConformanceServer } from '../fixtures/conformance-server.ts';
import { begunCalls, cancelledCalls, startSessionServer } from '../fixtures/sdk-servers.ts';
import { startSecureGate } from '../fixtures/secure-gate.ts';

// Real processes on a shared machine: nothing here is a statement about time.
setDefaultTimeout(60_000);

const both = startConformanceServer();
const legacy = startSessionServer();
const gate = await startSecureGate(
  `servers:
  both: { url: "${both.url}", allowPrivate: true, owner: o@example.com }
  legacy: { url: "http://127.0.0.1:${legacy.port}/mcp", allowPrivate: true, owner: o@example.com }
`,
  'permit (principal in Group::"testers", action, resource);',
);
await gate.enrol('both', 'legacy');
afterAll(async () => {
  await gate.stop();
  gate.remove();
  await both.stop();
  legacy.stop();
});

const PROGRAM = join(import.meta.dir, '..', '..', 'bin', 'sallyport');
const SELF = { name: 'first-hour', version: '1.0.0' };

function commandFor(target: string, home = gate.home): { command: string; args: string[]; stderr: 'pipe' } {
  return { command: PROGRAM, args: ['connect', target, '--group', 'testers', '--home', home], stderr: 'pipe' };
}

const V2_CAPABILITIES = { elicitation: {}, sampling: {} };

async function connectV1(target: string): Promise<{ readonly client: ClientV1; readonly transport: TransportV1 }> {
  const client = new ClientV1(SELF, { capabilities: { elicitation: {} } });
  const transport = new TransportV1(commandFor(target));
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { username: 'ada', email: 'ada@example.com' } }));
  await client.connect(transport);
  return { client, transport };
}

async function connectV2(target: string, mode: 'auto' | 'legacy' = 'auto'): Promise<ClientV2> {
  const client = new ClientV2(SELF, { capabilities: V2_CAPABILITIES, versionNegotiation: { mode } });
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { username: 'ada', email: 'ada@example.com' } }));
  await client.connect(new TransportV2(commandFor(target)));
  return client;
}

function said(result: object): string {
  return JSON.stringify(result);
}

async function activeTokens(): Promise<readonly string[]> {
  const { tokens: agents } = await gate.admin('GET', '/tokens');
  return objects(isArray(agents ?? null) ? agents : []).filter((one) => one['agent'] === 'connect' && one['state'] === 'active').map((one) => text(one['id']));
}

test('an official v1 client lists, calls, sees progress, is asked and leaves no token behind', async () => {
  const { client, transport } = await connectV1('both');
  try {
    expect((await client.listTools()).tools.map((tool) => tool.name)).toContain('test_simple_text');
    expect(said(await client.callTool({ name: 'test_simple_text' }))).toContain('simple text response');
    const seen: number[] = [];
    await client.callTool({ name: 'test_tool_with_progress' }, undefined, { onprogress: ({ progress }) => seen.push(progress) });
    expect(seen).toEqual([0, 50, 100]);
    expect(said(await client.callTool({ name: 'test_elicitation', arguments: { message: 'Who?' } }))).toContain('ada@example.com');
    // The server closes the stream before it answers; the answer comes after a reconnection with Last-Event-ID.
    expect(said(await client.callTool({ name: 'test_reconnection' }))).toContain('after the stream was closed');
    expect((await activeTokens()).length).toBe(1);
    const arguments_ = transport.pid === null ? '' : await Bun.file(`/proc/${transport.pid}/cmdline`).text();
    expect(arguments_).not.toContain('spa_');
  } finally {
    await client.close();
  }
  await untilTrue(async () => (await activeTokens()).length === 0);
});

test('an official v2 client speaks the modern era: discover, call, progress, input, mirrored parameters', async () => {
  const client = await connectV2('both');
  try {
    expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28');
    expect((await client.listTools()).tools.map((tool) => tool.name)).toContain('test_x_mcp_header');
    const seen: number[] = [];
    await client.callTool({ name: 'test_tool_with_progress' }, { onprogress: ({ progress }) => seen.push(progress) });
    expect(seen).toEqual([0, 50, 100]);
    expect(said(await client.callTool({ name: 'test_elicitation', arguments: { message: 'Who?' } }))).toContain('ada@example.com');
    // On stdio the client has no headers: the bridge makes those that the tool's schema asks for.
    expect(said(await client.callTool({ name: 'test_x_mcp_header', arguments: { region: 'åland', priority: 3, query: 'x' } }))).toContain('land');
  } finally {
    await client.close();
  }
});

test('an official v2 client in the legacy era works too', async () => {
  const client = await connectV2('both', 'legacy');
  try {
    expect(said(await client.callTool({ name: 'test_elicitation', arguments: { message: 'Who?' } }))).toContain('ada@example.com');
  } finally {
    await client.close();
  }
});

test('a modern client reaches a legacy server, and a big result arrives whole', async () => {
  const client = await connectV2('legacy');
  const big = 'ä'.repeat(1_000_000);
  try {
    expect(said(await client.callTool({ name: 'echo', arguments: { text: big } }))).toContain(big);
  } finally {
    await client.close();
  }
});

for (const era of ['v1', 'v2'] as const) {
  test(`a call that a ${era} client cancels is cancelled at the server`, async () => {
    const client = era === 'v1' ? (await connectV1('legacy')).client : await connectV2('legacy');
    const [begun, before] = [begunCalls(), cancelledCalls()];
    const cancel = new AbortController();
    const call = client instanceof ClientV1
      ? client.callTool({ name: 'hang' }, undefined, { signal: cancel.signal })
      : client.callTool({ name: 'hang' }, { signal: cancel.signal });
    const outcome = call.then(() => 'answered', () => 'cancelled');
    await untilTrue(() => begunCalls() > begun);
    cancel.abort();
    expect(await outcome).toBe('cancelled');
    await untilTrue(() => cancelledCalls() > before);
    // The connection goes on.
    expect(said(await client.callTool({ name: 'echo', arguments: { text: 'still here' } }))).toContain('still here');
    await client.close();
  });
}

test('a gateway that is killed ends its calls with a clear error, and the next call works', async () => {
  const modern = await connectV2('legacy');
  const { client: session } = await connectV1('legacy');
  const begun = begunCalls();
  const outcome = modern.callTool({ name: 'hang' }).then(() => 'answered', (fault: unknown) => String(fault));
  await untilTrue(() => begunCalls() > begun);
  await gate.restart('gateway');
  expect(await outcome).toContain('ERR_UPSTREAM_CLOSED');
  for (const client of [modern, session]) expect(said(await client.callTool({ name: 'echo', arguments: { text: 'again' } }))).toContain('again');
  await modern.close();
  await session.close();
});

test('a token that was revoked behind its back is replaced', async () => {
  const client = await connectV2('both');
  for (const id of await activeTokens()) await gate.admin('DELETE', `/tokens/${id}`);
  expect(said(await client.callTool({ name: 'test_simple_text' }))).toContain('simple text response');
  await client.close();
});

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The command with given lines on stdin, which then ends. */
async function connect(lines: readonly string[], args: readonly string[]): Promise<Outcome> {
  const child = Bun.spawn([PROGRAM, 'connect', ...args], { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' });
  void child.stdin.write(lines.map((line) => `${line}\n`).join(''));
  await child.stdin.end();
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, out, err };
}

test('a gate that does not run is told: to the client in its protocol, to the person on stderr, to a shell by the exit code', async () => {
  const nowhere = ['both', '--home', '/tmp/sp-nowhere'];
  const asked = await connect(['{"jsonrpc":"2.0","id":7,"method":"initialize","params":{}}'], nowhere);
  expect(asked.code).toBe(1);
  expect(asked.err).toContain('ERR_NOT_RUNNING');
  expect(asked.err).toContain('sallyport up');
  expect(asked.out.trim().split('\n').map((line): unknown => JSON.parse(line))).toMatchObject([
    { id: 7, error: { message: expect.stringContaining('ERR_NOT_RUNNING'), data: { remedy: expect.stringContaining('sallyport up') } } },
  ]);
  expect(await connect([], nowhere)).toMatchObject({ code: 1, out: '' });
});

test('what is typed wrongly, unknown or malformed is told, and stdout carries protocol only', async () => {
  expect(await connect([], [])).toMatchObject({ code: 2, out: '' });
  const request = '{"jsonrpc":"2.0","id":"x","method":"initialize","params":{}}';
  expect(await connect([request], ['nosuch', '--home', gate.home])).toMatchObject({ out: expect.stringContaining('ERR_SERVER_UNKNOWN') });
  const { out, err, code } = await connect(
    ['this is no JSON', '[1]', '{"jsonrpc":"2.0","method":"notifications/nonsense"}', '{"jsonrpc":"2.0","id":3,"method":"tools/list","params":{}}'],
    ['both', '--home', gate.home, '--group', 'testers'],
  );
  const lines = out.trim().split('\n').map((line) => {
    const message: { readonly id: unknown; readonly error?: unknown } = JSON.parse(line);
    return message;
  });
  expect(lines.every((line) => line.error !== undefined)).toBe(true);
  expect(lines.map((line) => line.id)).toEqual(expect.arrayContaining([null, 3]));
  expect(code).toBe(0);
  expect(`${out}${err}`).not.toContain('spa_');
});

test('stdin that ends, ends the command, even while a call hangs; so does SIGTERM, and the token goes', async () => {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } };
  const lines = [
    JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
    '{"jsonrpc":"2.0","method":"notifications/initialized"}',
    '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"hang","arguments":{}}}',
  ];
  const { code, out } = await connect(lines, ['legacy', '--home', gate.home, '--group', 'testers']);
  expect(code).toBe(0);
  expect(out.trim().split('\n').length).toBe(1);
  const child = Bun.spawn([PROGRAM, 'connect', 'both', '--home', gate.home], { stdin: 'pipe', stdout: 'ignore', stderr: 'ignore' });
  await untilTrue(async () => (await activeTokens()).length === 1);
  child.kill('SIGTERM');
  await child.exited;
  expect(await activeTokens()).toEqual([]);
});

async function untilTrue(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await Bun.sleep(20);
}
