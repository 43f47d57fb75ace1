import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { startRecordingServer, toolNamed, type RecordingServer } from '../fixtures/recording-server.ts';
import { askModern, objectOf, openLegacy, stringAt, type Answer } from './asking.ts';
import { verifies } from './requirements.ts';

/** Incident class 2 of peers.md part 5: a tool that runs other tools by name, past the policies of those. */
const POLICY = `
  permit(principal, action in Action::"session", resource in Server::"notes");
  permit(principal in Group::"testers", action == Action::"call_tool", resource in Server::"notes")
    unless { resource.name == "hidden" };
  forbid(principal, action == Action::"call_tool", resource == Tool::"notes/pay")
    unless { context.arguments has text && context.arguments.text == "small" };
  forbid(principal, action == Action::"call_tool", resource == Tool::"notes/run_tool")
    when { context.arguments has reason && context.arguments.reason == "none" };
  permit(principal in Group::"guests", action == Action::"call_tool", resource == Tool::"notes/find");
`;
const RUN = { type: 'object', properties: { tool: { type: 'string' }, args: { type: 'object' }, reason: { type: 'string' } } };
const SPREAD = { type: 'object', properties: { tool: { type: 'string' } }, additionalProperties: true };
const HEADED = { type: 'object', properties: { tool: { type: 'string', 'x-mcp-header': 'Tool' }, args: { type: 'object' } } };
const TOOLS = [
  toolNamed('headed', { inputSchema: HEADED }),
  toolNamed('run_tool', { inputSchema: RUN }),
  toolNamed('spread', { inputSchema: SPREAD }),
  toolNamed('find'), toolNamed('pay'), toolNamed('hidden'), toolNamed('outside'), toolNamed('drifting'),
];
const RUNS = '{ effect: execute, dispatches: { name: tool, arguments: args } }';
const DECLARED = `{ run_tool: ${RUNS}, headed: ${RUNS}, spread: { effect: execute, dispatches: { name: tool } } }`;

let server: RecordingServer;
let gate: Gate;
let token: string;

beforeAll(async () => {
  server = startRecordingServer({
    says: { tools: [...TOOLS] },
    answer: ({ method, id, params }) => (method === 'tools/call' ? (asking(id, params) ?? sayingListChanged(id)) : undefined),
  });
  gate = await startGate({
    policy: POLICY,
    manifest: `servers: { notes: { url: "${server.url}", allowPrivate: true, owner: tests, tools: ${DECLARED} } }
toolsets:
  desk: [{ server: notes, tools: [run_tool, find] }]
  bare: [{ server: notes, tools: [find] }]\n`,
  });
  await gate.enrol('notes');
  token = await gate.token();
});

afterAll(async () => {
  await gate.stop();
  await server.stop();
});

afterEach(() => {
  server.says.tools = [...TOOLS];
});

/** Every answer says that the lists changed, so that the next call checks the pins. */
function sayingListChanged(id: unknown): Response {
  const events = [
    { jsonrpc: '2.0', method: 'notifications/tools/list_changed' },
    { jsonrpc: '2.0', id, result: { resultType: 'complete', content: [{ type: 'text', text: 'done' }] } },
  ];
  return new Response(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''), {
    headers: { 'content-type': 'text/event-stream' },
  });
}

/** Whatever is called for the reason `ask` needs a second round. */
function asking(id: Json | undefined, params: JsonObject): Response | undefined {
  if (stringAt(objectOf(params['arguments']), 'reason') !== 'ask' || 'requestState' in params) return undefined;
  return Response.json({ jsonrpc: '2.0', id, result: { resultType: 'input_required', requestState: 'first round' } });
}

function call(name: string, args: JsonObject, path = '/mcp/notes', as = token): Promise<Answer> {
  return askModern(gate.url + path, as, 'tools/call', { name, arguments: args });
}

function ask(params: JsonObject, header: string | null = null): Promise<Answer> {
  return askModern(`${gate.url}/mcp/notes`, token, 'tools/call', params, { 'mcp-param-tool': header });
}

function run(tool: string, args: JsonObject = {}): Promise<Answer> {
  return call('run_tool', { tool, args });
}

/** An answer without the id that makes each one different. */
function shapeOf(answer: Answer): string {
  return `${answer.status} ${answer.text.replaceAll(answer.exchange ?? 'none', 'EXCHANGE')}`;
}

/** That nothing reaches the server while this is asked. */
async function refused(attempt: () => Promise<Answer>): Promise<Answer> {
  const before = server.effects().length;
  const answer = await attempt();
  expect(server.effects().length).toBe(before);
  return answer;
}

describe(verifies('incident-2-dispatchers', 'a call of a dispatcher is a call of what it runs'), () => {
  test('what may be called may be called through it, in both eras, and the server gets the message as it was said', async () => {
    const answer = await run('find', { text: 'a' });
    expect(answer.result).toBeDefined();
    expect(server.effects().at(-1)?.params).toMatchObject({ name: 'run_tool', arguments: { tool: 'find', args: { text: 'a' } } });
    const legacy = await openLegacy(`${gate.url}/mcp/notes`, token);
    expect((await legacy.request('tools/call', { name: 'run_tool', arguments: { tool: 'find' } })).result).toBeDefined();
    expect((await legacy.request('tools/call', { name: 'run_tool', arguments: { tool: 'hidden' } })).code).toBe('ERR_TOOL_UNKNOWN');
  });

  test('what may not be called is refused through it as what does not exist', async () => {
    const missing = shapeOf(await refused(() => run('nothing')));
    expect(missing).toContain('ERR_TOOL_UNKNOWN');
    expect(shapeOf(await refused(() => run('hidden')))).toBe(missing);
    expect(shapeOf(await refused(() => call('nothing', {})))).toBe(missing);
    expect(shapeOf(await refused(() => call('spread', { tool: 'hidden' })))).toBe(missing);
  });

  test.each(['Find', 'FIND', ' find', 'find ', 'notes__find', 'mcp__notes__find', 'fіnd', 'find\u200b', 'constructor'])(
    '%p is no name of a tool', async (alias) => {
      expect((await refused(() => run(alias))).code).toBe('ERR_TOOL_UNKNOWN');
    },
  );

  test('limits on arguments hold for the inner arguments', async () => {
    expect((await run('pay', { text: 'small' })).result).toBeDefined();
    for (const args of [{ text: 'large' }, {}]) {
      const denied = await refused(() => run('pay', args));
      expect([denied.code, denied.rpcCode]).toEqual(['ERR_POLICY_DENIED', (await refused(() => call('pay', args))).rpcCode]);
    }
    expect((await call('spread', { tool: 'pay', text: 'small' })).result).toBeDefined();
    expect((await refused(() => call('spread', { tool: 'pay', text: 'large' }))).code).toBe('ERR_POLICY_DENIED');
    expect((await refused(() => call('run_tool', { tool: 'pay' }))).code).toBe('ERR_POLICY_DENIED');
  });

  test.each<[string, JsonObject]>([
    ['no name', { args: {} }],
    ['a name that is no string', { tool: ['find'], args: {} }],
    ['an empty name', { tool: '' }],
    ['arguments that are no object', { tool: 'find', args: '{}' }],
    ['a property that is not pinned', { tool: 'find', toolName: 'hidden' }],
    ['dispatchers without end', { tool: 'run_tool', args: { tool: 'run_tool', args: { tool: 'run_tool', args: { tool: 'find' } } } }],
  ])('%s is refused', async (_, args) => {
    const answer = await refused(() => call('run_tool', args));
    expect([answer.code, answer.rpcCode]).toEqual(['ERR_PARAMS_INVALID', -32602]);
  });

  test('dispatchers in dispatchers are unwrapped', async () => {
    expect((await run('run_tool', { tool: 'find' })).result).toBeDefined();
    expect((await refused(() => run('spread', { tool: 'hidden' }))).code).toBe('ERR_TOOL_UNKNOWN');
    expect((await refused(() => run('run_tool', { tool: 'pay', args: { text: 'large' } }))).code).toBe('ERR_POLICY_DENIED');
  });

  test('what is forbidden of the dispatcher holds, and tells nobody whether there is what it would run', async () => {
    expect((await call('run_tool', { tool: 'find', reason: 'some' })).result).toBeDefined();
    expect((await refused(() => call('run_tool', { tool: 'find', reason: 'none' }))).code).toBe('ERR_POLICY_DENIED');
    expect((await refused(() => run('run_tool', { tool: 'find', reason: 'none' }))).code).toBe('ERR_POLICY_DENIED');
    const missing = shapeOf(await refused(() => call('run_tool', { tool: 'nothing', reason: 'none' })));
    expect(shapeOf(await refused(() => call('run_tool', { tool: 'hidden', reason: 'none' })))).toBe(missing);
  });

  const HEADED_CALL = { name: 'headed', arguments: { tool: 'find' } };
  test('headers mirror the dispatcher, which is what the message names', async () => {
    expect((await ask(HEADED_CALL, 'find')).result).toBeDefined();
    for (const header of ['pay', null]) expect((await refused(() => ask(HEADED_CALL, header))).code).toBe('ERR_HEADER_MISMATCH');
  });

  test('a second round is the same call of the same dispatcher', async () => {
    const first = { tool: 'find', args: { text: 'a' }, reason: 'ask' };
    const state = stringAt((await call('run_tool', first)).result ?? {}, 'requestState') ?? '';
    for (const other of [{ ...first, reason: 'other' }, { ...first, tool: 'drifting' }]) {
      expect((await refused(() => ask({ name: 'run_tool', arguments: other, requestState: state }))).code).toBe('ERR_STATE_INVALID');
    }
    expect((await refused(() => ask({ name: 'find', arguments: { text: 'a' }, requestState: state }))).code).toBe('ERR_STATE_INVALID');
    expect((await ask({ name: 'run_tool', arguments: first, requestState: state })).result).toBeDefined();
  });

  test('who may not see the dispatcher cannot use it, nor tell that it is there', async () => {
    const guest = await gate.token({ agent: 'guest', groups: ['guests'] });
    const missing = shapeOf(await refused(() => call('nothing', {}, '/mcp/notes', guest)));
    for (const args of [{ tool: 'find' }, { tool: 'hidden' }, { tool: 1 }, {}]) {
      expect(shapeOf(await refused(() => call('run_tool', args, '/mcp/notes', guest)))).toBe(missing);
    }
    expect((await call('find', {}, '/mcp/notes', guest)).result).toBeDefined();
  });
});

describe(verifies('incident-2-dispatchers', 'toolsets'), () => {
  test('the dispatcher and what it runs must both be in the set', async () => {
    expect((await call('notes__run_tool', { tool: 'find' }, '/mcp/t/desk')).result).toBeDefined();
    expect(server.effects().at(-1)?.params).toMatchObject({ name: 'run_tool', arguments: { tool: 'find' } });
    for (const tool of ['outside', 'notes__find', 'nothing']) {
      expect((await refused(() => call('notes__run_tool', { tool }, '/mcp/t/desk'))).code).toBe('ERR_TOOL_UNKNOWN');
    }
    expect((await refused(() => call('notes__run_tool', { tool: 'find' }, '/mcp/t/bare'))).code).toBe('ERR_TOOL_UNKNOWN');
  });
});

describe(verifies('incident-2-dispatchers', 'pins and records'), () => {
  test('drift of the dispatcher or of what it runs denies', async () => {
    expect((await run('drifting')).result).toBeDefined();
    server.says.tools = TOOLS.map((tool) => (tool['name'] === 'drifting' ? { ...tool, annotations: { destructiveHint: true } } : tool));
    await call('find', {});
    expect((await refused(() => run('drifting'))).code).toBe('ERR_PIN_DRIFT');
    expect((await run('find')).result).toBeDefined();
    server.says.tools = TOOLS.map((tool) => (tool['name'] === 'run_tool' ? { ...tool, annotations: { destructiveHint: true } } : tool));
    await call('find', {});
    expect((await refused(() => run('find'))).code).toBe('ERR_PIN_DRIFT');
    expect((await call('find', {})).result).toBeDefined();
    server.says.tools = [...TOOLS];
    await call('find', {});
    expect((await run('find')).result).toBeDefined();
  });

  test('the record names what ran, and the dispatcher', async () => {
    const denied = await refused(() => run('run_tool', { tool: 'pay', args: { text: 'large' } }));
    const records = await gate.records({ exchange: denied.exchange ?? '' });
    expect(records.map(({ event, tool, dispatchers }) => ({ event, tool, dispatchers }))).toEqual([
      { event: 'call.denied', tool: 'pay', dispatchers: ['run_tool', 'run_tool'] },
    ]);
    const broken = await refused(() => call('run_tool', { args: {} }));
    expect(await gate.records({ exchange: broken.exchange ?? '' })).toMatchObject([{ event: 'call.refused', tool: 'run_tool' }]);
    expect(await gate.records({ tool: 'find' })).toContainEqual(expect.objectContaining({ event: 'call.permitted', dispatchers: ['run_tool'] }));
  });
});

test(verifies('incident-2-dispatchers', 'what looks like an undeclared dispatcher is pointed out when its server is read'), async () => {
  const inputSchema = { type: 'object', properties: { toolName: { type: 'string' }, params: { type: 'object' } } };
  server.says.tools = [...TOOLS, toolNamed('go', { inputSchema })];
  const { findings } = await gate.admin('POST', '/servers/notes/scan', {});
  const found = (Array.isArray(findings) ? findings : []).map(objectOf).filter((one) => stringAt(one, 'rule')?.startsWith('dispatcher-'));
  expect(found.map(({ rule, item, severity }) => [rule, item, severity])).toEqual([['dispatcher-undeclared', 'go', 'warn']]);
});
