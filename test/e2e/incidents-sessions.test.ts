import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { startRecordingServer, type Heard, type RecordingServer } from '../fixtures/recording-server.ts';
import { ask, askModern, INITIALIZE, legacyHeaders, openLegacy, type Answer } from './asking.ts';
import { verifies } from './requirements.ts';

/** Incident class 13 of peers.md part 5: sessions that one side has forgotten, and calls whose end nobody knows. */
const POLICY = 'permit(principal, action, resource in Server::"both");\npermit(principal, action, resource in Server::"old");\n';

let servers: Readonly<Record<'both' | 'old', RecordingServer>>;
let gate: Gate;
let token: string;
/** What a server does with a call instead of answering it well. */
let onCall: ((heard: Heard) => Response | Promise<Response> | undefined) | undefined;

beforeAll(async () => {
  servers = { both: startRecordingServer({ answer: respond }), old: startRecordingServer({ answer: respond, era: 'legacy' }) };
  const entry = (id: 'both' | 'old'): string => `  ${id}: { url: "${servers[id].url}", allowPrivate: true, owner: tests }\n`;
  gate = await startGate({ policy: POLICY, manifest: `servers:\n${entry('both')}${entry('old')}` });
  await gate.enrol('both', 'old');
  token = await gate.token();
}, 30_000);

beforeEach(() => {
  onCall = undefined;
});

afterAll(async () => {
  await gate.stop();
  for (const server of Object.values(servers)) await server.stop();
});

function respond(heard: Heard): Response | undefined | Promise<Response | undefined> {
  return heard.method === 'tools/call' ? onCall?.(heard) : undefined;
}

const READ = { name: 'read_note', arguments: {} };

function calls(server: RecordingServer): readonly Heard[] {
  return server.heard.filter(({ method }) => method === 'tools/call');
}

function forgotten(): Response {
  return Response.json({ jsonrpc: '2.0', id: null, error: { code: -32_001, message: 'Session not found' } }, { status: 404 });
}

function checkClear(answer: Answer): void {
  expect(answer.result).toBeUndefined();
  expect(answer.code).toStartWith('ERR_');
  expect(answer.exchange).toMatch(/^[0-9a-f-]{36}$/);
}

describe(verifies('incident-13-sessions', 'a session that the server forgot'), () => {
  test('is told to a legacy client as ended, so that it begins anew', async () => {
    const url = `${gate.url}/mcp/both`;
    const session = await openLegacy(url, token);
    expect((await session.request('tools/call', READ)).result).toBeDefined();
    onCall = forgotten;
    const before = calls(servers.both).length;
    const answer = await session.request('tools/call', READ);
    checkClear(answer);
    expect([answer.status, answer.rpcCode]).toEqual([404, -32_001]);
    expect(calls(servers.both).length).toBe(before + 1);
    onCall = undefined;
    expect((await (await openLegacy(url, token)).request('tools/call', READ)).result).toBeDefined();
  });

  test('is opened again, once, for a modern client, and the call has its effect once', async () => {
    const url = `${gate.url}/mcp/old`;
    expect((await askModern(url, token, 'tools/call', READ)).result).toBeDefined();
    let refusals = 0;
    onCall = () => (refusals++ === 0 ? forgotten() : undefined);
    const before = calls(servers.old).length;
    expect((await askModern(url, token, 'tools/call', READ)).result).toBeDefined();
    const [first, second, ...more] = calls(servers.old).slice(before);
    expect(more).toEqual([]);
    expect(first?.headers['mcp-session-id']).not.toBe(second?.headers['mcp-session-id']);
  });

  test('and forgets each new one too: the call fails clearly, after two tries', async () => {
    onCall = forgotten;
    const before = calls(servers.old).length;
    checkClear(await askModern(`${gate.url}/mcp/old`, token, 'tools/call', READ));
    expect(calls(servers.old).length).toBe(before + 2);
    onCall = undefined;
    expect((await askModern(`${gate.url}/mcp/old`, token, 'tools/call', READ)).result).toBeDefined();
  });
});

describe(verifies('incident-13-sessions', 'a failure that may have had an effect is never tried again'), () => {
  const AMBIGUOUS: Readonly<Record<string, () => Response | Promise<Response>>> = {
    'status 500': () => new Response(null, { status: 500 }),
    'status 503': () => new Response(null, { status: 503, headers: { 'retry-after': '0' } }),
    'no JSON': () => new Response('{', { headers: { 'content-type': 'application/json' } }),
    'a stream that ends': () => new Response(': nothing\n\n', { headers: { 'content-type': 'text/event-stream' } }),
    'an answer to another request': () => Response.json({ jsonrpc: '2.0', id: 'other', result: {} }),
    'nothing at all': () => new Response(null, { status: 202 }),
    'another address': () => new Response(null, { status: 302, headers: { location: '/elsewhere' } }),
    "the client's own 401": () => new Response(null, { status: 401, headers: { 'www-authenticate': 'Bearer realm="upstream"' } }),
  };
  for (const id of ['both', 'old'] as const) {
    test.each(Object.keys(AMBIGUOUS))(`${id}: %s`, async (name) => {
      const path = `${gate.url}/mcp/${id}`;
      const session = await openLegacy(path, token);
      onCall = AMBIGUOUS[name];
      for (const send of [() => askModern(path, token, 'tools/call', READ), () => session.request('tools/call', READ)]) {
        const before = calls(servers[id]).length;
        const answer = await send();
        checkClear(answer);
        expect(answer.status).not.toBe(401);
        expect(answer.headers.get('www-authenticate')).toBeNull();
        expect(calls(servers[id]).length).toBe(before + 1);
      }
      onCall = undefined;
      expect((await session.request('tools/call', READ)).result).toBeDefined();
    });
  }
});

describe(verifies('incident-13-sessions', 'a session id'), () => {
  test('serves on every replica, for one principal on one route, until it is ended; then nowhere', async () => {
    const replica = await gate.replica('second');
    const session = await openLegacy(`${gate.url}/mcp/both`, token);
    const id = session.headers['mcp-session-id'] ?? '';
    const use = (base: string, path: string, bearer: string): Promise<Answer> =>
      ask(base + path, {
        method: 'POST',
        headers: { ...legacyHeaders(bearer), 'mcp-session-id': id },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: READ }),
      });
    expect((await use(replica.url, '/mcp/both', token)).result).toBeDefined();
    const other = await gate.token({ agent: 'other' });
    expect((await use(gate.url, '/mcp/both', other)).code).toBe('ERR_SESSION_UNKNOWN');
    expect((await use(gate.url, '/mcp/old', token)).code).toBe('ERR_SESSION_UNKNOWN');
    await session.transport('DELETE');
    expect((await use(gate.url, '/mcp/both', token)).code).toBe('ERR_SESSION_UNKNOWN');
    // Another replica believes its last look for a second; what it sends meanwhile, the server itself refuses.
    let late = await use(replica.url, '/mcp/both', token);
    for (let tries = 0; late.code !== 'ERR_SESSION_UNKNOWN' && tries < 300; tries += 1) {
      await Bun.sleep(10);
      late = await use(replica.url, '/mcp/both', token);
    }
    expect(late.code).toBe('ERR_SESSION_UNKNOWN');
  });

  test('that would not fit its header is refused at once, not when it is used', async () => {
    const params = { ...INITIALIZE, clientInfo: { name: 'x'.repeat(6_000), version: '1' } };
    const answer = await ask(`${gate.url}/mcp/both`, {
      method: 'POST',
      headers: legacyHeaders(token),
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
    });
    checkClear(answer);
    expect(answer.headers.get('mcp-session-id')).toBeNull();
  });
});
