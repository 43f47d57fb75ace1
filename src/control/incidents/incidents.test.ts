import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Happening } from '../../domain/happening.ts';
import type { JsonObject } from '../../domain/json.ts';
import { objects, part, text } from '../../cli/json-view.ts';
import { ask, person, ROOT } from '../admins/fixture-admin.ts';
import { ownState } from '../own-state.ts';
import { LIMITS } from '../../domain/limits.ts';
import { followIncidents } from './follow.ts';
import { needIncident, putIncident } from './hand.ts';
import { openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';

let fixture: ControlFixture;
const [ANALYST, AUDITOR] = [person('ana', 'soc'), person('otto', 'audit')];

beforeAll(async () => {
  fixture = await openControl();
  for (const [group, role] of [['soc', 'analyst'], ['audit', 'auditor']] as const) {
    expect((await ask(fixture.role.control, ROOT, 'POST', '/admins', { body: { to: { group }, role, space: '*' } })).code).toBe('');
  }
});
afterAll(() => fixture.close());

const finding = (detector: string, rule: string) => ({ detector, rule, severity: 'high', at: [] } as const);

/** What a gateway would record of a call. */
async function happens(more: Partial<Happening>, space = 'default'): Promise<void> {
  await fixture.role.control.record({ event: 'call.denied', space, ...more });
}

/** All incidents, as soon as there are as they are waited for. */
async function until(found: (incidents: readonly JsonObject[]) => boolean, space = 'default', limit = '100'): Promise<readonly JsonObject[]> {
  const stop = AbortSignal.timeout(20_000);
  for (;;) {
    const incidents = objects(part((await ask(fixture.role.control, AUDITOR, 'GET', '/incidents', { space, query: { limit } })).body, 'incidents'));
    if (found(incidents)) return incidents;
    stop.throwIfAborted();
    await fixture.role.control.ledger.query({ space, limit: 1 });
  }
}

/** A call of an agent with a flow context of its own. */
function someone(): Partial<Happening> & { readonly context: string } {
  const context = Bun.randomUUIDv7().replaceAll('-', '');
  return { principal: 'https://idp.example|ann', principalKind: 'person', agent: `bot-${context.slice(-8)}`, context };
}

const isOf = (context: string) => (incident: JsonObject) => text(part(incident, 'subjects', 'context')) === context;
const STRANGE = { code: 'ERR_POLICY_DENIED', policies: ['default/untrusted-destination'], effect: 'communicate' } as const;

/** An agent reads orders and obeys them: an incident. */
async function attack(call = someone()): Promise<{ readonly id: string; readonly call: ReturnType<typeof someone>; readonly incident: JsonObject }> {
  const known = new Set((await until(() => true)).map(({ id }) => id));
  await happens({ ...call, event: 'result.delivered', server: 'mail', findings: [finding('instructions', 'override')] });
  await happens({ ...call, server: 'web', ...STRANGE });
  const isNew = (one: JsonObject): boolean => isOf(call.context)(one) && one['kind'] === 'prompt-injection' && !known.has(one['id']);
  const incident = (await until((all) => all.some(isNew))).find(isNew) ?? {};
  return { id: text(incident['id']), call, incident };
}

const one = async (id: string): Promise<JsonObject> => (await ask(fixture.role.control, AUDITOR, 'GET', '/incidents/:id', { params: { id } })).body;
const act = async (verb: string, id: string, body: JsonObject, admin = ANALYST): Promise<string> =>
  (await ask(fixture.role.control, admin, verb === 'owner' ? 'PUT' : 'POST', `/incidents/:id/${verb}`, { params: { id }, body })).code;

test('[incident-opened] an attack on record is an incident with its subjects, techniques and timeline; people stand in it under pseudonyms', async () => {
  const { id, incident } = await attack();
  expect(incident).toMatchObject({ kind: 'prompt-injection', severity: 'high', status: 'open', subjects: { server: ['mail', 'web'] } });
  expect(incident['techniques']).toContain('AML.T0051.001');
  const whole = await one(id);
  expect(objects(whole['timeline']).map((entry) => entry['event'])).toEqual(['signal', 'signal', 'opened']);
  expect(JSON.stringify(whole)).not.toContain('idp.example|ann');
  const { entries } = await fixture.role.control.ledger.query({ space: 'default', event: 'incident.opened' });
  expect(entries.map(({ record }) => record['detail'])).toContainEqual(expect.objectContaining({ id, kind: 'prompt-injection' }));
});

test('what goes on joins it, once, and a containment of it is in its timeline and in its status', async () => {
  const { id, call } = await attack();
  const its = (more: (incident: JsonObject) => boolean) => until((all) => all.some((each) => each['id'] === id && more(each)));
  await happens({ ...call, server: 'shop', ...STRANGE });
  await its((each) => text(part(each, 'subjects', 'server')).includes('shop'));
  const contained = { principal: ANALYST.id, detail: { id: 'k1', incident: id, verb: 'kill' } };
  await happens({ event: 'containment.applied', ...contained });
  expect((await its((each) => each['status'] === 'contained')).filter(isOf(call.context))).toHaveLength(1);
  expect(await act('close', id, { verdict: 'true-positive', reason: 'seen' })).toBe('ERR_CONFLICT');
  await happens({ event: 'containment.lifted', ...contained });
  await its((each) => each['status'] === 'recovered');
  const whole = await one(id);
  expect(whole['times']).toMatchObject({ containMs: expect.any(Number), recoverMs: expect.any(Number) });
  await happens({ event: 'containment.applied', principal: ANALYST.id, detail: { ...contained.detail, id: 'k2' } });
  await happens({ event: 'containment.lifted', detail: { ...contained.detail, id: 'k2', why: 'expired' } });
  await its((each) => each['status'] === 'open');
  expect(objects(whole['timeline']).filter(({ event }) => event === 'containment').map((entry) => entry['text'])).toEqual([
    'containment.applied: kill', 'containment.lifted: kill',
  ]);
});

test('an analyst works on it, an auditor only sees; what is closed stays closed until something new happens', async () => {
  const { id, call } = await attack();
  expect(await act('notes', id, { text: 'mail to ann' }, AUDITOR)).toBe('ERR_ADMIN_FORBIDDEN');
  expect(await act('notes', id, { text: 'mail to ann' })).toBe('');
  expect(await act('notes', id, { text: 'two\u001b[2Jlines' })).toBe('ERR_REQUEST_INVALID');
  expect(await act('owner', id, { owner: 'soc' })).toBe('');
  expect(await act('close', id, { verdict: 'true-positive', reason: 'mailbox cleaned' })).toBe('');
  expect(await act('close', id, { verdict: 'benign', reason: 'again' })).toBe('ERR_CONFLICT');
  const before = (await one(id))['signals'];
  await happens({ ...call, server: 'shop', ...STRANGE });
  expect((await attack(call)).id).not.toBe(id);
  expect(await one(id)).toMatchObject({ status: 'closed', signals: before });
  expect(await act('reopen', id, { reason: 'it was not' })).toBe('');
  const { body } = await ask(fixture.role.control, AUDITOR, 'GET', '/incidents/metrics');
  expect(part(body, 'byKind', 'prompt-injection')).toBeGreaterThanOrEqual(2);
});

test('[incident-survives] control that is started again goes on where it was: nothing is lost, and nothing counted twice', async () => {
  const { id } = await attack();
  const call = someone();
  const before = (await one(id))['signals'];
  for (let n = 0; n < 6; n += 1) await happens({ ...call, code: 'ERR_POLICY_DENIED' });
  // Read before the stop, so that what a rule waits for is only remembered.
  await attack();
  await fixture.restart();
  for (let n = 0; n < 4; n += 1) await happens({ ...call, code: 'ERR_POLICY_DENIED' });
  const all = await until((found) => found.some(isOf(call.context)));
  expect(all.filter(isOf(call.context))).toMatchObject([{ kind: 'unauthorised-action', signals: 10 }]);
  expect(await one(id)).toMatchObject({ signals: before });
  expect(all.filter((each) => each['id'] === id)).toHaveLength(1);
});

test('a ledger that was brought back from before what was read of it is followed from its end', async () => {
  await fixture.role.control.store.put('incident-cursor', 'default', 'cursor', { next: 1_000_000, from: 1_000_000 }, { by: 'tests' });
  await fixture.restart();
  // Until it follows, nobody knows from where: what is written then is found.
  const { store, ledger } = fixture.role.control;
  for (const stop = AbortSignal.timeout(20_000); Number(part((await store.get('incident-cursor', 'default', 'cursor'))?.body, 'next')) >= 1_000_000;) {
    stop.throwIfAborted();
    await happens({ event: 'package.refused', code: 'ERR_PACKAGE_TAMPERED', detail: { packages: ['npm:y@1'] } }, 'restored');
    await ledger.query({ space: 'restored', limit: 1 });
  }
  await until((all) => all.length > 0, 'restored');
  expect((await attack()).incident).toMatchObject({ kind: 'prompt-injection' });
});

test('two controls that follow at once, each sure of its turn, make one incident of one attack and count nothing twice', async () => {
  const { control } = fixture.role;
  // A lock of its own: as if the shared one had failed.
  const stop = followIncidents({ ...control, state: ownState(control.state), report: () => undefined });
  try {
    for (let n = 0; n < 3; n += 1) {
      const { id, call } = await attack();
      const all = await until(() => true);
      expect(all.filter((each) => isOf(call.context)(each) && each['kind'] === 'prompt-injection')).toMatchObject([{ id, signals: 2 }]);
    }
  } finally {
    await stop();
  }
});

test('a space that is full of new incidents opens no more: each kind has one that takes in the others', async () => {
  const body = await needIncident(fixture.role.control.store, 'default', (await attack()).id);
  const { control } = fixture.role;
  for (let n = 0; n < LIMITS.incidentsPerHourMax; n += 1) {
    const id = `full-${n}`;
    await putIncident(control.store, 'flood', id, { ...body, key: `prompt-injection\n${n}`, openedAt: control.now() }, 'tests');
    await control.store.put('incident-key', 'flood', id, { incident: id }, { by: 'tests' });
  }
  const call = someone();
  await happens({ ...call, event: 'result.delivered', server: 'mail', findings: [finding('instructions', 'override')] }, 'flood');
  await happens({ ...call, server: 'web', ...STRANGE }, 'flood');
  const taken = (each: JsonObject): boolean => text(part(each, 'subjects', 'context')).includes(call.context);
  const { body: answer } = await ask(control, AUDITOR, 'GET', '/incidents', { space: 'flood', query: { limit: '500' } });
  expect(part(answer, 'total')).toBe(LIMITS.incidentsPerHourMax);
  const all = await until((found) => found.some(taken), 'flood', '500');
  expect(all).toHaveLength(LIMITS.incidentsPerHourMax);
});

test('an incident of one space is none of another, and a person can open one', async () => {
  await happens({ event: 'package.refused', code: 'ERR_PACKAGE_TAMPERED', detail: { packages: ['npm:x@1'] } }, 'crm');
  const crm = await until((all) => all.length > 0, 'crm');
  expect(crm).toMatchObject([{ kind: 'malicious-package', severity: 'high', subjects: { package: ['npm:x@1'] } }]);
  expect((await ask(fixture.role.control, AUDITOR, 'GET', '/incidents/:id', { params: { id: text(crm[0]?.['id']) } })).code).toBe('ERR_NOT_FOUND');
  const opened = await ask(fixture.role.control, ANALYST, 'POST', '/incidents', {
    body: { kind: 'vendor-breach', severity: 'high', title: 'The vendor wrote a letter', reason: 'its letter of today', subjects: { vendor: ['acme'] } },
  });
  expect(opened.code).toBe('');
  expect(await one(text(opened.body['id']))).toMatchObject({ kind: 'vendor-breach', status: 'open', subjects: { vendor: ['acme'] } });
});

test('[incident-blast] what a context touched is told from the ledger, and where else it went', async () => {
  const call = someone();
  await happens({ ...call, event: 'result.delivered', server: 'mail' });
  await happens({ ...call, event: 'call.permitted', server: 'crm', tool: 'search', effect: 'read', exchange: 'e1' });
  await happens({ ...call, event: 'result.delivered', server: 'crm', tool: 'search', exchange: 'e1',
    labels: { confidentiality: 'restricted', categories: ['pii'], integrity: 'trusted' } });
  const { body } = await ask(fixture.role.control, ANALYST, 'GET', '/incidents/blast', { query: { context: call.context } });
  const servers = objects(part(body, 'touched', 'servers'));
  expect(servers.find(({ server }) => server === 'crm')).toEqual({ server: 'crm', calls: 1, denied: 0, tools: ['search'], effects: ['read'] });
  expect(body).toMatchObject({ partly: false, touched: { confidentiality: 'restricted', categories: ['pii'] } });
  const after = await ask(fixture.role.control, ANALYST, 'GET', '/incidents/blast', { query: { server: 'mail' } });
  expect(objects(part(after.body, 'afterwards', 'servers')).map(({ server }) => server)).toContain('crm');
  expect((await ask(fixture.role.control, ANALYST, 'GET', '/incidents/blast')).code).toBe('ERR_REQUEST_INVALID');
  expect((await ask(fixture.role.control, AUDITOR, 'GET', '/incidents/blast', { query: { context: call.context } })).code).toBe('ERR_ADMIN_FORBIDDEN');
});

test('nobody is tied to their pseudonym by being named in an incident, or in what one touched', async () => {
  const call = someone();
  await happens({ ...call, event: 'result.delivered', server: 'mail' });
  const [name, { control }] = ['https://idp.example|ann', fixture.role];
  const blast = (principal: string): ReturnType<typeof ask> => ask(control, ANALYST, 'GET', '/incidents/blast', { query: { principal } });
  expect((await blast(name)).code).toBe('ERR_ADMIN_FORBIDDEN');
  expect(objects(part((await blast(control.retention.pseudonyms.of(name))).body, 'touched', 'servers')).map(({ server }) => server)).toContain('mail');
  const opened = { kind: 'prompt-injection', title: 'Odd', severity: 'low', reason: 'seen' };
  for (const more of [{ subjects: { principal: [name] } }, { reason: `it was ${name}` }, { title: name }]) {
    expect((await ask(control, ANALYST, 'POST', '/incidents', { body: { ...opened, ...more } })).code).toBe('ERR_ADMIN_FORBIDDEN');
  }
  const { body: { id } } = await ask(control, ANALYST, 'POST', '/incidents', { body: opened });
  const params = { id: text(id) };
  expect((await ask(control, ANALYST, 'POST', '/incidents/:id/notes', { params, body: { text: `ask ${name}` } })).code).toBe('ERR_ADMIN_FORBIDDEN');
  expect((await ask(control, ANALYST, 'PUT', '/incidents/:id/owner', { params, body: { owner: name } })).code).toBe('ERR_ADMIN_FORBIDDEN');
  expect((await ask(control, ANALYST, 'PUT', '/incidents/:id/owner', { params, body: { owner: ANALYST.id } })).code).toBe('');
});
