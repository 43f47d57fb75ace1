import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { generateKeyPairSync } from 'node:crypto';
import { objects, part } from '../../../src/cli/json-view.ts';
import { isObject, type JsonObject } from '../../../src/domain/json.ts';
import { writeBundle } from '../../../src/knowledge/bundle.ts';
import { shippedTables } from '../../../src/knowledge/table.ts';
import { publicHalf } from '../../../src/recovery/order.ts';
import { ACME_KEY, rulesWith } from '../../fixtures/edition.ts';
import { startGate, type Gate } from '../../fixtures/gate.ts';
import { callTool, type Called } from '../../fixtures/modern-call.ts';
import { startRecordingServer, toolNamed, type RecordingServer } from '../../fixtures/recording-server.ts';
import { verifies } from '../requirements.ts';

/* An edition changes what every gateway inspects by, without a restart; going back changes it back; what is damaged changes nothing, loudly. */

setDefaultTimeout(60_000);
const { privateKey } = generateKeyPairSync('ed25519');
let server: RecordingServer;
let gate: Gate;
let token: string;

beforeAll(async () => {
  server = startRecordingServer({
    says: { tools: [toolNamed('send')] },
    answer: ({ method, id }) => (method === 'tools/call'
      ? Response.json({ jsonrpc: '2.0', id, result: { resultType: 'complete', content: [{ type: 'text', text: 'sent' }] } }) : undefined),
  });
  gate = await startGate({
    manifest: `servers:\n  mail: { url: "${server.url}", allowPrivate: true, owner: o@example.com }\n`
      + `knowledge: { keys: { releases: "${publicHalf(privateKey)}" } }\n`,
    policy: 'permit(principal, action == Action::"call_tool", resource);\n'
      + '@id("keys") forbid(principal, action == Action::"call_tool", resource) when { context.findings.contains("secrets/token") };',
  });
  await gate.enrol('mail');
  token = await gate.token();
});
afterAll(async () => {
  await gate.stop();
  await server.stop();
});

const call = (): Promise<Called> => callTool(`${gate.url}/mcp/mail`, token, 'send', { text: `see ${ACME_KEY}` });
const imports = (sequence: number, secretRules: Record<string, unknown>): Promise<JsonObject> => gate.admin('POST', '/knowledge/bundles', {
  bundle: writeBundle({ ...shippedTables(), sequence, detection: { secretRules } }, 'releases', privateKey),
});
const gateways = async (): Promise<readonly JsonObject[]> => objects(part(await gate.admin('GET', '/status'), 'detection', 'gateways'));

/** A gateway has it a moment after control has signed it. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await holds()) && Date.now() < end) await Bun.sleep(20);
  expect(await holds()).toBe(true);
}
const isRefused = async (): Promise<boolean> => (await call()).code === 'ERR_POLICY_DENIED';
const passes = async (): Promise<boolean> => (await call()).result !== undefined;

test(verifies('knowledge-signed', 'a rule that an edition brings holds at every gateway, also one that starts later, until it is taken back'), async () => {
  await until(passes);
  await imports(2, rulesWith());
  await until(isRefused);
  const found = expect.objectContaining({ detector: 'secrets', rule: 'token', seen: 'acme-key' });
  expect((await gate.records({ event: 'call.denied' })).at(-1)).toMatchObject({ findings: expect.arrayContaining([found]) });
  const west = await gate.replica('west');
  expect((await callTool(`${west.url}/mcp/mail`, token, 'send', { text: ACME_KEY })).code).toBe('ERR_POLICY_DENIED');
  await until(async () => (await gateways()).filter(({ sequence, isCurrent }) => sequence === 2 && isCurrent === true).length === 2);
  await gate.admin('POST', '/knowledge/rollback', { number: 0, reason: 'a test' });
  await until(passes);
  await gate.admin('POST', '/knowledge/rollback', { number: 1, reason: 'a test' });
  await until(isRefused);
});

test(verifies('knowledge-signed', 'what a gateway cannot have changes nothing, is on record, and stands in the status'), async () => {
  const { store } = gate.control();
  await store.put('knowledge', 'default', '3', { text: '{}' }, { by: 'thief' });
  await gate.down('control');
  await gate.up('control');
  await until(isRefused);
  const late = await gate.replica('late');
  await until(async () => (await gate.records({ event: 'detection.kept' })).length > 0);
  expect(await gate.records({ event: 'detection.kept' })).toMatchObject([{ node: 'late', code: 'ERR_NOT_FOUND', detail: { sequence: 2 } }]);
  await until(async () => (await gateways()).some(({ node, isCurrent }) => node === 'late' && isCurrent === false));
  expect((await gateways()).filter((one) => isObject(one) && one['node'] !== 'late').every(({ isCurrent }) => isCurrent === true)).toBe(true);
  expect(await isRefused()).toBe(true);
  await late.close();
});
