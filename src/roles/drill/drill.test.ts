import { afterAll, beforeAll, expect, test } from 'bun:test';
import { objects, part, text } from '../../cli/json-view.ts';
import { ask, person, ROOT } from '../../control/admins/fixture-admin.ts';
import { EXERCISE } from '../../control/exercises/schema.ts';
import { openControl } from '../../control/fixture-control.ts';
import type { ControlFixture } from '../../control/fixture-control.ts';
import type { JsonObject } from '../../domain/json.ts';
import { afterActionPage } from '../../exercise/after-action.ts';
import type { Inject, Pack } from '../../exercise/pack.ts';
import { shippedPacks } from '../../exercise/packs/table.ts';
import { parseManifestText } from '../../registry/manifest-text.ts';
import type { Range } from '../range/range.ts';
import { runDrill } from './drill.ts';
import type { Drilled } from './drill.ts';
import { scenarioOf } from './scenario.ts';

const PACKS = shippedPacks(parseManifestText);
const LATE_MS = 60_000;
const ANALYST = person('ana', 'soc');
let fixture: ControlFixture;

beforeAll(async () => {
  fixture = await openControl();
  expect((await ask(fixture.role.control, ROOT, 'POST', '/admins', { body: { to: { group: 'soc' }, role: 'analyst', space: '*' } })).code).toBe('');
});
afterAll(() => fixture.close());

function packNamed(id: string): Pack {
  const pack = PACKS.find((one) => one.id === id);
  if (pack === undefined) throw new Error(`no pack ${id}`);
  return pack;
}

const PACK = packNamed('prompt-injection');

/** Exercised by these people, from its start to its score at control. */
async function exercised(pack: Pack, minuteMs: number, onInject: (inject: Inject, range: Range) => Promise<void>): Promise<{ readonly id: string } & Drilled> {
  const { id: packId, version, title, kind } = pack;
  const started = await ask(fixture.role.control, ANALYST, 'POST', '/exercises', {
    body: { pack: { id: packId, version, title, kind }, mode: 'live', participants: ['ann', 'ben'] },
  });
  const id = text(started.body['id']);
  const drilled = await runDrill({ pack, minuteMs, signal: AbortSignal.timeout(LATE_MS), onInject });
  const body: JsonObject = JSON.parse(JSON.stringify({ score: drilled.score, harm: drilled.harm }));
  const better = { ...body, score: { ...JSON.parse(JSON.stringify(drilled.score)), percent: 99 } };
  expect((await ask(fixture.role.control, ANALYST, 'POST', '/exercises/:id/score', { params: { id }, body: better })).code).toBe('ERR_REQUEST_INVALID');
  expect((await ask(fixture.role.control, ANALYST, 'POST', '/exercises/:id/score', { params: { id }, body })).code).toBe('');
  return { id, ...drilled };
}

/** The incident that the gate of the exercise opened by itself. */
async function incidentOf(range: Range): Promise<string> {
  for (const stop = AbortSignal.timeout(20_000); ;) {
    const [first] = objects(part(await range.admin('GET', '/incidents?kind=prompt-injection'), 'incidents'));
    if (first !== undefined) return text(first['id']);
    stop.throwIfAborted();
    await range.records();
  }
}

async function rightly({ id }: Inject, range: Range): Promise<void> {
  const incident = await incidentOf(range);
  const contain = (verb: string, target: string, name: string): Promise<JsonObject> =>
    range.admin('POST', '/containments', { verb, scope: { target, name }, reason: 'exercise', incident });
  if (id === 'odd-mail') {
    await contain('kill', 'agent', 'rt-prompt-injection-agent-1');
    await range.admin('PUT', `/incidents/${incident}/owner`, { owner: 'ana' });
  }
  if (id === 'second-ticket') await contain('quarantine-server', 'server', 'rt-tickets');
  if (id === 'the-question') await contain('legal-hold', 'server', 'rt-tickets');
  if (id === 'back-to-work') await range.admin('POST', `/incidents/${incident}/notes`, { text: 'tickets gone, sender blocked, canary quiet' });
}

test('[exercise-live] right answers at the gate of an exercise are seen in its records and have all points, from the start to the report', async () => {
  const { id, score, harm, records } = await exercised(PACK, 10_000, rightly);
  expect(score).toMatchObject({ percent: 100, grade: 'good', wrong: [] });
  expect(score.answers.every(({ answer, shown }) => answer === 'in-time' && shown !== undefined)).toBe(true);
  expect(harm).toEqual([]);
  // What was contained is stopped for real: the same ticket again is refused.
  const since = records.findIndex(({ event }) => event === 'containment.applied');
  expect(records.slice(since).some(({ event, code }) => event === 'call.refused' || (event === 'call.denied' && code === 'ERR_KILLED'))).toBe(true);
  const shown = await ask(fixture.role.control, ANALYST, 'GET', '/exercises/:id', { params: { id } });
  const { id: _, ...body } = shown.body;
  const page = afterActionPage(EXERCISE.parse(body), Date.now());
  expect(page).toContain('100 %, good');
  // Nothing is left to be changed.
  const closed = await ask(fixture.role.control, ANALYST, 'POST', '/exercises/:id/close', { params: { id }, body: { reason: 'all done' } });
  expect(closed).toMatchObject({ code: '', body: { state: 'closed' } });
}, LATE_MS);

test('[exercise-live] wrong answers and none have no points, what made it worse is named, and it stays open until what follows from it was done', async () => {
  const { id, score } = await exercised(PACK, 20, async ({ id: inject }, range) => {
    if (inject !== 'odd-mail') return;
    await range.admin('POST', '/containments', { verb: 'quarantine-server', scope: { target: 'server', name: 'rt-customers' }, reason: 'exercise' });
    await range.admin('PUT', '/kill', { target: 'all', on: true, reason: 'exercise' });
  });
  expect(score).toMatchObject({ points: 0, percent: 0, grade: 'poor' });
  expect(score.wrong.map((one) => one.id)).toEqual(['wrong-server', 'kill-switch']);
  const act = (method: 'POST' | 'PUT', path: string, body: JsonObject, action = ''): ReturnType<typeof ask> =>
    ask(fixture.role.control, ANALYST, method, path, { params: { id, action }, body });
  expect((await act('POST', '/exercises/:id/close', { reason: 'enough' })).code).toBe('ERR_CONFLICT');
  expect((await act('POST', '/exercises/:id/score', { score: JSON.parse(JSON.stringify(score)) })).code).toBe('ERR_CONFLICT');
  const { body } = await ask(fixture.role.control, ANALYST, 'GET', '/exercises/:id', { params: { id } });
  const actions = objects(body['actions']);
  expect(actions).toHaveLength(score.answers.length + 2);
  for (const { id: action } of actions) {
    expect((await act('PUT', '/exercises/:id/actions/:action', { state: 'done' }, text(action))).code).toBe('ERR_REQUEST_INVALID');
    expect((await act('PUT', '/exercises/:id/actions/:action', { state: 'done', note: 'trained' }, text(action))).code).toBe('ERR_REQUEST_INVALID');
    expect((await act('PUT', '/exercises/:id/actions/:action', { state: 'done', note: 'trained', owner: 'olga', due: 1 }, text(action))).code).toBe('');
  }
  expect((await act('POST', '/exercises/:id/wash', { question: 'What told us first?', answer: 'nobody looked' })).code).toBe('');
  expect((await act('POST', '/exercises/:id/close', { reason: 'all changed' })).code).toBe('');
  const { entries } = await fixture.role.control.ledger.query({ space: 'default', event: 'exercise.scored', order: 'oldest' });
  expect(entries.map(({ record }) => part(record['detail'], 'grade') ?? 'closed')).toContain('poor');
  expect((await act('POST', '/exercises/:id/wash', { question: 'More?', answer: 'no' })).code).toBe('ERR_CONFLICT');
}, LATE_MS);

test('every pack that ships can be played', () => {
  for (const pack of PACKS) expect(scenarioOf(pack).steps.length).toBeGreaterThan(pack.injects.length);
});
