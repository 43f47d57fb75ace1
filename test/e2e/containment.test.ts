import { afterAll, beforeAll, expect, test } from 'bun:test';
import { startCrm, type Crm } from '../../demo/crm.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { isArray, isObject } from '../../src/domain/json.ts';
import { expireContainments } from '../../src/control/containments/lift.ts';
import { startGate, type Gate } from '../fixtures/gate.ts';
import { callTool, objectIn, type Called } from '../fixtures/modern-call.ts';
import { stringAt } from './asking.ts';
import { verifies } from './requirements.ts';

/** Every containment verb at a running gate: what it stops stops, what is beside it goes on, and what is lifted comes back. */
let crm: Crm;
let gate: Gate;

beforeAll(async () => {
  crm = startCrm();
  gate = await startGate({
    policy: 'permit(principal in Group::"testers", action, resource);',
    manifest: `servers:
  crm: { url: "${crm.url}", allowPrivate: true, owner: tests, tools: { search_contacts: { effect: read }, update_contact: { effect: write } } }
  bank:
    { url: "${crm.url.replace('127.0.0.1', 'localhost')}", allowPrivate: true, owner: tests, hosting: vendor, vendor: acme,
      labels: { confidentiality: public }, tools: { search_contacts: { effect: read } } }
vendors:
  acme:
    { name: Acme, owner: tests, purpose: tests, tier: standard, data: { confidentiality: internal },
      endpoints: [{ url: "${crm.url.replace("127.0.0.1", "localhost")}" }] }
limits: { denials: 1000000/min, cascade: { denials: 1000000 } }
detect: { detectors: { egress: off } }
`,
  });
  await gate.enrol('crm', 'bank');
}, 30_000);

afterAll(async () => {
  await gate.stop();
  await crm.stop();
}, 30_000);

const READ = ['search_contacts', { query: 'ada' }] as const;
const WRITE = ['update_contact', { id: 'c-1', city: 'Rome' }] as const;

interface Wish {
  readonly server?: string;
  readonly tool?: readonly [string, JsonObject];
  readonly token: string;
}

async function ask({ server = 'crm', tool = READ, token }: Wish): Promise<Called> {
  return callTool(`${gate.url}/mcp/${server}`, token, tool[0], tool[1]);
}

/** Gateways hear of it in a moment; the test's own limit ends what never happens. */
async function until(wish: Wish, code: string | undefined): Promise<void> {
  const is = ({ result, code: said }: Called): boolean => (code === undefined ? result !== undefined : said === code);
  while (!is(await ask(wish))) await Bun.sleep(5);
}

type Scope = readonly [target: string, name?: string];

async function contain(verb: string, [target, name = '']: Scope, more: JsonObject = {}): Promise<JsonObject> {
  return gate.admin('POST', '/containments', { verb, scope: { target, name }, reason: 'a test', ...more });
}

function lift(one: JsonObject): Promise<JsonObject> {
  return gate.admin('POST', `/containments/${idOf(one)}/lift`, { reason: 'it is over' });
}

function idOf({ id }: JsonObject): string {
  return typeof id === 'string' ? id : '';
}

/** Of what the control API refused. */
async function codeOf(asked: Promise<unknown>): Promise<string> {
  return asked.then(() => '', (error: unknown) => /"code":"(\w+)"/.exec(String(error))?.[1] ?? String(error));
}

async function contextOf(agent: string): Promise<string> {
  const { contexts } = await gate.admin('GET', '/contexts');
  return (isArray(contexts) ? contexts : []).map(objectIn).flatMap((one) => (one['agent'] === agent ? [stringAt(one, 'key') ?? ''] : []))[0] ?? '';
}

/** What each stops, what stays, and by which refusal. */
type Row = readonly [verb: string, scope: Scope, code: string, stopped: Partial<Wish>, passes?: Partial<Wish>];
const STANDING: readonly Row[] = [
  ['kill', ['all'], 'ERR_KILLED', {}],
  ['kill', ['space'], 'ERR_KILLED', {}],
  ['kill', ['server', 'crm'], 'ERR_KILLED', {}, { server: 'bank' }],
  ['kill', ['tool', 'crm/search_contacts'], 'ERR_KILLED', {}, { tool: WRITE }],
  ['kill', ['agent', 'AGENT'], 'ERR_KILLED', {}],
  ['kill', ['principal', 'sallyport|AGENT'], 'ERR_KILLED', {}],
  ['kill', ['context', 'CONTEXT'], 'ERR_KILLED', {}],
  ['kill', ['vendor', 'acme'], 'ERR_KILLED', { server: 'bank' }, {}],
  ['quarantine-server', ['vendor', 'acme'], 'ERR_SERVER_QUARANTINED', { server: 'bank' }, {}],
  ['quarantine-server', ['server', 'crm'], 'ERR_SERVER_QUARANTINED', {}, { server: 'bank' }],
  ['read-only', ['space'], 'ERR_POLICY_DENIED', { tool: WRITE }, {}],
  ['read-only', ['all'], 'ERR_POLICY_DENIED', { tool: WRITE }, {}],
  ['read-only', ['server', 'crm'], 'ERR_POLICY_DENIED', { tool: WRITE }, {}],
  ['read-only', ['agent', 'AGENT'], 'ERR_POLICY_DENIED', { tool: WRITE }, {}],
  ['read-only', ['principal', 'sallyport|AGENT'], 'ERR_POLICY_DENIED', { tool: WRITE }, {}],
  ['require-approval', ['server', 'crm'], 'ERR_APPROVAL_REQUIRED', { tool: WRITE }, {}],
  ['require-approval', ['tool', 'crm/search_contacts'], 'ERR_APPROVAL_REQUIRED', {}, { tool: WRITE }],
  ['block-host', ['host', 'localhost'], 'ERR_KILLED', { server: 'bank' }, {}],
  ['raise-inspection', ['server', 'crm'], 'ERR_POLICY_DENIED', { tool: ['search_contacts', { query: 'https://webhook.site/9c1d?d=1' }] },
    { server: 'bank', tool: ['search_contacts', { query: 'https://webhook.site/9c1d?d=1' }] }],
];

for (const [verb, [target, named = ''], code, stopped, passes] of STANDING) {
  test(verifies('containment-effect', `${verb} of ${target} ${named}: it stops, what is beside it goes on, and it is lifted`), async () => {
    const agent = `agent-${Bun.randomUUIDv7().slice(-8)}`;
    const [token, other] = [await gate.token({ agent }), await gate.token({ agent: 'bystander' })];
    await until({ token, ...stopped }, undefined);
    const scope: Scope = [target, named === 'CONTEXT' ? await contextOf(agent) : named.replace('AGENT', agent)];
    const contained = await contain(verb, scope);
    try {
      expect(contained).toMatchObject({ state: 'applied', verb, known: false, wide: target === 'all' || target === 'space' });
      await until({ token, ...stopped }, code);
      if (passes !== undefined) expect(await ask({ token, ...passes })).toMatchObject({ code: undefined });
      if (['agent', 'principal', 'context'].includes(target)) expect((await ask({ token: other, ...stopped })).result).toBeDefined();
      // Asked again it is the same one.
      expect(await contain(verb, scope)).toMatchObject({ id: contained['id'] ?? '', known: true });
    } finally {
      expect(await lift(contained)).toMatchObject({ state: 'lifted' });
    }
    expect(await lift(contained)).toMatchObject({ state: 'lifted' });
    await until({ token, ...stopped }, undefined);
  }, 8_000);
}

test(verifies('containment-held', 'a dry run says what it would do and meet, and does nothing; what would not compile is refused'), async () => {
  const token = await gate.token({ agent: 'looked-at' });
  await until({ token }, undefined);
  const said = await contain('kill', ['agent', 'looked-at'], { dryRun: true });
  expect(said).toMatchObject({ dryRun: true, wide: false, state: 'applied', touched: { tokens: { count: 1 }, contexts: { count: 1 } } });
  expect(said['id']).toBeUndefined();
  expect(await contain('read-only', ['server', 'crm'], { dryRun: true })).toMatchObject({ touched: { servers: { names: ['crm'] }, tools: { count: 5 } } });
  const refused: readonly (readonly [string, Scope, JsonObject?])[] = [
    ['rollback-pin', ['host', 'a.example']], ['kill', ['server', '../crm']], ['require-approval', ['space'], { approvers: 'a\nb' }],
    ['kill', ['space'], { forMs: 1 }], ['kill', ['credential', 'a b']],
  ];
  for (const [verb, scope, more = {}] of refused) expect(await codeOf(contain(verb, scope, more))).toBe('ERR_REQUEST_INVALID');
  const { containments } = await gate.admin('GET', '/containments?state=applied');
  expect(containments).toEqual([]);
  expect((await ask({ token })).result).toBeDefined();
}, 8_000);

test(verifies('containment-held', 'its time ends a containment at the gate and on record, and nobody need lift it'), async () => {
  const token = await gate.token({ agent: 'timed' });
  const control = gate.control();
  const contained = [await contain('kill', ['agent', 'timed'], { forMs: 60_000 }), await contain('read-only', ['agent', 'timed'], { forMs: 60_000 })];
  await until({ token }, 'ERR_KILLED');
  // The row as it will be in a minute: nothing else of the containment is kept anywhere.
  for (const id of contained.map(idOf)) {
    const row = await control.store.get('containment', 'default', id);
    if (row === undefined || !isObject(row.body)) throw new Error('there is no such containment');
    await control.store.put('containment', 'default', id, { ...row.body, until: Date.now() - 1 }, { by: 'tests' });
  }
  expect(await expireContainments(control)).toBe(2);
  expect(await expireContainments(control)).toBe(0);
  await until({ token, tool: WRITE }, undefined);
  const lifted = await gate.records({ event: 'containment.lifted' });
  const told = lifted.map(({ detail }) => objectIn(detail)).filter(({ why }) => why === 'expired');
  expect(told.map(({ id }) => id)).toEqual(contained.map(({ id }) => id));
  for (const id of contained.map(idOf)) {
    expect(await gate.admin('GET', `/containments/${id}`)).toMatchObject({ state: 'expired', ended: { principal: 'sallyport|control' } });
  }
}, 8_000);
