import { afterAll, beforeAll, expect, spyOn, test } from 'bun:test';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../src/domain/json.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { startRecordingServer, toolNamed, type Heard, type RecordingServer } from '../fixtures/recording-server.ts';
import { ask, askLegacy, askModern, INITIALIZE, legacyHeaders, openLegacy, stringAt, type Answer } from './asking.ts';
import { verifies } from './requirements.ts';

/** One secret for each place that a careless log could take one from. */
const PLACES = [
  'argument',
  'promptArgument',
  'completion',
  'result',
  'toolError',
  'rpcError',
  'brokenJson',
  'failedBody',
  'header',
  'cookie',
  'query',
  'resourceQuery',
  'unknownTool',
  'unknownMethod',
  'malformed',
  'duplicate',
  'state',
  'session',
  'taskId',
  'cursor',
  'eventId',
  'clientInfo',
  'notification',
  'response',
  'basic',
  'credential',
  'revoked',
  'sealed',
  'passphrase',
  'inlineSecret',
  'urlPassword',
  'meta',
  'mirrored',
  'badToken',
] as const;

const canaries: Readonly<Record<string, string>> = Object.fromEntries(
  PLACES.map((place) => [place, `canary-${place}-${Bun.randomUUIDv7()}`]),
);

/** The secret of a place; a place that does not exist is a mistake of this test. */
function canary(place: (typeof PLACES)[number]): string {
  const secret = canaries[place];
  if (secret === undefined) throw new Error(place);
  return secret;
}
const POLICY = `
  permit(principal in Group::"testers", action, resource in Server::"notes");
  permit(principal in Group::"testers", action, resource in Server::"broken");
`;

let server: RecordingServer;
let gate: Gate;
let token: string;
let other: string;
let answersOfOther: readonly Answer[];
const printed: string[] = [];
const stopListening: (() => void)[] = [];

beforeAll(async () => {
  listenToOutput();
  server = startRecordingServer({
    says: {
      tools: [toolNamed('plain'), toolNamed('fails'), toolNamed('errs'), toolNamed('garbles'), toolNamed('breaks')],
      prompts: [{ name: 'greet', arguments: [{ name: 'who' }] }],
    },
    answer: misbehave,
  });
  gate = await startGate({
    policy: POLICY,
    manifest:
      `servers:\n  notes: { url: "${server.url}", allowPrivate: true, owner: tests, ` +
      'credentials: { type: header, header: x-upstream-key, secret: "vault:notes" } }\n' +
      `  broken: { url: "${server.url}", allowPrivate: true, owner: tests }\n`,
  });
  await fillVault();
  await gate.enrol('notes', 'broken');
  token = await gate.token();
  other = await gate.token({ agent: 'other' });
  await spill();
  answersOfOther = await Promise.all(
    ['fails', 'errs', 'garbles', 'breaks'].map((name) => askModern(`${gate.url}/mcp/notes`, other, 'tools/call', { name, arguments: {} })),
  );
}, 30_000);

afterAll(async () => {
  for (const stop of stopListening) stop();
  await gate.stop();
  await server.stop();
});

/** One that was rotated away, one that the upstream is shown, one that nothing refers to; and words that open nothing. */
async function fillVault(): Promise<void> {
  await gate.admin('PUT', '/vault/notes', { value: canary('revoked'), owner: 'tests' });
  await gate.admin('POST', '/vault/notes/rotate', { value: canary('credential'), revokeOld: true });
  await gate.admin('PUT', '/vault/idle', { value: canary('sealed') });
  await gate.admin('POST', '/vault/unlock', { passphrase: canary('passphrase') });
  await gate.admin('POST', '/vault/rekey', { passphrase: canary('passphrase') });
  for (const name of [canary('sealed'), 'notes?space=none']) await gate.admin('POST', `/vault/${name}/check`).catch(() => undefined);
}

function take(...parts: readonly unknown[]): void {
  printed.push(parts.map((part) => (part instanceof Error ? `${part.message} ${part.stack ?? ''}` : Bun.inspect(part))).join(' '));
}

function listenToOutput(): void {
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) {
    const spy = spyOn(console, method).mockImplementation(take);
    stopListening.push(() => spy.mockRestore());
  }
  for (const stream of [process.stdout, process.stderr]) {
    const spy = spyOn(stream, 'write').mockImplementation((chunk) => {
      take(chunk);
      return true;
    });
    stopListening.push(() => spy.mockRestore());
  }
}

/** What only the first caller is told comes back to no other one. */
function misbehave({ method, params, id, headers }: Heard): Response | undefined {
  if (method !== 'tools/call' || params['name'] === 'plain') return undefined;
  const mine = JSON.stringify(params).includes(canary('argument'));
  const say = (place: (typeof PLACES)[number]): string => (mine ? canary(place) : 'nothing');
  const rpc = (body: JsonObject, status = 200): Response => Response.json({ jsonrpc: '2.0', id: id ?? null, ...body }, { status });
  switch (stringAt(params, 'name') ?? '') {
    case 'fails':
      return rpc({ result: { resultType: 'complete', isError: true, content: [{ type: 'text', text: say('toolError') }] } });
    case 'errs':
      return rpc({ error: { code: -32_050, message: say('rpcError'), data: { key: headers['x-upstream-key'] ?? '' } } }, 400);
    case 'garbles':
      return new Response(`{"jsonrpc":"2.0","id":1,"result":{"a":${say('brokenJson')}`, {
        headers: { 'content-type': 'application/json' },
      });
    default:
      return new Response(say('failedBody'), { status: 500, headers: { 'content-type': 'text/plain' } });
  }
}

/** Says every secret in its place, in both eras, with and without success. */
async function spill(): Promise<void> {
  const url = `${gate.url}/mcp/notes`;
  const secretHeaders = { 'x-api-key': canary('header'), cookie: `session=${canary('cookie')}`, 'mcp-param-key': canary('mirrored') };
  const mine = { text: canary('argument') };
  for (const name of ['plain', 'fails', 'errs', 'garbles', 'breaks']) {
    await askModern(
      `${url}?api_key=${canary('query')}`,
      token,
      'tools/call',
      { name, arguments: { ...mine, result: canary('result') }, _meta: { 'example.com/key': canary('meta') } },
      secretHeaders,
    );
  }
  await askModern(url, token, 'prompts/get', { name: 'greet', arguments: { who: canary('promptArgument') } });
  await askModern(url, token, 'completion/complete', {
    ref: { type: 'ref/prompt', name: 'greet' },
    argument: { name: 'who', value: canary('completion') },
  });
  await askModern(url, token, 'resources/read', {
    uri: `https://files.example/a?key=${canary('resourceQuery')}#${canary('resourceQuery')}`,
  });
  await askModern(url, token, 'resources/read', { uri: `https://user:${canary('resourceQuery')}@files.example/a` });
  await askModern(url, token, 'tools/call', { name: canary('unknownTool') });
  await askModern(url, token, canary('unknownMethod'), {});
  await askModern(url, token, 'tools/call', { name: 'plain', arguments: {}, requestState: canary('state') });
  await askModern(url, token, 'tasks/get', { taskId: canary('taskId') });
  await askModern(url, token, 'tools/list', { cursor: canary('cursor') });
  await askModern(url, canary('badToken'), 'tools/list');
  await askModern(url, token, 'tools/list', {}, { authorization: `Basic ${canary('basic')}` });
  const headers = legacyHeaders(token);
  await ask(url, { method: 'POST', headers, body: `{"jsonrpc":"2.0","id":1,"method":${canary('malformed')}` });
  await ask(url, {
    method: 'POST',
    headers,
    body: `{"jsonrpc":"2.0","id":1,"method":"x","params":{"${canary('duplicate')}":1,"${canary('duplicate')}":2}}`,
  });
  await askLegacy(url, token, 'tools/list', {}, { 'mcp-session-id': canary('session') });
  await askLegacy(url, token, 'initialize', { ...INITIALIZE, clientInfo: { name: canary('clientInfo'), version: '1' } });
  const session = await openLegacy(url, token);
  await session.notify('notifications/progress', { progressToken: canary('notification'), progress: 1 });
  await ask(url, {
    method: 'POST',
    headers: session.headers,
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, result: { text: canary('response') } }),
  });
  await session.transport('GET', { 'last-event-id': canary('eventId') });
  await session.request('tools/call', { name: 'garbles', arguments: mine });
  await session.request('tools/call', { name: 'errs', arguments: mine });
}

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** A secret as it is, and as it would look in a header, a URL or another text. */
function spellingsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    encodeURIComponent(secret),
  ];
}

function found(text: string, secrets: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(secrets)
    .filter(([, secret]) => spellingsOf(secret).some((spelling) => text.includes(spelling)))
    .map(([place]) => place);
}

test(verifies('secrets-nowhere', 'no file of any role holds what was said, nor a token'), () => {
  const secrets = { ...canaries, token, other };
  const held = filesUnder(gate.home).flatMap((file) =>
    found(readFileSync(file, 'latin1'), secrets).map((place) => `${file.slice(gate.home.length)}: ${place}`),
  );
  expect(held).toEqual([]);
  // The search does see what is there: names of servers are.
  const searched = filesUnder(gate.home)
    .filter((file) => readFileSync(file, 'latin1').includes('notes'))
    .map((file) => file.slice(gate.home.length));
  expect(searched.some((file) => file.startsWith('/ledger/segments/'))).toBe(true);
  expect(searched.some((file) => file.startsWith('/control/store.db'))).toBe(true);
});

test(verifies('secrets-nowhere', 'no private file can be read by others'), () => {
  const open = filesUnder(gate.home).filter(
    (file) => /key\.pem$|\.token$|\.key$|salts|store\.db/.test(file) && (statSync(file).mode & 0o077) !== 0,
  );
  expect(open.map((file) => file.slice(gate.home.length))).toEqual([]);
});

test(verifies('secrets-nowhere', 'nothing was printed'), () => {
  expect(found(printed.join('\n'), { ...canaries, token, other })).toEqual([]);
});

test(verifies('secrets-nowhere', 'other callers, the record and the control API learn nothing of it'), async () => {
  expect(answersOfOther).toHaveLength(4);
  const said = [
    answersOfOther.map(({ text }) => text.replaceAll(canary('credential'), '(told by the upstream itself)')),
    await gate.records(),
    await gate.admin('GET', '/servers'),
    await gate.admin('GET', '/servers/notes'),
    await gate.admin('GET', '/tokens'),
    await gate.admin('GET', '/status'),
    await gate.admin('GET', '/manifest'),
    await gate.admin('GET', '/vault'),
    await gate.admin('GET', '/vault/notes'),
    await gate.admin('POST', '/vault/notes/check'),
  ];
  expect(found(JSON.stringify(said), { ...canaries, token, other })).toEqual([]);
});

test(verifies('secrets-nowhere', 'no argument of a process, and no released credential\'s record, holds one'), async () => {
  const lines = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((pid) => cmdlineOf(pid));
  expect(lines).toContain(cmdlineOf(String(process.pid)));
  expect(cmdlineOf(String(process.pid))).not.toBe('');
  expect(found(lines.join('\n'), canaries)).toEqual([]);
  const released = await gate.records({ event: 'credential.released' });
  expect(released.length).toBeGreaterThan(0);
  expect(released[0]).toMatchObject({ server: 'notes', detail: { kind: 'header', secret: 'vault:notes', id: 'vault|default/notes@2' } });
  // What is held is sealed: the vault's file of the key alone does not give it away, nor does the store.
  expect(found(readFileSync(join(gate.home, 'control', 'vault.key'), 'utf8'), canaries)).toEqual([]);
});

/** Of a process that ended meanwhile, or is another user's: nothing. */
function cmdlineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

function apply(entry: string): Promise<string> {
  const text = `apiVersion: sallyport/v1\nservers:\n  bad: ${entry}\n`;
  return gate.admin('POST', '/manifest', { file: 'sallyport.yaml', text, policies: [] }).then(() => 'applied', String);
}

test(verifies('secrets-nowhere', 'a secret written into sallyport.yaml is refused without being repeated'), async () => {
  const inline = await apply(
    `{ url: "https://a.example/mcp", owner: tests, credentials: { type: header, header: x-key, secret: "${canary('inlineSecret')}" } }`,
  );
  const inUrl = await apply(`{ url: "https://user:${canary('urlPassword')}@a.example/mcp", owner: tests }`);
  for (const refusal of [inline, inUrl]) {
    expect(refusal).toMatch(/ERR_CONFIG_INVALID.*sallyport\.yaml:\d+:\d+/s);
    expect(found(refusal, canaries)).toEqual([]);
  }
});

const FIXED = {
  accept: 'application/json, text/event-stream',
  'accept-encoding': 'identity',
  'content-type': 'application/json',
  'user-agent': 'sallyport',
};
const INTRUDERS = {
  cookie: 'a=b',
  'x-api-key': 'k',
  'x-forwarded-for': '203.0.113.9',
  forwarded: 'for=203.0.113.9',
  via: '1.1 x',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  baggage: 'a=b',
  referer: 'http://localhost/a',
  'accept-language': 'de',
  'proxy-authorization': 'Basic eA==',
  dpop: 'x',
  'x-real-ip': '203.0.113.9',
  'x-upstream-key': 'mine',
  'mcp-made-up': 'x',
  'user-agent': 'evil',
  'x-http-method-override': 'DELETE',
  te: 'trailers',
  'if-none-match': 'x',
  range: 'bytes=0-1',
};

/** What an upstream of this length, host and revision is to get, and nothing else. */
function exact({ body }: Heard, more: Readonly<Record<string, string>>, credential: boolean): Record<string, string> {
  return {
    ...FIXED,
    connection: 'keep-alive',
    host: new URL(server.url).host,
    'content-length': String(Buffer.byteLength(body)),
    ...more,
    ...(credential ? { 'x-upstream-key': canary('credential') } : {}),
  };
}

test.each([
  ['notes', true],
  ['broken', false],
] as const)(verifies('headers-outbound', 'an upstream gets exactly these headers: %s'), async (id, credential) => {
  const url = `${gate.url}/mcp/${id}`;
  const last = (): Heard =>
    server.effects().at(-1) ?? { httpMethod: '', path: '', headers: {}, body: '', method: '', params: {}, id: undefined };
  await askModern(url, token, 'tools/call', { name: 'plain', arguments: {} }, INTRUDERS);
  expect(last().headers).toEqual(
    exact(last(), { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'plain' }, credential),
  );
  const session = await openLegacy(url, token);
  await session.request('tools/call', { name: 'plain', arguments: {} }, { ...INTRUDERS, 'mcp-method': 'tools/call', 'mcp-name': 'plain' });
  const { headers } = last();
  expect(headers).toEqual(
    exact(last(), { 'mcp-protocol-version': '2025-11-25', 'mcp-session-id': headers['mcp-session-id'] ?? '' }, credential),
  );
  expect(headers['mcp-session-id']).not.toBe(session.headers['mcp-session-id'] ?? '');
  expect(found(JSON.stringify(server.heard), { token, other })).toEqual([]);
});
