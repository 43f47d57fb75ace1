import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Happening } from '../../domain/happening.ts';
import type { JsonObject } from '../../domain/json.ts';
import { objects, part, text } from '../../cli/json-view.ts';
import { ask, person, ROOT } from '../admins/fixture-admin.ts';
import { openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';

let fixture: ControlFixture;
const [ANALYST, AUDITOR] = [person('ana', 'soc'), person('otto', 'audit')];
const CONTEXT = 'c'.repeat(32);

beforeAll(async () => {
  fixture = await openControl();
  for (const [group, role] of [['soc', 'analyst'], ['audit', 'auditor']] as const) {
    expect((await ask(fixture.role.control, ROOT, 'POST', '/admins', { body: { to: { group }, role, space: '*' } })).code).toBe('');
  }
});
afterAll(() => fixture.close());

const call = { principal: 'https://idp.example|ann', principalKind: 'person', agent: 'bot', context: CONTEXT, server: 'mail' } as const;
const finding = (detector: string, rule: string) => ({ detector, rule, severity: 'high', at: [] } as const);

/** What a gateway would record of a call. */
async function happens(more: Partial<Happening>, space = 'default'): Promise<void> {
  await fixture.role.control.record({ event: 'call.denied', space, ...more });
}

/** All incidents, as soon as there are as they are waited for. */
async function until(found: (incidents: readonly JsonObject[]) => boolean, space = 'default'): Promise<readonly JsonObject[]> {
  const stop = AbortSignal.timeout(20_000);
  for (;;) {
    const incidents = objects(part((await ask(fixture.role.control, AUDITOR, 'GET', '/incidents', { space })).body, 'incidents'));
    if (found(incidents)) return incidents;
    stop.throwIfAborted();
    await fixture.role.control.ledger.query({ space, limit: 1 });
  }
}

const one = async (id: string): Promise<JsonObject> => (await ask(fixture.role.control, AUDITOR, 'GET', '/incidents/:id', { params: { id } })).body;
const act = async (verb: string, id: string, body: JsonObject, admin = ANALYST): Promise<string> =>
  (await ask(fixture.role.control, admin, verb === 'owner' ? 'PUT' : 'POST', `/incidents/:id/${verb}`, { params: { id }, body })).code;

test('an attack on the ledger is an incident with its subjects, techniques and timeline, and people stand in it under pseudonyms', async () => {
  await happens({ ...call, event: 'result.delivered', findings: [finding('instructions', 'override')] });
  await happens({ ...call, server: 'web', code: 'ERR_POLICY_DENIED', policies: ['default/untrusted-destination'], effect: 'communicate' });
  const [incident] = await until((all) => all.length > 0);
  expect(incident).toMatchObject({ kind: 'prompt-injection', severity: 'high', status: 'open', subjects: { server: ['mail', 'web'], agent: ['bot'] } });
  expect(incident?.['techniques']).toContain('AML.T0051.001');
  const whole = await one(text(incident?.['id']));
  expect(objects(whole['timeline']).map((entry) => entry['event'])).toEqual(['signal', 'signal', 'opened']);
  expect(JSON.stringify(whole)).not.toContain('idp.example|ann');
  const { entries } = await fixture.role.control.ledger.query({ space: 'default', event: 'incident.opened' });
  expect(entries.map(({ record }) => record['detail'])).toMatchObject([{ id: text(incident?.['id']), kind: 'prompt-injection' }]);
});

test('what goes on joins it, once, and a containment of it is in its timeline and in its status', async () => {
  const [incident] = await until((all) => all.length > 0);
  const id = text(incident?.['id']);
  await happens({ ...call, server: 'shop', code: 'ERR_POLICY_DENIED', policies: ['default/untrusted-destination'] });
  await until((all) => all.some((each) => each['id'] === id && text(part(each, 'subjects', 'server')).includes('shop')));
  await happens({ event: 'containment.applied', principal: ANALYST.id, detail: { id: 'k1', incident: id, verb: 'kill' } });
  expect(await until((all) => all.some((each) => each['id'] === id && each['status'] === 'contained'))).toHaveLength(1);
  expect(await act('close', id, { verdict: 'true-positive', reason: 'seen' })).toBe('ERR_CONFLICT');
  await happens({ event: 'containment.lifted', principal: ANALYST.id, detail: { id: 'k1', incident: id, verb: 'kill' } });
  await until((all) => all.some((each) => each['id'] === id && each['status'] === 'recovered'));
  expect((await one(id))['times']).toMatchObject({ containMs: expect.any(Number), recoverMs: expect.any(Number) });
});

test('an analyst works on it, an auditor only sees; what is closed stays closed until something new happens', async () => {
  const [incident] = await until((all) => all.length > 0);
  const id = text(incident?.['id']);
  expect(await act('notes', id, { text: 'mail to ann' }, AUDITOR)).toBe('ERR_ADMIN_FORBIDDEN');
  expect(await act('notes', id, { text: 'mail to ann' })).toBe('');
  expect(await act('notes', id, { text: 'two\u001b[2Jlines' })).toBe('ERR_REQUEST_INVALID');
  expect(await act('owner', id, { owner: 'soc' })).toBe('');
  expect(await act('close', id, { verdict: 'true-positive', reason: 'mailbox cleaned' })).toBe('');
  expect(await act('close', id, { verdict: 'benign', reason: 'again' })).toBe('ERR_CONFLICT');
  await happens({ ...call, server: 'shop', code: 'ERR_POLICY_DENIED', policies: ['default/untrusted-destination'] });
  await happens({ ...call, event: 'result.delivered', findings: [finding('instructions', 'conceal')] });
  await happens({ ...call, server: 'shop', code: 'ERR_POLICY_DENIED', policies: ['default/untrusted-destination'] });
  const all = await until((found) => found.filter((each) => each['kind'] === 'prompt-injection').length === 2);
  expect(all.find((each) => each['id'] === id)?.['status']).toBe('closed');
  expect(await act('reopen', id, { reason: 'it was not' })).toBe('');
  const { body } = await ask(fixture.role.control, AUDITOR, 'GET', '/incidents/metrics');
  expect(body).toMatchObject({ contain: { count: 1 }, byKind: { 'prompt-injection': 2 } });
});

test('control that is started again goes on where it was: nothing is lost, and nothing counted twice', async () => {
  const before = await until(() => true);
  const denied = { ...call, context: 'd'.repeat(32), code: 'ERR_POLICY_DENIED' } as const;
  for (let n = 0; n < 6; n += 1) await happens(denied);
  await fixture.restart();
  expect((await until(() => true)).length).toBe(before.length);
  for (let n = 0; n < 4; n += 1) await happens(denied);
  const all = await until((found) => found.length === before.length + 1);
  expect(all[0]).toMatchObject({ kind: 'unauthorised-action', signals: 10 });
  for (const { id, signals } of before) expect(all.find((each) => each['id'] === id)).toMatchObject({ signals: signals ?? 0 });
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

test('what a context touched is told from the ledger, and where else it went', async () => {
  await happens({ ...call, event: 'call.permitted', server: 'crm', tool: 'search', effect: 'read', exchange: 'e1' });
  await happens({ ...call, event: 'result.delivered', server: 'crm', tool: 'search', exchange: 'e1',
    labels: { confidentiality: 'restricted', categories: ['pii'], integrity: 'trusted' } });
  const { body } = await ask(fixture.role.control, ANALYST, 'GET', '/incidents/blast', { query: { context: CONTEXT } });
  const servers = objects(part(body, 'touched', 'servers'));
  expect(servers.find(({ server }) => server === 'crm')).toEqual({ server: 'crm', calls: 1, denied: 0, tools: ['search'], effects: ['read'] });
  expect(body).toMatchObject({ partly: false, touched: { confidentiality: 'restricted', categories: ['pii'] } });
  const after = await ask(fixture.role.control, ANALYST, 'GET', '/incidents/blast', { query: { server: 'mail' } });
  expect(objects(part(after.body, 'afterwards', 'servers')).map(({ server }) => server)).toContain('crm');
  expect((await ask(fixture.role.control, ANALYST, 'GET', '/incidents/blast')).code).toBe('ERR_REQUEST_INVALID');
  expect((await ask(fixture.role.control, AUDITOR, 'GET', '/incidents/blast', { query: { context: CONTEXT } })).code).toBe('ERR_ADMIN_FORBIDDEN');
});
