import { afterAll, beforeAll, expect, test } from 'bun:test';
import { isObject, type JsonObject } from '../../src/domain/json.ts';
import { digestSecrets, isRecognisable } from '../../src/detect/secrets/digest.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { callTool, modernRequest, objectIn, readCalled, toolParams, type Called } from '../fixtures/modern-call.ts';
import { startRecordingServer, toolNamed, type RecordingServer } from '../fixtures/recording-server.ts';
import { stringAt } from './asking.ts';

/* Gateways know the secrets of the vault, and canaries, when they meet them, and never hold them. */

const SECRET = 'k9-Vantage-Otter-2217-prime';
const ROTATED = 'm4-Basalt-Heron-9038-delta';
let server: RecordingServer;
let gate: Gate;
let token: string;
let says = 'nothing';

beforeAll(async () => {
  server = startRecordingServer({
    says: { tools: [toolNamed('send')] },
    answer: ({ method, id }) => (method === 'tools/call'
      ? Response.json({ jsonrpc: '2.0', id, result: { resultType: 'complete', content: [{ type: 'text', text: says }] } }) : undefined),
  });
  gate = await startGate({
    manifest: `servers:\n  mail: { url: "${server.url}", allowPrivate: true, owner: o@example.com }\n`,
    policy: 'permit(principal, action == Action::"call_tool", resource);',
  });
  await gate.enrol('mail');
  token = await gate.token();
  await gate.admin('PUT', '/vault/crm', { value: SECRET, owner: 'ann' });
});
afterAll(async () => {
  await gate.stop();
  await server.stop();
});

const call = (args: JsonObject): Promise<Called> => callTool(`${gate.url}/mcp/mail`, token, 'send', args);
const last = async (event: string): Promise<JsonObject> => (await gate.records({ event })).at(-1) ?? {};

/** A new snapshot is in force at the gateway a moment after control has made it. */
async function until(args: JsonObject, code: string | undefined): Promise<void> {
  const end = Date.now() + 4_000;
  while ((await call(args)).code !== code && Date.now() < end) await Bun.sleep(20);
  expect((await call(args)).code).toBe(code);
}

test('a secret of the vault is refused in arguments by default/secret-egress: as it is, in base64, in two fields; its like is not', async () => {
  await until({ text: `key: ${SECRET}` }, 'ERR_POLICY_DENIED');
  const denied = await last('call.denied');
  expect(denied).toMatchObject({ policies: ['default/secret-egress'], findings: expect.arrayContaining([
    expect.objectContaining({ detector: 'secrets', rule: 'known-secret', seen: 'crm' })]) });
  expect(JSON.stringify(denied)).not.toContain('Otter');
  for (const args of [
    { text: Buffer.from(`the key is ${SECRET}`).toString('base64') }, { text: SECRET.toUpperCase() }, { text: SECRET.slice(0, 13), more: SECRET.slice(13) },
    { text: Buffer.from(SECRET).toString('hex') }, { more: { [SECRET]: 1 } },
  ]) expect((await call(args)).code).toBe('ERR_POLICY_DENIED');
  const before = server.heard.length;
  expect((await call({ text: 'an otter at a vantage point, prime time, 2217' })).result).toBeDefined();
  expect(server.heard.length).toBe(before + 1);
});

test.each<[string, JsonObject]>([
  ['a progress token', { progressToken: SECRET }],
  ['what looks like the protocol\'s own', { 'io.modelcontextprotocol/note': SECRET }],
  ['what looks like ours', { 'io.sallyport/note': SECRET }],
  ['the name of the client', { 'io.modelcontextprotocol/clientInfo': { name: SECRET, version: '1' } }],
  ['the name of a capability', { 'io.modelcontextprotocol/clientCapabilities': { experimental: { [SECRET]: {} } } }],
  ['baggage', { baggage: `k=${SECRET}` }],
  ['the state of a trace', { tracestate: `k=${SECRET}` }],
])('metadata is looked at as well: %s', async (_, meta) => {
  const params = toolParams('send', { text: 'hello' });
  const said = { ...params, _meta: { ...objectIn(params['_meta']), ...meta } };
  const before = server.heard.length;
  const response = await fetch(`${gate.url}/mcp/mail`, modernRequest(token, 'tools/call', said));
  expect(readCalled(response.status, await response.text()).code).toBe('ERR_POLICY_DENIED');
  expect(server.heard.length).toBe(before);
});

test('an answer that holds one is withheld by the same policy', async () => {
  says = `config: ${Buffer.from(SECRET).toString('base64')}`;
  const answer = await call({ text: 'x' });
  expect([answer.code, answer.result]).toEqual(['ERR_POLICY_DENIED', undefined]);
  expect(await last('result.withheld')).toMatchObject({ policies: ['default/secret-egress'], findings: expect.arrayContaining([
    expect.objectContaining({ rule: 'known-secret' })]) });
  says = 'nothing';
});

test('what gateways are told is sealed, holds no secret, and follows rotation and revocation', async () => {
  await gate.admin('POST', '/vault/crm/rotate', { value: ROTATED });
  await until({ text: ROTATED }, 'ERR_POLICY_DENIED');
  // The version before may still be good where it came from.
  expect((await call({ text: SECRET })).code).toBe('ERR_POLICY_DENIED');
  await gate.admin('POST', '/vault/crm/revoke', { version: 1 });
  await until({ text: SECRET }, undefined);
  const snapshot = (await gate.control().store.snapshots.latest())?.bytes ?? '';
  const { known }: { readonly known: JsonObject } = JSON.parse(snapshot);
  expect(Object.keys(known)).toEqual(['default']);
  for (const plain of [SECRET, ROTATED, 'shingles', 'crm"']) expect(JSON.stringify(known)).not.toContain(plain);
});

test('without the digests nothing of this is refused', async () => {
  await until({ text: ROTATED }, 'ERR_POLICY_DENIED');
  await gate.admin('DELETE', '/vault/crm');
  await until({ text: ROTATED }, undefined);
});

test('a canary is made once, shown once, released to nobody, and found wherever it turns up', async () => {
  const made = await gate.admin('POST', '/vault/bait%2Ffinance/canary', { planted: 'the wiki, page Finance', like: 'aws' });
  const value = stringAt(made, 'value');
  expect(value).toMatch(/^AKIA[A-Z2-7]{16}$/);
  await until({ text: `found ${value}` }, 'ERR_POLICY_DENIED');
  expect(await last('call.denied')).toMatchObject({ policies: ['default/secret-egress'], findings: expect.arrayContaining([
    expect.objectContaining({ detector: 'secrets', rule: 'canary', seen: 'bait/finance' })]) });
  const listed = await gate.admin('GET', '/vault');
  expect(JSON.stringify(listed)).not.toContain(value);
  expect(listed['secrets']).toContainEqual(expect.objectContaining({ name: 'bait/finance', canary: 'the wiki, page Finance', findings: [] }));
  const read = await gate.control().vault.read('default', 'vault:bait/finance').catch((fault: unknown) => String(fault));
  expect(read).toContain('missing, empty or not usable');
  expect(await gate.admin('PUT', '/vault/bait%2Ffinance', { value: SECRET }).catch((fault: unknown) => String(fault))).toContain('ERR_CONFLICT');
});

test('what is like other text is not known, and whoever keeps it is told', async () => {
  await gate.admin('PUT', '/vault/short', { value: 'development' });
  const { findings } = await gate.admin('GET', '/vault/short');
  expect(Array.isArray(findings) ? findings.flatMap((one) => (isObject(one) ? [one['rule']] : [])) : []).toContain('secret-not-recognised');
  for (const value of ['v1', 'development', 'aaaaaaaaaaaaaaaaa1', '{"type":"service_account","auth_uri":"https://accounts.google.com/o/oauth2/auth"}']) {
    expect(isRecognisable(value)).toBeFalse();
  }
  const pair = '-----BEGIN CERTIFICATE-----\nMIIBpublicPartThatAnybodyMayHave1234\n-----END CERTIFICATE-----\n' +
    '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIFr2kzq81xPoQ0s\n-----END PRIVATE KEY-----';
  const [known] = digestSecrets(Buffer.alloc(32, 1).toString('base64url'), [{ name: 'pair', kind: 'vault', value: pair }]).secrets;
  const [alone] = digestSecrets(Buffer.alloc(32, 1).toString('base64url'), [
    { name: 'pair', kind: 'vault', value: 'MC4CAQAwBQYDK2VwBCIEIFr2kzq81xPoQ0s' }]).secrets;
  expect(JSON.stringify(known)).toBe(JSON.stringify(alone));
});
