import { afterAll, beforeAll, expect, test } from 'bun:test';
import { startCrm, type Crm } from '../../demo/crm.ts';
import { checkBundle } from '../../src/audit/bundle/check.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { isArray } from '../../src/domain/json.ts';
import { configure } from '../../src/control/fixture-control.ts';
import { expireContainments } from '../../src/control/containments/lift.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { callTool, objectIn, type Called } from '../fixtures/modern-call.ts';
import { startRecordingServer, toolNamed, type RecordingServer } from '../fixtures/recording-server.ts';
import { stringAt } from './asking.ts';
import { verifies } from './requirements.ts';

/** What is done once, and what it leaves, at a running gate. */
let crm: Crm;
let keyed: RecordingServer;
let gate: Gate;

beforeAll(async () => {
  crm = startCrm();
  keyed = startRecordingServer({ says: { tools: [toolNamed('open')] } });
  gate = await startGate({
    policy: `permit(principal in Group::"testers", action, resource);
      forbid(principal, action == Action::"call_tool", resource) when { resource.name == "send_quote" && context.contextIntegrity == "untrusted" };`,
    manifest: `servers:
  crm:
    { url: "${crm.url}", allowPrivate: true, owner: tests, labels: { confidentiality: internal, integrity: trusted },
      tools: { send_quote: { effect: communicate } } }
  keyed: { url: "${keyed.url}", allowPrivate: true, owner: tests, credentials: { type: header, header: x-key, secret: "vault:door" } }
limits: { denials: 1000000/min, strangerDenials: 1000000/min, cascade: { denials: 1000000 } }
`,
  });
  await gate.admin('PUT', '/vault/door', { value: 'first-value-of-the-door' });
  await gate.enrol('crm', 'keyed');
}, 30_000);

afterAll(async () => {
  await gate.stop();
  await Promise.all([crm.stop(), keyed.stop()]);
}, 30_000);

const READ = ['crm', 'search_contacts', { query: 'ada' }] as const;
const SEND = ['crm', 'send_quote', { id: 'c-1', text: 'hello' }] as const;
const OPEN = ['keyed', 'open', {}] as const;
type Tool = readonly [server: string, tool: string, args: JsonObject];

const ask = (token: string, [server, tool, args]: Tool): Promise<Called> => callTool(`${gate.url}/mcp/${server}`, token, tool, args);

async function until(token: string, tool: Tool, code: string | undefined): Promise<void> {
  let called = await ask(token, tool);
  for (let tries = 0; code === undefined ? called.result === undefined : called.code !== code; tries += 1) {
    if (tries === 500) throw new Error(`${tool[1]} answers ${JSON.stringify(called)}, and never ${code ?? 'a result'}`);
    await Bun.sleep(5);
    called = await ask(token, tool);
  }
}

function contain(verb: string, target: string, name: string, more: JsonObject = {}): Promise<JsonObject> {
  return gate.admin('POST', '/containments', { verb, scope: { target, name }, reason: 'a test', ...more });
}

function idOf(one: JsonObject): string {
  return stringAt(one, 'id') ?? '';
}

async function codeOf(asked: Promise<unknown>): Promise<string> {
  return asked.then(() => '', (error: unknown) => /"code":"(\w+)"/.exec(String(error))?.[1] ?? String(error));
}

async function contextOf(agent: string): Promise<JsonObject> {
  const { contexts } = await gate.admin('GET', '/contexts');
  return (isArray(contexts) ? contexts : []).map(objectIn).find((one) => one['agent'] === agent) ?? {};
}

test.each([['agent', 'badge'], ['principal', 'sallyport|badge'], ['space', '']])(
  verifies('containment-effect', 'revoke-tokens of %s %s ends what was issued until then, and nothing that is issued after'), async (target, name) => {
    const [token, other] = [await gate.token({ agent: 'badge' }), await gate.token({ agent: 'other' })];
    await until(token, READ, undefined);
    expect(await contain('revoke-tokens', target, name)).toMatchObject({ state: 'done', result: { tokens: expect.any(Number) } });
    await until(token, READ, 'ERR_TOKEN_INVALID');
    if (target !== 'space') expect((await ask(other, READ)).result).toBeDefined();
    await Bun.sleep(2);
    await until(await gate.token({ agent: 'badge' }), READ, undefined);
  }, 8_000);

test(verifies('containment-effect', 'step-up takes tokens that are fresh, and no other'), async () => {
  const token = await gate.token({ agent: 'stepper' });
  await until(token, READ, undefined);
  const old = await contain('step-up', 'agent', 'stepper', { tokenAgeMaxS: 30 });
  expect((await ask(token, READ)).result).toBeDefined();
  // The same token as it will be in a minute.
  const [row] = (await gate.control().store.list('token', 'default')).filter(({ body }) => objectIn(body)['agent'] === 'stepper');
  if (row === undefined) throw new Error('there is no such token');
  await configure(gate.control(), 'token', 'default', row.id, { ...objectIn(row.body), issuedAt: Date.now() - 60_000 });
  await until(token, READ, 'ERR_POLICY_DENIED');
  await until(await gate.token({ agent: 'stepper' }), READ, undefined);
  await gate.admin('POST', `/containments/${idOf(old)}/lift`, { reason: 'seen' });
}, 8_000);

test(verifies('containment-effect', 'a secret that is to be rotated is given to nobody, and its next version is; revoked it is gone'), async () => {
  const token = await gate.token({ agent: 'opener' });
  await until(token, OPEN, undefined);
  const held = await contain('rotate-secret', 'credential', 'door');
  expect(held).toMatchObject({ state: 'applied', touched: { users: { names: ['keyed'] } } });
  const other = await gate.token({ agent: 'second' });
  await until(other, OPEN, 'ERR_UPSTREAM_CREDENTIAL');
  await until(token, OPEN, 'ERR_UPSTREAM_CREDENTIAL');
  await gate.admin('POST', '/vault/door/rotate', { value: 'second-value-of-the-door' });
  await until(token, OPEN, undefined);
  expect(keyed.heard.at(-1)?.headers['x-key']).toBe('second-value-of-the-door');
  await gate.admin('POST', `/containments/${idOf(held)}/lift`, { reason: 'rotated' });
  expect(await contain('revoke-credential', 'credential', 'door')).toMatchObject({ state: 'done', result: { secret: 'door', version: 2 } });
  await until(await gate.token({ agent: 'third' }), OPEN, 'ERR_UPSTREAM_CREDENTIAL');
  expect(await codeOf(contain('revoke-credential', 'credential', 'no-such'))).toBe('ERR_NOT_FOUND');
}, 8_000);

const WORST = verifies('containment-effect', '%s has it count as the worst, until a person says that it begins anew');
test.each(['taint-context', 'drop-context'])(WORST, async (verb) => {
  const token = await gate.token({ agent: verb });
  await until(token, READ, undefined);
  await until(token, SEND, undefined);
  const key = stringAt(await contextOf(verb), 'key') ?? '';
  expect(await contain(verb, 'context', key)).toMatchObject({ state: 'done', result: { contexts: 1 } });
  if (verb === 'drop-context') await until(token, READ, 'ERR_KILLED');
  // For a moment nothing of it goes on, then it is what nobody trusts.
  while ((await ask(token, READ)).code !== undefined) await Bun.sleep(20).then(() => expireContainments(gate.control()));
  await until(token, SEND, 'ERR_POLICY_DENIED');
  expect((await contextOf(verb))['labels']).toMatchObject({ confidentiality: 'restricted', integrity: 'untrusted' });
  await gate.admin('POST', `/contexts/${key}/reset`, { reason: 'looked into' });
  await until(token, SEND, undefined);
}, 14_000);

test(verifies('containment-effect', 'a pin goes back to what was approved before, as far as it is approved still'), async () => {
  const token = await gate.token({ agent: 'pinned' });
  await until(token, READ, undefined);
  const digest = async (): Promise<string> => stringAt(await gate.admin('GET', '/servers/crm'), 'digest') ?? '';
  const before = await digest();
  crm.poison();
  await gate.enrol('crm');
  const poisoned = await digest();
  expect(poisoned).not.toBe(before);
  expect(await contain('rollback-pin', 'server', 'crm')).toMatchObject({ state: 'done', result: { server: 'crm', from: poisoned, to: before } });
  expect(await digest()).toBe(before);
}, 10_000);

test(verifies('containment-effect', 'evidence is bundled, verifies without us, and is held until two people let it go'), async () => {
  const token = await gate.token({ agent: 'seen' });
  await until(token, ['crm', 'update_contact', { id: 'c-1', city: 'Rome' }], undefined);
  const key = stringAt(await contextOf('seen'), 'key') ?? '';
  const bundled = await contain('evidence-bundle', 'context', key, { incident: 'inc-1' });
  expect(bundled).toMatchObject({ state: 'done', result: { held: 1 } });
  const made = Object.entries(objectIn(objectIn(bundled['answer'])['files']));
  const files = made.map(([name, text]) => [name, Buffer.from(typeof text === 'string' ? text : '')] as const);
  expect(checkBundle(new Map(files)).problems).toEqual([]);
  // Made again it is held once all the same.
  expect(await contain('evidence-bundle', 'context', key, { incident: 'inc-2' })).toMatchObject({ state: 'done' });
  const held = await contain('legal-hold', 'context', key);
  expect(held).toMatchObject({ state: 'applied', reversible: true });
  const { holds } = await gate.admin('GET', '/audit/holds');
  expect(holds).toHaveLength(2);
  await gate.admin('POST', `/containments/${idOf(held)}/lift`, { reason: 'settled' });
  expect((await gate.admin('GET', '/audit/holds'))['holds']).toHaveLength(1);
}, 10_000);

test(verifies('containment-effect', 'what is denied at endpoints is told to whoever writes their settings'), async () => {
  const denied = await contain('deny-at-endpoints', 'server', 'keyed');
  await contain('deny-at-endpoints', 'host', '*.evil.example', { forMs: 60_000 });
  expect(await gate.admin('GET', '/containments/denied')).toEqual({ servers: ['keyed'], urls: ['*://*.evil.example', '*://*.evil.example:*', keyed.url] });
  await gate.admin('POST', `/containments/${idOf(denied)}/lift`, { reason: 'settled' });
  expect((await gate.admin('GET', '/containments/denied'))['servers']).toEqual([]);
}, 8_000);

test(verifies('containment-held', 'nobody is paged where nobody can be, and that is on record as failed'), async () => {
  expect(await codeOf(contain('page', 'space', '', { incident: 'inc-1' }))).toBe('ERR_MAIL_UNSET');
  const failed = await gate.records({ event: 'containment.failed' });
  expect(failed.at(-1)).toMatchObject({ action: 'containment.page', code: 'ERR_MAIL_UNSET' });
}, 8_000);
