import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { JsonObject } from '../../src/domain/json.ts';
import { METHODS } from '../../src/mcp/methods.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { startRecordingServer, toolNamed, type Heard, type RecordingServer } from '../fixtures/recording-server.ts';
import aliases from '../vectors/aliases.json';
import { ask, askModern, legacyHeaders, objectOf, openLegacy, stringAt, type Answer, type LegacySession } from './asking.ts';
import { verifies } from './requirements.ts';

/** Incident classes 1–4 and 15 of peers.md part 5: one gate, three servers (both eras, each era alone), a toolset over all. */
const POLICY = `
  permit(principal in Group::"testers", action, resource in Toolset::"all");
  permit(principal in Group::"testers", action, resource in Server::"notes");
  permit(principal in Group::"testers", action, resource in Server::"old");
  permit(principal in Group::"testers", action, resource in Server::"new");
  permit(principal in Group::"guests", action in Action::"session", resource);
  permit(principal in Group::"guests", action == Action::"call_tool", resource == Tool::"notes/read_note");
  forbid(principal, action == Action::"call_tool", resource) when { resource.name == "hidden" };
  forbid(principal, action == Action::"get_prompt", resource) when { resource.name == "secret" };
`;
const SAYS = {
  tools: [toolNamed('read_note'), toolNamed('write_note'), toolNamed('hidden')],
  prompts: [
    { name: 'greet', arguments: [{ name: 'who' }] },
    { name: 'secret', arguments: [{ name: 'who' }] },
  ],
  templates: [{ name: 'notes', uriTemplate: 'note://{id}' }],
};
const ERAS = ['modern', 'legacy'] as const;

let gate: Gate;
let servers: Readonly<Record<'notes' | 'old' | 'new' | 'unused', RecordingServer>>;
let tokens: Readonly<Record<'tester' | 'guest', string>>;
/** Run when a request reaches an upstream, before it is answered. */
let onHeard: ((heard: Heard) => Promise<Response | undefined>) | undefined;

/** What an attacker tries here in a minute would have long been refused early. */
const UNBOUNDED = 'limits: { denials: 1000000/min, strangerDenials: 1000000/min, cascade: { denials: 1000000 } }\n';

beforeAll(async () => {
  servers = { notes: start(), old: start('legacy'), new: start('modern'), unused: start() };
  const members = ['notes', 'old', 'new'].map((server) => `{ server: ${server}, tools: "*", prompts: "*", resources: true }`).join(', ');
  gate = await startGate({
    policy: POLICY,
    manifest: `servers:\n${Object.entries(servers)
      .map(([id, { url }]) => `  ${id}: { url: "${url}", allowPrivate: true, owner: tests }\n`)
      .join('')}toolsets: { all: [${members}] }\n${UNBOUNDED}`,
  });
  await gate.enrol('notes', 'old', 'new', 'unused');
  tokens = { tester: await gate.token(), guest: await gate.token({ agent: 'guest', groups: ['guests'] }) };
}, 30_000);

afterAll(async () => {
  await gate.stop();
  for (const server of Object.values(servers)) await server.stop();
});

function start(era?: 'modern' | 'legacy'): RecordingServer {
  return startRecordingServer({ says: SAYS, ...(era === undefined ? {} : { era }), answer: (heard) => onHeard?.(heard) });
}

interface Caller {
  request(method: string, params: JsonObject): Promise<Answer>;
}

async function callerOn(path: string, token: string, era: (typeof ERAS)[number]): Promise<Caller> {
  const url = gate.url + path;
  if (era === 'legacy') return openLegacy(url, token);
  return { request: (method, params) => askModern(url, token, method, params) };
}

function effects(): number {
  return Object.values(servers).reduce((sum, server) => sum + server.effects().length, 0);
}

/** An answer without the id that makes each one different. */
function shapeOf(answer: Answer): string {
  return `${answer.status} ${answer.text.replaceAll(answer.exchange ?? 'none', 'EXCHANGE')}`;
}

async function namesListed(caller: Caller, method: string, items: string): Promise<readonly string[]> {
  const { result } = await caller.request(method, {});
  const list = result?.[items];
  return Array.isArray(list) ? list.map((item) => stringAt(objectOf(item), 'name') ?? '') : [];
}

describe(verifies('incident-1-hidden-is-denied', 'everything that is not listed answers as what does not exist'), () => {
  for (const who of ['tester', 'guest'] as const) {
    for (const path of ['/mcp/notes', '/mcp/old', '/mcp/new', '/mcp/t/all']) {
      test.each(ERAS)(`${who} on ${path}, %s`, async (era) => {
        const caller = await callerOn(path, tokens[who], era);
        const prefixes = path === '/mcp/t/all' ? ['notes__', 'old__', 'new__'] : [''];
        const kinds = [
          { list: 'tools/list', items: 'tools', call: 'tools/call', names: SAYS.tools.map((tool) => stringAt(tool, 'name') ?? '') },
          { list: 'prompts/list', items: 'prompts', call: 'prompts/get', names: SAYS.prompts.map(({ name }) => name) },
        ];
        let hidden = 0;
        for (const { list, items, call, names } of kinds) {
          const listed = await namesListed(caller, list, items);
          const nothing = shapeOf(await caller.request(call, { name: `${prefixes[0]}no-such-thing`, arguments: {} }));
          for (const name of prefixes.flatMap((prefix) => names.map((one) => prefix + one)).filter((one) => !listed.includes(one))) {
            hidden += 1;
            const before = effects();
            expect(shapeOf(await caller.request(call, { name, arguments: {} }))).toBe(nothing);
            expect(shapeOf(await caller.request(call, { name, arguments: {}, requestState: 'made-up' }))).toBe(nothing);
            expect(effects()).toBe(before);
          }
        }
        expect(hidden).toBeGreaterThanOrEqual(prefixes.length * 2);
      });
    }
  }

  test.each(ERAS)('what is hidden is not completed either, %s', async (era) => {
    const caller = await callerOn('/mcp/notes', tokens.tester, era);
    const complete = (name: string): Promise<Answer> =>
      caller.request('completion/complete', { ref: { type: 'ref/prompt', name }, argument: { name: 'who', value: '' } });
    const before = effects();
    expect(shapeOf(await complete('secret'))).toBe(shapeOf(await complete('no-such-thing')));
    expect(effects()).toBe(before);
    expect((await complete('greet')).result).toBeDefined();
  });

  test.each(ERAS)('a hidden tool stays hidden while its server is down, %s', async (era) => {
    const caller = await callerOn('/mcp/unused', tokens.guest, era);
    const nothing = shapeOf(await caller.request('tools/call', { name: 'no-such-thing' }));
    onHeard = () => Promise.resolve(new Response(null, { status: 503 }));
    expect(shapeOf(await caller.request('tools/call', { name: 'hidden' }))).toBe(nothing);
    onHeard = undefined;
  });
});

describe(verifies('incident-2-one-identity', 'no other spelling of a name reaches the tool'), () => {
  for (const [path, names, target] of [
    ['/mcp/notes', aliases.server, 'hidden'],
    ['/mcp/t/all', aliases.toolset, 'notes__hidden'],
  ] as const) {
    test.each(ERAS)(`${path}, %s: ${names.length} aliases of what is hidden and of what is permitted`, async (era) => {
      const caller = await callerOn(path, tokens.tester, era);
      const nothing = shapeOf(await caller.request('tools/call', { name: 'no-such-thing', arguments: {} }));
      const before = effects();
      expect(shapeOf(await caller.request('tools/call', { name: target, arguments: {} }))).toBe(nothing);
      for (const name of names) {
        for (const alias of [name, name.replace(/hidden/i, 'read_note')]) {
          if ((path === '/mcp/notes' ? /^read_note$/ : /^(notes|old|new)__read_note$/).test(alias)) continue;
          const answer = await caller.request('tools/call', { name: alias, arguments: { name: 'hidden', tool_name: 'hidden' } });
          expect([alias, shapeOf(answer)]).toEqual([alias, nothing]);
        }
      }
      expect(effects()).toBe(before);
    });
  }

  test('one tool has one identity in the record, whichever route named it', async () => {
    const direct = await askModern(`${gate.url}/mcp/notes`, tokens.tester, 'tools/call', { name: 'read_note', arguments: {} });
    const inToolset = await askModern(`${gate.url}/mcp/t/all`, tokens.tester, 'tools/call', { name: 'notes__read_note', arguments: {} });
    expect([direct.status, inToolset.status]).toEqual([200, 200]);
    const [first, second] = (await gate.records({ order: 'newest' })).filter(
      ({ event, tool }) => event === 'call.permitted' && tool === 'read_note',
    );
    for (const field of ['server', 'tool', 'definition', 'action', 'method']) expect(first?.[field]).toBe(second?.[field] ?? 'missing');
    expect([first?.['route'], second?.['route']]).toEqual(['toolset:all', 'server:notes']);
  });
});

describe('incident 3: there is no second path', () => {
  const NAMED: Readonly<Record<string, JsonObject>> = {
    'tools/call': { name: 'read_note', arguments: {} },
    'prompts/get': { name: 'greet' },
    'resources/read': { uri: 'note://one' },
    'resources/subscribe': { uri: 'note://one' },
    'resources/unsubscribe': { uri: 'note://one' },
    'skills/get': { uri: 'note://one' },
    'resources/directory/read': { uri: 'note://one' },
    'logging/setLevel': { level: 'debug' },
    'notifications/cancelled': { requestId: 99 },
    'notifications/progress': { progressToken: 't', progress: 1 },
    'completion/complete': { ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'who', value: '' } },
  };
  /** What the client's own message is called where the wire has another word; a legacy stream becomes a modern listen. */
  const VERBS: Readonly<Record<string, string>> = {
    GET: 'transport/stream',
    DELETE: 'transport/terminate',
    'subscriptions/listen': 'transport/stream',
  };

  async function sendEverything(path: string, token: string): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    let session: LegacySession | undefined;
    try {
      session = await openLegacy(gate.url + path, token);
    } catch {
      // Refused: what follows is sent without a session.
    }
    for (const { method, kind, from } of METHODS) {
      if (from !== 'client' || method.startsWith('transport/') || method === 'initialize' || method === 'subscriptions/listen') continue;
      const params = NAMED[method] ?? {};
      if (kind === 'notification') answers.push(...(session === undefined ? [] : [await session.notify(method, params)]));
      else
        answers.push(
          await askModern(gate.url + path, token, method, params),
          ...(session === undefined ? [] : [await session.request(method, params)]),
        );
    }
    const headers = session?.headers ?? legacyHeaders(token);
    for (const answer of [
      { id: 1, result: {} },
      { id: 'x', error: { code: 1, message: 'no' } },
    ]) {
      answers.push(await ask(gate.url + path, { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', ...answer }) }));
    }
    for (const method of ['GET', 'DELETE'] as const)
      answers.push(await ask(gate.url + path, { method, headers: { ...headers, accept: 'text/event-stream' } }));
    return answers;
  }

  test.each(['/mcp/notes', '/mcp/old', '/mcp/new', '/mcp/t/all'])(
    verifies('incident-3-no-second-path', 'whatever reaches an upstream has its record already: %s'),
    async (path) => {
      const unrecorded: string[] = [];
      let heardCount = 0;
      onHeard = async ({ method }) => {
        heardCount += 1;
        const said = VERBS[method] ?? method;
        const recent = await gate.records({ order: 'newest', limit: '8' });
        const found = recent.some(
          (record) => record['method'] === said && ['call.permitted', 'message.permitted'].includes(stringAt(record, 'event') ?? ''),
        );
        if (!found) unrecorded.push(said);
        return undefined;
      };
      await sendEverything(path, tokens.tester);
      onHeard = undefined;
      expect(heardCount).toBeGreaterThan(3);
      expect(unrecorded).toEqual([]);
    },
    20_000,
  );

  test(
    verifies('incident-3-no-second-path', 'without a permit no method, verb, answer or notification reaches an upstream'),
    async () => {
      const stranger = await gate.token({ agent: 'stranger', groups: ['strangers'] });
      for (const token of [stranger, 'x'.repeat(40)]) {
        const before = Object.values(servers).flatMap(({ heard }) => heard).length;
        const answers = await sendEverything('/mcp/notes', token);
        expect(answers.filter(({ result }) => result !== undefined)).toEqual([]);
        expect(answers.every(({ exchange }) => exchange !== undefined)).toBe(true);
        expect(Object.values(servers).flatMap(({ heard }) => heard).length).toBe(before);
      }
    },
    20_000,
  );

  test(verifies('incident-3-no-claimed-workload', 'no name, header or metadata makes a caller the registry'), async () => {
    const make = (body: JsonObject): Promise<unknown> =>
      gate.admin('POST', '/tokens', { groups: ['guests'], audience: ['*'], ttlMs: 60_000, ...body }).catch(String);
    expect(await make({ agent: 'registry' })).toContain('ERR_REQUEST_INVALID');
    expect(await make({ agent: 'fine', subject: 'registry' })).toContain('ERR_REQUEST_INVALID');
    expect(await make({ agent: 'fine', subject: 'sallyport|registry' })).toContain('ERR_REQUEST_INVALID');
    const claims = {
      'x-sallyport-principal': 'sallyport|registry',
      'x-forwarded-user': 'sallyport|registry',
      'x-forwarded-for': '127.0.0.1',
      internal: 'true',
    };
    const meta = { _meta: { 'io.sallyport/principal': 'sallyport|registry', 'io.sallyport/internal': true } };
    const url = `${gate.url}/mcp/notes`;
    const plain = await askModern(url, tokens.guest, 'tools/list');
    expect((await askModern(url, tokens.guest, 'tools/list', meta, claims)).result).toEqual(plain.result ?? {});
    expect(JSON.stringify(plain.result)).not.toContain('hidden');
  });
});

describe('incident 4: header against body', () => {
  test(verifies('incident-4-header-body', 'the body decides, and what disagrees is refused before token, server and tool'), async () => {
    for (const [path, token] of [
      ['/mcp/notes', tokens.tester],
      ['/mcp/nowhere', tokens.tester],
      ['/mcp/notes', 'none'],
    ] as const) {
      const answer = await askModern(gate.url + path, token, 'tools/call', { name: 'hidden', arguments: {} }, { 'mcp-name': 'read_note' });
      expect([answer.status, answer.rpcCode, answer.code]).toEqual([400, -32020, 'ERR_HEADER_MISMATCH']);
    }
  });

  test(verifies('incident-4-header-body', 'outbound headers are made from the judged message, whatever the client wrote'), async () => {
    const encoded = `=?base64?${Buffer.from('notes__read_note').toString('base64')}?=`;
    const params = `=?base64?${Buffer.from('eu').toString('base64')}?=`;
    const answer = await askModern(
      `${gate.url}/mcp/t/all`,
      tokens.tester,
      'tools/call',
      { name: 'notes__read_note', arguments: {} },
      { 'mcp-name': encoded, 'mcp-param-region': params },
    );
    expect(answer.result).toBeDefined();
    expect(servers.notes.effects().at(-1)?.headers).toMatchObject({
      'mcp-name': 'read_note',
      'mcp-method': 'tools/call',
      'mcp-param-region': 'eu',
      'mcp-protocol-version': '2026-07-28',
    });
  });
});

test(verifies('incident-15-controls-run', 'the records of one call show each step of the path'), async () => {
  await askModern(`${gate.url}/mcp/notes`, tokens.tester, 'tools/call', { name: 'write_note', arguments: { text: 'x' } });
  const [delivered, permitted] = await gate.records({ order: 'newest', limit: '2' });
  expect(permitted).toMatchObject({
    event: 'call.permitted',
    category: 'access',
    node: 'gateway',
    space: 'default',
    address: '127.0.0.1',
    route: 'server:notes',
    principal: 'sallyport|tester',
    agent: 'tester',
    revision: '2026-07-28',
    method: 'tools/call',
    action: 'call_tool',
    server: 'notes',
    tool: 'write_note',
    definition: expect.stringMatching(/^[0-9a-f]{64}$/),
    digest: expect.any(String),
    sizeBytes: expect.any(Number),
    snapshot: expect.any(Number),
    policies: expect.arrayContaining([expect.stringContaining('policy.cedar')]),
    latencyMs: expect.any(Number),
  });
  expect(delivered).toMatchObject({
    event: 'result.delivered',
    category: 'execution',
    exchange: permitted?.['exchange'] ?? '',
    digest: expect.any(String),
  });
});

function readNote(token: string): Promise<Answer> {
  return askModern(`${gate.url}/mcp/notes`, token, 'tools/call', { name: 'read_note', arguments: {} });
}

/** A lease travels to the gate after control has answered. */
async function until(token: string, code: string | undefined): Promise<string | undefined> {
  for (let tries = 0; tries < 200; tries += 1) {
    const answer = await readNote(token);
    if (answer.code === code) return answer.code;
    await Bun.sleep(10);
  }
  return (await readNote(token)).code ?? 'no refusal';
}

describe(verifies('kill-switch', 'agents, servers, everything and tokens stop at once, and go on when told'), () => {
  test.each([{ target: 'agent', name: 'tester' }, { target: 'server', name: 'notes' }, { target: 'all' }])('%j', async (target) => {
    await gate.admin('PUT', '/kill', { ...target, on: true, reason: 'a test' });
    expect(await until(tokens.tester, 'ERR_KILLED')).toBe('ERR_KILLED');
    await gate.admin('PUT', '/kill', { ...target, on: false, reason: 'a test' });
    expect(await until(tokens.tester, undefined)).toBeUndefined();
  });

  test('a revoked token', async () => {
    const made = await gate.admin('POST', '/tokens', { agent: 'gone', groups: ['testers'], audience: ['*'], ttlMs: 60_000 });
    const [token, id] = [stringAt(made, 'token') ?? '', stringAt(made, 'id') ?? ''];
    expect(await until(token, undefined)).toBeUndefined();
    await gate.admin('DELETE', `/tokens/${id}`);
    expect(['ERR_TOKEN_REVOKED', 'ERR_TOKEN_INVALID']).toContain((await until(token, 'ERR_TOKEN_INVALID')) ?? '');
  });
});
