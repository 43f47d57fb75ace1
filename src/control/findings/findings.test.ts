import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { Happening } from '../../domain/happening.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { number, objects, part, text } from '../../cli/json-view.ts';
import { ask, person, ROOT } from '../admins/fixture-admin.ts';
import { openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import { collectFindings, idOfGroup } from './collect.ts';
import { stateAt } from './state.ts';

let fixture: ControlFixture;
const [ANALYST, AUDITOR] = [person('ana', 'soc'), person('otto', 'audit')];
const HOUR_MS = 60 * 60_000;

beforeAll(async () => {
  fixture = await openControl();
  for (const [group, role] of [['soc', 'analyst'], ['audit', 'auditor']] as const) {
    expect((await ask(fixture.role.control, ROOT, 'POST', '/admins', { body: { to: { group }, role, space: '*' } })).code).toBe('');
  }
});
afterAll(() => fixture.close());

type Severity = 'low' | 'high' | 'critical';
const finding = (detector: string, rule: string, severity: Severity = 'high') => ({ detector, rule, severity, at: [] } as const);

async function happens(more: Partial<Happening>): Promise<void> {
  await fixture.role.control.record({ event: 'result.delivered', space: 'default', principal: 'https://idp|ann', principalKind: 'person', ...more });
}

/** The groups about one thing, as soon as there are as they are waited for. */
async function until(name: string, holds: (found: readonly JsonObject[]) => boolean): Promise<readonly JsonObject[]> {
  const stop = AbortSignal.timeout(20_000);
  for (;;) {
    const { body } = await ask(fixture.role.control, AUDITOR, 'GET', '/findings', { query: { state: 'all', text: name } });
    const groups = objects(body['findings']);
    if (holds(groups)) return groups;
    stop.throwIfAborted();
    await fixture.role.control.ledger.query({ space: 'default', limit: 1 });
  }
}

async function found(server: string, more: Partial<Happening> = {}): Promise<JsonObject> {
  await happens({ server, tool: 'read', findings: [finding('instructions', 'override')], ...more });
  const [one] = await until(server, (all) => all.length > 0);
  return one ?? {};
}

const counted = (server: string, count: number): ReturnType<typeof until> => until(server, (all) => all.some((one) => number(one['count']) >= count));
const act = async (id: JsonObject[string] | undefined, verb: string, body: JsonObject, admin = ANALYST): Promise<string> =>
  (await ask(fixture.role.control, admin, 'POST', `/findings/:id/${verb}`, { params: { id: text(id) }, body })).code;
const show = async (id: JsonObject[string] | undefined): Promise<JsonObject> =>
  (await ask(fixture.role.control, AUDITOR, 'GET', '/findings/:id', { params: { id: text(id) } })).body;

test('[finding-grouped] findings of one rule about one thing are one line, with how often, how grave and where', async () => {
  const exchange = Bun.randomUUIDv7();
  await found('mail', { exchange });
  await happens({ server: 'mail', tool: 'read', event: 'call.denied', findings: [finding('instructions', 'override', 'critical')] });
  await happens({ server: 'mail', tool: 'send', findings: [finding('instructions', 'override')] });
  const all = await until('mail', (groups) => groups.length === 2 && groups.some(({ count }) => count === 2));
  const one = all.find(({ count }) => count === 2) ?? {};
  expect(one).toMatchObject({ detector: 'instructions', rule: 'override', about: { kind: 'tool', name: 'mail/read' }, severity: 'critical', state: 'open' });
  expect(await show(one['id'])).toMatchObject({
    outcomes: { passed: 1, stopped: 1, seen: 0 }, exchanges: expect.arrayContaining([exchange]),
    filter: 'finding = "instructions/override" and server = "mail" and tool = "read"',
  });
  const { body } = await ask(fixture.role.control, AUDITOR, 'GET', '/findings/trends', { query: { days: '2' } });
  expect(number(part(objects(body['days']).at(-1), 'severities', 'critical'))).toBeGreaterThan(0);
});

test('what is found of people stands under their pseudonyms, and that policy denied is no finding', async () => {
  await happens({ event: 'finding.raised', findings: [finding('approvals', 'hasty')] });
  await happens({ event: 'call.denied', code: 'ERR_POLICY_DENIED', server: 'quiet' });
  await found('later');
  const [one] = await until('approvals/hasty', (all) => all.length > 0);
  expect(one?.['about']).toEqual({ kind: 'principal', name: fixture.role.control.retention.pseudonyms.of('https://idp|ann') });
  expect(await until('quiet', () => true)).toEqual([]);
});

test('what is acknowledged stays so until it is graver, what is resolved until it comes back; each with who, when and why, on record', async () => {
  const { id } = await found('shop', { findings: [finding('cost', 'loop', 'low')] });
  expect(await act(id, 'acknowledge', { reason: 'known' }, AUDITOR)).toBe('ERR_ADMIN_FORBIDDEN');
  expect(await act(id, 'acknowledge', { reason: 'known' })).toBe('');
  await happens({ server: 'shop', tool: 'read', findings: [finding('cost', 'loop', 'low')] });
  expect((await counted('shop', 2))[0]?.['state']).toBe('acknowledged');
  await happens({ server: 'shop', tool: 'read', findings: [finding('cost', 'loop', 'critical')] });
  expect((await counted('shop', 3))[0]?.['state']).toBe('open');
  expect(await act(id, 'resolve', { reason: 'mended' })).toBe('');
  await happens({ server: 'shop', tool: 'read', findings: [finding('cost', 'loop', 'low')] });
  expect((await counted('shop', 4))[0]?.['state']).toBe('open');
  const deeds = objects((await show(id))['deeds']);
  expect(deeds.map(({ did }) => did)).toEqual(['acknowledged', 'worsened', 'resolved', 'returned']);
  const { entries } = await fixture.role.control.ledger.query({ space: 'default', event: 'finding.triaged' });
  const actions = entries.map(({ record }) => record['action']).slice(0, 4);
  expect(actions).toEqual(['finding.returned', 'finding.resolved', 'finding.worsened', 'finding.acknowledged']);
});

test('[finding-suppressed] what is suppressed is counted and heard no more; its neighbours are, and it is over with its time', async () => {
  const { id } = await found('noisy', { findings: [finding('hidden-channels', 'bidi-control')] });
  const until2 = Date.now() + HOUR_MS;
  expect(await act(id, 'suppress', { reason: 'x', until: Date.now() + LIMITS.findingSuppressedMsMax + HOUR_MS })).toBe('ERR_REQUEST_INVALID');
  expect(await act(id, 'suppress', { reason: 'x', until: Date.now() - 1 })).toBe('ERR_REQUEST_INVALID');
  expect(await act(id, 'suppress', { until: until2 })).toBe('ERR_REQUEST_INVALID');
  expect(await act(id, 'suppress', { reason: 'known test data', until: until2 })).toBe('');
  const [signal, neighbour] = ['read', 'send'].map((tool) => ({
    id: 'r/0', at: Date.now(), space: 'default', source: 'hidden-channels', rule: 'bidi-control', severity: 'high', outcome: 'seen',
    subjects: { server: 'noisy', tool },
  } as const));
  const follower = await collectFindings(fixture.role.control);
  expect([signal, neighbour].map((one) => one !== undefined && follower.take(one))).toEqual([false, true]);
  const whole = await show(id);
  expect(whole).toMatchObject({ state: 'suppressed', until: until2 });
  expect(stateAt({ state: 'suppressed', until: until2 }, until2)).toBe('open');
  expect(await act(id, 'reopen', { reason: 'again' })).toBe('');
  await follower.refresh();
  expect(signal !== undefined && follower.take(signal)).toBeTrue();
});

const isAbout = (server: string) => (one: JsonObject): boolean => text(part(one, 'subjects', 'server')).includes(server);

test('a suppression reaches what follows the ledger: no incident is made of it, and policy decides as before', async () => {
  const grouped = { detector: 'tool-poisoning', rule: 'conceal', kind: 'server', name: 'muted' } as const;
  await happens({ event: 'finding.raised', server: 'muted', findings: [finding('tool-poisoning', 'conceal', 'low')] });
  await counted('muted', 1);
  expect(await act(idOfGroup(grouped), 'suppress', { reason: 'a teaching server', until: Date.now() + HOUR_MS })).toBe('');
  // It is heard of by then, or soon after: until it is, what comes is counted as heard.
  for (const stop = AbortSignal.timeout(10_000); ;) {
    stop.throwIfAborted();
    await happens({ event: 'finding.raised', server: 'muted', findings: [finding('tool-poisoning', 'conceal', 'low')] });
    if (number((await until('muted', () => true))[0]?.['silenced']) > 0) break;
  }
  await happens({ event: 'finding.raised', server: 'muted', findings: [finding('tool-poisoning', 'conceal')] });
  await happens({ event: 'finding.raised', server: 'loud', findings: [finding('tool-poisoning', 'conceal')] });
  const stop = AbortSignal.timeout(20_000);
  let incidents: readonly JsonObject[] = [];
  while (!incidents.some(isAbout('loud'))) {
    stop.throwIfAborted();
    await fixture.role.control.ledger.query({ space: 'default', limit: 1 });
    incidents = objects((await ask(fixture.role.control, AUDITOR, 'GET', '/incidents', {})).body['incidents']);
  }
  expect(incidents.filter(isAbout('muted'))).toEqual([]);
});

test('nobody silences what is found of themselves', async () => {
  const me = 'https://issuer.example|ana';
  await happens({ event: 'finding.raised', principal: me, findings: [finding('approvals', 'never-refuses')] });
  const [one] = await until('approvals/never-refuses', (all) => all.length > 0);
  expect(await act(one?.['id'], 'suppress', { reason: 'x', until: Date.now() + HOUR_MS })).toBe('ERR_ADMIN_FORBIDDEN');
});

const signalOf = (nth: number) => ({
  id: `r/${nth}`, at: Date.now(), space: 'crowded', source: 'egress', rule: 'sink', severity: 'low', subjects: { server: `s${nth}` }, outcome: 'seen',
} as const);

test('of more different ones than there is room for, what is new is counted together, and cannot be suppressed', async () => {
  const { control } = fixture.role;
  const follower = await collectFindings(control);
  for (let nth = 0; nth < LIMITS.findingGroupsMax + 3; nth += 1) follower.take(signalOf(nth));
  await control.store.transaction((rows) => follower.write(rows));
  const id = idOfGroup({ detector: 'egress', rule: 'sink', kind: 'rest', name: '' });
  const rest = await ask(control, ANALYST, 'GET', '/findings/:id', { space: 'crowded', params: { id } });
  expect(rest.body).toMatchObject({ count: 3, about: { kind: 'rest' } });
  const body = { reason: 'x', until: Date.now() + HOUR_MS };
  const refused = await ask(control, ANALYST, 'POST', '/findings/:id/suppress', { space: 'crowded', params: { id }, body });
  expect(refused.code).toBe('ERR_REQUEST_INVALID');
});

const seen = (server: string, at: number) => ({
  id: `r/${server}`, at, space: 'old', source: 'egress', rule: 'sink', severity: 'low', subjects: { server }, outcome: 'seen',
} as const);

test('of what nothing was found for half a year is let go', async () => {
  const { control } = fixture.role;
  const follower = await collectFindings(control);
  follower.take(seen('gone', Date.now() - LIMITS.findingKeptMs - HOUR_MS));
  follower.take(seen('here', Date.now()));
  await control.store.transaction((rows) => follower.write(rows));
  const { body } = await ask(control, AUDITOR, 'GET', '/findings', { space: 'old', query: { state: 'all' } });
  expect(objects(body['findings']).map((one) => text(part(one, 'about', 'name')))).toEqual(['here']);
});
