import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { startRecordingServer, toolNamed, type Heard, type RecordingServer } from '../fixtures/recording-server.ts';
import doors from '../vectors/doors.json';
import { ask, askModern, ENVELOPE, modernHeaders, objectOf, openLegacy, sendRaw } from './asking.ts';
import { verifies } from './requirements.ts';

/** Incident classes 7 and 9 of peers.md part 5: what is written into addresses, headers and lines, and who may knock. */
const POLICY = `
  permit(principal in Group::"testers", action, resource in Server::"notes");
  permit(principal in Group::"testers", action, resource in Server::"forbidden");
`;
const PATHS = ['/mcp/notes', '/mcp/t/all', '/mcp/nowhere', '/nothing', '/', '/.well-known/oauth-protected-resource/mcp/notes'];
const VERBS = ['POST', 'GET', 'DELETE', 'PUT', 'PATCH', 'OPTIONS'] as const;

let server: RecordingServer;
let gate: Gate;
/** Good on `/mcp/notes` and nowhere else. */
let token: string;
let answerOnce: ((heard: Heard) => Response) | undefined;

beforeAll(async () => {
  server = startRecordingServer({
    says: { tools: [toolNamed('read_note')], prompts: [{ name: 'greet' }] },
    answer: (heard) => (heard.method === 'tools/call' ? answerOnce?.(heard) : undefined),
  });
  const entry = (id: string): string => `  ${id}: { url: "${server.url}", allowPrivate: true, owner: tests, tools: { read_note: { effect: read } } }\n`;
  gate = await startGate({
    policy: POLICY,
    manifest: `servers:\n${entry('notes')}${entry('forbidden')}toolsets: { all: [{ server: notes, tools: "*" }] }\n`,
  });
  await gate.enrol('notes', 'forbidden');
  token = await gate.token({ audience: ['/mcp/notes'] });
}, 30_000);

afterAll(async () => {
  await gate.stop();
  await server.stop();
});

/** A good call, as raw lines, so that no client library tidies up what is tried. */
function rawCall(options: {
  readonly verb?: string;
  readonly path?: string;
  readonly host?: string;
  readonly origin?: string;
  readonly lines?: readonly string[];
  readonly bearer?: string;
}): Promise<string> {
  const { verb = 'POST', path = '/mcp/notes', host = 'localhost', origin, lines = [], bearer = token } = options;
  const params = { name: 'read_note', arguments: {}, _meta: ENVELOPE };
  const body = verb === 'POST' ? JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }) : '';
  const headers = Object.entries(modernHeaders(bearer, 'tools/call', params)).map(([name, value]) => `${name}: ${value}`);
  const all = [
    `${verb} ${path} HTTP/1.1`,
    `host: ${host}`,
    ...(origin === undefined ? [] : [`origin: ${origin}`]),
    ...headers,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    ...lines,
  ];
  return sendRaw(gate.url, `${all.join('\r\n')}\r\n\r\n${body}`);
}

function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
}

describe(verifies('incident-9-rebinding', 'another host is refused on every path and verb'), () => {
  test.each(doors.hosts)('host %j', async (host) => {
    const before = server.heard.length;
    for (const path of PATHS) {
      for (const verb of VERBS) {
        const answer = await rawCall({ verb, path, host });
        expect([403, 400]).toContain(statusOf(answer));
        if (statusOf(answer) === 403) expect(answer).toContain('ERR_HOST_FORBIDDEN');
        expect(answer.toLowerCase()).not.toContain('access-control-allow');
      }
    }
    expect(server.heard.length).toBe(before);
  });

  test('two hosts, and no host', async () => {
    expect([400, 403]).toContain(statusOf(await rawCall({ lines: ['host: localhost'] })));
    expect([400, 403]).toContain(statusOf(await sendRaw(gate.url, 'GET /mcp/notes HTTP/1.1\r\nconnection: close\r\n\r\n')));
    expect([0, 400, 403, 505]).toContain(statusOf(await sendRaw(gate.url, 'GET /mcp/notes HTTP/1.0\r\n\r\n')));
  });
});

describe(verifies('incident-9-rebinding', 'another origin is refused on every path and verb'), () => {
  test.each(doors.origins)('origin %j', async (origin) => {
    const before = server.heard.length;
    for (const path of PATHS) {
      for (const verb of VERBS) {
        const answer = await rawCall({ verb, path, origin });
        expect([statusOf(answer), answer.includes('ERR_ORIGIN_FORBIDDEN')]).toEqual([403, true]);
      }
    }
    expect(server.heard.length).toBe(before);
  });
});

describe(verifies('incident-9-rebinding', 'without a token nothing is served'), () => {
  test.each(PATHS)('%s', async (path) => {
    const before = server.heard.length;
    for (const verb of VERBS) {
      const { status, text } = await ask(gate.url + path, {
        method: verb,
        headers: { accept: 'text/event-stream, application/json', 'content-type': 'application/json' },
        ...(verb === 'POST' ? { body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' } : {}),
      });
      expect([status >= 400, text.includes('ERR_')]).toEqual([true, true]);
    }
    expect(server.heard.length).toBe(before);
  });

  test('but that it is alive, in a word that is the same for all', async () => {
    for (const path of ['/healthz', '/readyz']) expect((await (await fetch(gate.url + path)).text()).length).toBeLessThan(16);
  });
});

describe(verifies('incident-7-injection', 'a path means one route, whatever is written into it'), () => {
  test('the plain path is served, so the token of these tests is good', async () => expect(statusOf(await rawCall({}))).toBe(200));

  test.each(doors.paths)('%j', async (path) => {
    const before = server.effects().length;
    const answer = await rawCall({ path });
    // The token is for /mcp/notes: what is another route is refused, and what is no route is not found.
    expect([400, 401, 403, 404, 405]).toContain(statusOf(answer));
    expect(answer).not.toMatch(/^x-evil/im);
    expect(server.effects().length).toBe(before);
  });
});

describe(verifies('incident-7-injection', 'texts arrive as they are, and as nothing else'), () => {
  test.each(doors.texts)('%j', async (text) => {
    const url = `${gate.url}/mcp/notes`;
    const args = { text, nested: [{ text }] };
    const answer = await askModern(url, token, 'tools/call', { name: 'read_note', arguments: args });
    expect(answer.result).toBeDefined();
    const heard = server.effects().at(-1);
    expect(heard?.params['arguments']).toEqual(args);
    expect(Object.keys(heard?.headers ?? {})).not.toContain('x-evil');
    const before = server.effects().length;
    for (const [method, params] of [
      ['tools/call', { name: text }],
      ['prompts/get', { name: text }],
    ] as const) {
      expect((await askModern(url, token, method, params)).code).toMatch(/ERR_TOOL_UNKNOWN|ERR_HEADER/);
    }
    expect(server.effects().length).toBe(before);
  });

  test.each(['a\r\nx-evil: 1', 'a\u0001', 'x'.repeat(5_000), '\u00ff\u00fe'])('a session or event id: %j', async (id) => {
    const session = await openLegacy(`${gate.url}/mcp/notes`, token);
    const before = server.effects().length;
    for (const name of ['mcp-session-id', 'last-event-id']) {
      const lines = [`${name}: ${id}`];
      const base = Object.entries({
        ...session.headers,
        [name]: undefined,
        accept: 'text/event-stream',
        'content-type': undefined,
      }).flatMap(([key, value]) => (value === undefined ? [] : [`${key}: ${value}`]));
      const request = `GET /mcp/notes HTTP/1.1\r\nhost: localhost\r\n${[...base, ...lines].join('\r\n')}\r\nconnection: close\r\n\r\n`;
      const answer = await sendRaw(gate.url, request, 'beginning');
      if (name === 'mcp-session-id') expect(statusOf(answer)).toBeGreaterThanOrEqual(400);
    }
    expect(
      server
        .effects()
        .slice(before)
        .some(({ headers }) => 'x-evil' in headers),
    ).toBe(false);
  });
});

test(verifies('incident-7-injection', 'what a server writes into its events adds no line to ours'), async () => {
  const session = await openLegacy(`${gate.url}/mcp/notes`, token);
  const text = 'a\r\n\r\nevent: evil\r\ndata: {"jsonrpc":"2.0","id":2,"result":{"evil":true}}\r\n\r\n';
  answerOnce = ({ id }) => {
    const progress = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: text } });
    const result = JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } });
    return new Response(`id: 1\u2028data: x\ndata: ${progress}\n\nevent: message\nid: 2\ndata: ${result}\n\n`, {
      headers: { 'content-type': 'text/event-stream' },
    });
  };
  const answer = await session.request('tools/call', { name: 'read_note', arguments: {} });
  answerOnce = undefined;
  expect(answer.text).not.toMatch(/^event: evil/m);
  expect(answer.text.split('\n').filter((line) => line.startsWith('data: '))).toHaveLength(2);
  expect(JSON.stringify(objectOf(answer.body['result']))).toContain('event: evil');
});
