import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { playbookId } from '../../incident/playbook/compose.ts';
import { shippedPlaybooks } from '../../incident/playbook/shipped.ts';
import { objects, part, text } from '../../cli/json-view.ts';
import { ask, person, ROOT } from '../admins/fixture-admin.ts';
import { verifies } from '../../../test/e2e/requirements.ts';
import { LIMITS } from '../../domain/limits.ts';
import { grantReveal } from '../audit/people.ts';
import { configure, openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import { hasRoom } from './actor.ts';
import type { Admin } from '../route.ts';
import { endSessionsOf } from '../sign-in/session.ts';
import { needStored, putStored } from '../stored.ts';

let fixture: ControlFixture;
const [ANA, OLGA] = [person('ana', 'soc'), person('olga', 'owners')];
const INJECTION = playbookId({ name: 'Prompt injection, direct or by a tool result', types: ['mitigation', 'investigation', 'remediation'] });
const COMPROMISE = playbookId({ name: 'The gate itself may be compromised', types: ['mitigation', 'investigation', 'remediation'] });
const UNAUTHORISED = playbookId({ name: 'Unauthorised agent action or confused deputy', types: ['mitigation', 'investigation', 'remediation'] });
const CONTEXT = 'c'.repeat(32);

beforeAll(async () => {
  fixture = await openControl();
  for (const [group, role] of [['soc', 'analyst'], ['owners', 'admin']] as const) {
    expect((await ask(fixture.role.control, ROOT, 'POST', '/admins', { body: { to: { group }, role, space: '*' } })).code).toBe('');
  }
});
afterAll(() => fixture.close());

const asked = async (admin: Admin, method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, id?: string, body?: JsonObject): ReturnType<typeof ask> =>
  ask(fixture.role.control, admin, method, path, { ...(id === undefined ? {} : { params: { id } }), ...(body === undefined ? {} : { body }) });

async function incident(subjects: Readonly<Record<string, string[]>> = { context: [CONTEXT], agent: ['bot'] }): Promise<string> {
  const { body } = await asked(
    ANA, 'POST', '/incidents', undefined, { kind: 'prompt-injection', title: 'Text in a ticket', severity: 'high', reason: 'seen', subjects },
  );
  return text(body['id']);
}

async function started(admin: Admin, mode: string, playbook = INJECTION, about?: string): Promise<string> {
  const { code, body } = await asked(admin, 'POST', '/playbooks/:id/runs', playbook, { incident: about ?? await incident(), mode, reason: 'an incident' });
  expect([code, body['message'] ?? '']).toEqual(['', '']);
  return text(body['id']);
}

/** The run when control has nothing more to do in it. */
async function settled(id: string, by: Admin = ANA): Promise<JsonObject> {
  for (;;) {
    const { body } = await asked(by, 'GET', '/playbook-runs/:id', id);
    const busy = objects(body['steps']).some(({ state }) => state === 'ready' || state === 'started');
    if (!busy && (body['state'] !== 'done' || body['endedAt'] !== undefined)) return body;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** The run once control has seen what became of a proposal. */
async function reached(id: string, name: string, state: string): Promise<JsonObject> {
  for (;;) {
    const run = await settled(id);
    if (stepNamed(run, name)['state'] !== 'proposed') {
      expect(stepNamed(run, name)['state']).toBe(state);
      return run;
    }
    await fixture.role.control.playbooks.engine().look();
  }
}

const stepNamed = (run: JsonObject, name: string): JsonObject => objects(run['steps']).findLast((step) => step['name'] === name) ?? {};
const step = async (by: Admin, run: string, name: string, body: JsonObject): Promise<JsonObject> => {
  const { n = 0 } = stepNamed(await settled(run), name);
  const { code, body: answer } = await asked(by, 'POST', '/playbook-runs/:id/step', run, { n, ...body });
  expect([name, code, answer['message'] ?? '']).toEqual([name, '', '']);
  return settled(run);
};
const inForce = async (about: string): Promise<readonly string[]> => {
  const { body } = await ask(fixture.role.control, ANA, 'GET', '/containments', { query: { incident: about, state: 'applied' } });
  return objects(body['containments']).map(({ verb, scope }) => `${text(verb)} ${isObject(scope) ? text(scope['target']) : ''}`).sort();
};

test(verifies('playbook-engine', 'an automatic run contains at once, waits for people, and is driven by their answers to recovery'), async () => {
  const about = await incident();
  const id = await started(ANA, 'automatic', INJECTION, about);
  const first = await settled(id);
  expect(objects(first['steps']).map((one) => [one['name'], one['state']])).toContainEqual(['Stop the poisoned context', 'done']);
  expect(first['state']).toBe('going');
  expect(await inForce(about)).toEqual(expect.arrayContaining(['kill context', 'require-approval agent']));
  expect(stepNamed(first, 'Is it real?')).toMatchObject({ state: 'waiting', who: 'Incident lead', answers: ['confirmed'] });
  expect((await asked(ANA, 'POST', '/playbook-runs/:id/step', id, { n: Number(stepNamed(first, 'Is it real?')['n']), what: 'done' })).body['message'])
    .toContain('confirmed was not answered');
  // No gateway knows this context: the step fails, nothing is taken back, and a person leaves it out with a reason.
  const failed = await step(ANA, id, 'Is it real?', { what: 'done', values: { confirmed: 'true' } });
  expect(failed).toMatchObject({ state: 'stopped', guidance: [expect.stringContaining('stays contained')] });
  expect(stepNamed(failed, 'End the poisoned context for good')).toMatchObject({ state: 'failed', note: expect.stringMatching(/^ERR_NOT_FOUND: /) });
  expect(
    (await asked(ANA, 'POST', '/playbook-runs/:id/step', id, { n: Number(stepNamed(failed, 'End the poisoned context for good')['n']), what: 'skip' })).code,
  )
    .toBe('ERR_REQUEST_INVALID');
  await step(ANA, id, 'End the poisoned context for good', { what: 'skip', note: 'it is gone already' });
  await step(ANA, id, 'How far did it go?', { what: 'done', values: { spread: 'false', personal_data: 'false' } });
  for (const name of ['Remove the source', 'Clean what the agent kept', 'Tell management', 'Do other duties apply?', 'Tell those outside', 'Replay']) {
    await step(ANA, id, name, { what: 'done' });
  }
  // An analyst may stop but not lift: the run stops where it is, and says what is in force and how it is taken back.
  const stuck = await step(ANA, id, 'May it run again?', { what: 'done', values: { trusted_again: 'true' } });
  expect(stuck['state']).toBe('stopped');
  expect(objects(stuck['wayBack']).map(({ name, lift }) => [name, lift])).toContainEqual(
    ['Stop the poisoned context', expect.stringMatching(/^sallyport incident lift \S+ --reason WHY$/)],
  );
  expect(await inForce(about)).toEqual(expect.arrayContaining(['kill context', 'require-approval agent']));
  const after = await step(OLGA, id, 'The agent acts without approval again', { what: 'retry' });
  expect(after['state']).toBe('going');
  expect((await inForce(about)).filter((one) => one !== 'legal-hold context')).toEqual([]);
  expect((await asked(ANA, 'GET', '/incidents/:id', about)).body).toMatchObject({ status: 'recovered' });
  expect(await step(OLGA, id, 'What is learnt', { what: 'done' })).toMatchObject({ state: 'done' });
}, 20_000);

test(verifies('playbook-engine', 'a rehearsal shows every step, asks nobody, and changes nothing'), async () => {
  const about = await incident();
  const run = await settled(await started(ANA, 'dry', INJECTION, about));
  expect(run['state']).toBe('done');
  expect(objects(run['steps']).filter(({ state }) => state !== 'done')).toEqual([]);
  expect(stepNamed(run, 'Stop the poisoned context')).toMatchObject({ answer: { dryRun: true, verb: 'kill' } });
  expect(stepNamed(run, 'The context is stopped no more')).toMatchObject({ answer: { wouldAsk: 'POST /containments/:id/lift' } });
  expect(await inForce(about)).toEqual([]);
});

test('step by step nothing is done before a person says so, and then by their rights', async () => {
  const about = await incident();
  const id = await started(OLGA, 'step', INJECTION, about);
  const before = await settled(id);
  expect(stepNamed(before, 'Stop the poisoned context')).toMatchObject({ state: 'waiting', kind: 'request' });
  expect(await inForce(about)).toEqual([]);
  for (const what of ['done', 'retry']) {
    expect((await asked(OLGA, 'POST', '/playbook-runs/:id/step', id, { n: 1, what })).code).toBe('ERR_PLAYBOOK_STATE');
  }
  await step(ANA, id, 'Stop the poisoned context', { what: 'go' });
  expect(await inForce(about)).toEqual(['kill context']);
  expect(stepNamed(await settled(id), 'Stop the poisoned context')).toMatchObject({ state: 'done', by: fixture.role.control.retention.pseudonyms.of(ANA.id) });
  expect(
    (await asked(ANA, 'POST', '/playbook-runs/:id/cancel', id, { reason: 'enough' })).body,
  ).toMatchObject({ state: 'cancelled', wayBack: [{ name: 'Stop the poisoned context' }] });
  expect(await inForce(about)).toEqual(['kill context']);
  expect((await asked(ANA, 'POST', '/playbook-runs/:id/step', id, { n: 2, what: 'go' })).code).toBe('ERR_PLAYBOOK_STATE');
});

test('what is not known is never made wide: a step without its subject is not made', async () => {
  const about = await incident({});
  const run = await settled(await started(ANA, 'automatic', INJECTION, about));
  expect(objects(run['steps']).map((one) => one['name'])).not.toContain('Stop the poisoned context');
  expect((await inForce(about)).filter((one) => !one.startsWith('legal-hold'))).toEqual([]);
});

test(verifies('playbook-engine', 'a run goes on after control was restarted, with the texts that it was started with'), async () => {
  const about = await incident();
  const id = await started(OLGA, 'step', INJECTION, about);
  await settled(id);
  // As if control had died at the step: it was begun, and nothing says that it ended.
  const { store } = fixture.role.control;
  const row = await store.get('playbook-run', 'default', id);
  const kept = JSON.stringify(row?.body).replace('"state":"waiting"', '"state":"started"');
  await store.put('playbook-run', 'default', id, JSON.parse(kept), { by: 'tests' });
  await fixture.restart();
  expect(stepNamed(await settled(id), 'Stop the poisoned context')['state']).toBe('done');
  expect(await inForce(about)).toEqual(['kill context']);
});

test(verifies('playbook-engine', 'only what was taken in signed is run; none is older; none starts by itself unless somebody said so'), async () => {
  const { body: { playbook: exported = null } } = await asked(OLGA, 'GET', '/playbooks/:id', INJECTION);
  const taken = (change: JsonObject): JsonObject => ({ text: JSON.stringify({ ...(isObject(exported) ? exported : {}), ...change }), reason: 'ours' });
  const unsigned = JSON.parse(JSON.stringify(shippedPlaybooks().get(INJECTION)));
  expect(await asked(OLGA, 'POST', '/playbooks', undefined, taken({ description: 'Another.' }))).toMatchObject({ code: 'ERR_PLAYBOOK_SIGNATURE' });
  const newer = { text: JSON.stringify({ ...unsigned, modified: '2026-12-01T00:00:00.000Z', description: 'Ours.' }), reason: 'ours' };
  expect((await asked(ANA, 'POST', '/playbooks', undefined, newer)).code).toBe('ERR_ADMIN_FORBIDDEN');
  expect((await asked(OLGA, 'POST', '/playbooks', undefined, newer)).body).toMatchObject(
    { origin: 'imported', automatic: false, signatures: [{ valid: true }] },
  );
  expect(await asked(OLGA, 'POST', '/playbooks', undefined, taken({}))).toMatchObject({ code: 'ERR_CONFLICT' });
  expect((await asked(OLGA, 'PUT', '/playbooks/:id', INJECTION, { automatic: true, reason: 'at night too' })).body['automatic']).toBe(true);
  const about = await incident();
  const row = await fixture.role.control.store.get('incident', 'default', about);
  const found = JSON.stringify(row?.body).replaceAll(ANA.id, 'sallyport|control');
  await fixture.role.control.store.put('incident', 'default', about, JSON.parse(found), { by: 'tests' });
  const runOf = async (): Promise<readonly JsonObject[]> =>
    objects((await ask(fixture.role.control, ANA, 'GET', '/playbook-runs', { query: { incident: about } })).body['runs']);
  while ((await runOf()).length === 0) await Bun.sleep(20);
  const [run = {}] = await runOf();
  expect(run).toMatchObject({ startedBy: 'sallyport|playbook', mode: 'automatic', version: '2026-12-01T00:00:00.000Z' });
  await settled(text(run['id']));
  expect(await inForce(about)).toEqual(expect.arrayContaining(['kill context']));
  expect((await asked(OLGA, 'DELETE', '/playbooks/:id', INJECTION)).code).toBe('');
  // Somebody who writes to the database without being control.
  const { store } = fixture.role.control;
  const id = await started(ANA, 'step');
  await settled(id);
  const texts = await store.list('playbook-text', 'default');
  for (const one of texts) await store.put(
    'playbook-text', 'default', one.id, JSON.parse(JSON.stringify(one.body).replaceAll('containments', 'c0ntainments')), { by: 'thief' },
  );
  expect((await asked(ANA, 'GET', '/playbook-runs/:id', id)).code).toBe('ERR_PLAYBOOK_INVALID');
  for (const one of texts) await store.put(
    'playbook-text', 'default', one.id, JSON.parse(JSON.stringify(one.body).replaceAll('poisoned', 'spoiled')), { by: 'thief' },
  );
  expect((await asked(ANA, 'GET', '/playbook-runs/:id', id)).code).toBe('ERR_PLAYBOOK_SIGNATURE');
  for (const one of texts) await store.put('playbook-text', 'default', one.id, one.body, { by: 'tests' });
});

test(verifies('playbook-engine', 'what is wide waits for a second person, and goes on when they approved it'), async () => {
  const about = await incident({});
  await configure(fixture.role.control, 'setting', 'default', 'administration', { twoPersons: true });
  const otto = person('otto', 'owners');
  const run = await settled(await started(OLGA, 'automatic', COMPROMISE, about));
  const stop = stepNamed(run, 'Stop everything');
  expect(stop['state']).toBe('proposed');
  const proposal = text(stop['proposal']);
  const { body: { digest = '' } } = await asked(otto, 'GET', '/proposals/:id', proposal);
  expect((await asked(otto, 'POST', '/proposals/:id/approve', proposal, { digest })).code).toBe('');
  const after = await reached(text(run['id']), 'Stop everything', 'done');
  expect(await inForce(about)).toContain('kill all');
  expect(stepNamed(after, 'Stop everything')).toMatchObject({ answer: { id: expect.any(String), state: 'applied' } });
});

test(verifies('playbook-engine', 'what a second person approved and control did not do is no step that is done: the run stops there'), async () => {
  // The proposer lost their right before the approval.
  const { store } = fixture.role.control;
  const row = { userName: 'pia', active: true, source: 'scim' as const, groups: ['owners'], createdAt: 1, changedAt: 1 };
  await configure(fixture.role.control, 'setting', 'default', 'administration', { twoPersons: true });
  await putStored(store, 'person', 'default', 'pia', row, 'tests');
  const [about, otto] = [await incident({}), person('otto', 'owners')];
  const run = await settled(await started(person('pia', 'owners'), 'automatic', COMPROMISE, about));
  const proposal = text(stepNamed(run, 'Stop everything')['proposal']);
  await putStored(store, 'person', 'default', 'pia', { ...row, groups: [] }, 'tests');
  const { body: { digest = '' } } = await asked(otto, 'GET', '/proposals/:id', proposal);
  expect((await asked(otto, 'POST', '/proposals/:id/approve', proposal, { digest })).code).toBe('ERR_ADMIN_FORBIDDEN');
  expect((await asked(OLGA, 'GET', '/proposals/:id', proposal)).body).toMatchObject({ state: 'failed', outcome: { code: 'ERR_ADMIN_FORBIDDEN' } });
  const after = await reached(text(run['id']), 'Stop everything', 'failed');
  expect(after).toMatchObject({ state: 'stopped' });
  expect(stepNamed(after, 'Stop everything')['note']).toBe('ERR_ADMIN_FORBIDDEN: a second person approved it, and it was not done');
  expect(await inForce(about)).not.toContain('kill all');
});

test(verifies('playbook-engine', 'a step waits for what is being carried out, and fails when control died over it'), async () => {
  const [about, { store }] = [await incident({}), fixture.role.control];
  await configure(fixture.role.control, 'setting', 'default', 'administration', { twoPersons: true });
  const run = await settled(await started(OLGA, 'automatic', COMPROMISE, about));
  const id = text(stepNamed(run, 'Stop everything')['proposal']);
  const otto = { id: person('otto').id, via: 'session' as const, kind: 'person' as const, groups: ['owners'], at: Date.now() };
  const stored = await needStored(store, 'proposal', 'default', id);
  // What a kill -9 leaves between the last approval and the end of what it lets be done.
  const left = (at: number): typeof stored.body => ({ ...stored.body, state: 'approved', approvals: [{ ...otto, at }] });
  await putStored(store, 'proposal', 'default', id, left(Date.now()), 'tests');
  await fixture.role.control.playbooks.engine().look();
  expect(stepNamed(await settled(text(run['id'])), 'Stop everything')['state']).toBe('proposed');
  await putStored(store, 'proposal', 'default', id, left(Date.now() - LIMITS.proposalCarryMs), 'tests');
  const after = await reached(text(run['id']), 'Stop everything', 'failed');
  expect(stepNamed(after, 'Stop everything')['note']).toContain('control died over it');
  expect(after['state']).toBe('stopped');
});

test('whoever signed in for less does no more by a playbook, and a run that another control drives is left to it', async () => {
  const narrow: Admin = { ...OLGA, may: ['investigate', 'read'] };
  const about = await incident();
  const run = await settled(await started(narrow, 'automatic', INJECTION, about));
  expect(stepNamed(run, 'Stop the poisoned context')).toMatchObject({ state: 'failed', note: expect.stringMatching(/^ERR_ADMIN_FORBIDDEN: /) });
  expect(run['state']).toBe('stopped');
  expect(await inForce(about)).toEqual([]);
  const other = await started(OLGA, 'step');
  await settled(other);
  const { control } = fixture.role;
  await control.state.set(`playbook/default/${other}`, 'another control', 60_000);
  await asked(OLGA, 'POST', '/playbook-runs/:id/step', other, { n: 1, what: 'go' });
  await control.playbooks.engine().look();
  expect(stepNamed((await asked(OLGA, 'GET', '/playbook-runs/:id', other)).body, 'Stop the poisoned context')['state']).toBe('ready');
  await control.state.delete(`playbook/default/${other}`);
  await control.playbooks.engine().look();
  expect(stepNamed(await settled(other), 'Stop the poisoned context')['state']).toBe('done');
});

test(verifies('playbook-engine', 'a run acts for nobody whose word is over: who signed out everywhere, or was deactivated, since they drove it'), async () => {
  const { control } = fixture.role;
  const row = { userName: 'dan', active: true, source: 'scim' as const, groups: ['owners'], createdAt: 1, changedAt: 1 };
  const ends: readonly (() => Promise<unknown>)[] = [
    () => endSessionsOf(control, 'dan'),
    // Deactivated and back again: nothing of before lives.
    () => putStored(control.store, 'person', 'default', 'dan', { ...row, notBefore: Date.now() + 1 }, 'tests'),
  ];
  for (const end of ends) {
    await putStored(control.store, 'person', 'default', 'dan', row, 'tests');
    await control.state.delete('session-end/dan');
    const about = await incident();
    const id = await started(OLGA, 'step', INJECTION, about);
    await settled(id);
    // Another control has it, and dies: what was said is there, and not yet done.
    await control.state.set(`playbook/default/${id}`, 'another control', 60_000);
    expect((await asked(person('dan', 'owners'), 'POST', '/playbook-runs/:id/step', id, { n: 1, what: 'go' })).code).toBe('');
    await end();
    await control.state.delete(`playbook/default/${id}`);
    await control.playbooks.engine().look();
    const run = await settled(id);
    expect(stepNamed(run, 'Stop the poisoned context')).toMatchObject({ state: 'failed', note: expect.stringMatching(/^ERR_ADMIN_FORBIDDEN: who drove/) });
    expect(await inForce(about)).toEqual([]);
  }
});

test(verifies('playbook-engine', 'people stand in runs under pseudonyms, and nobody ties a name to one by saying it'), async () => {
  const { control } = fixture.role;
  const victim = 'https://issuer.example|vic';
  const hidden = control.retention.pseudonyms.of(victim);
  const about = await incident({ agent: ['bot'] });
  // As the rules write it: a person may not name somebody without having had names revealed.
  const row = await needStored(control.store, 'incident', 'default', about);
  await putStored(control.store, 'incident', 'default', about, { ...row.body, subjects: { ...row.body.subjects, principal: [victim] } }, 'tests');
  const id = await started(ANA, 'automatic', UNAUTHORISED, about);
  const shown = await settled(id);
  expect(part(shown['variables'], 'principal')).toBe(hidden);
  const dry = await settled(await started(ANA, 'dry', UNAUTHORISED, about));
  expect(stepNamed(dry, 'End what its person\'s tokens let in')).toMatchObject({ state: 'done', answer: { dryRun: true } });
  const listed = (await ask(control, ANA, 'GET', '/playbook-runs', { query: { incident: about } })).body;
  for (const answer of [shown, dry, listed]) {
    expect(JSON.stringify(answer)).not.toContain('|vic');
    expect(JSON.stringify(answer)).not.toContain('|ana');
  }
  // By its own subject it contains all the same.
  expect(await inForce(about)).toEqual(expect.arrayContaining(['kill agent']));
  const naming: readonly JsonObject[] = [{ values: { principal: victim } }, { reason: `it was ${victim}` }];
  for (const more of naming) {
    const { code } = await asked(ANA, 'POST', '/playbooks/:id/runs', UNAUTHORISED, { incident: about, mode: 'dry', reason: 'who is it', ...more });
    expect(code).toBe('ERR_ADMIN_FORBIDDEN');
  }
  const { n = 0 } = objects(shown['steps']).find(({ state }) => state === 'waiting') ?? {};
  expect((await asked(ANA, 'POST', '/playbook-runs/:id/step', id, { n, what: 'skip', note: `not ${victim}` })).code).toBe('ERR_ADMIN_FORBIDDEN');
  expect((await asked(ANA, 'POST', '/playbook-runs/:id/cancel', id, { reason: `not ${victim}` })).code).toBe('ERR_ADMIN_FORBIDDEN');
  const bySight = { incident: about, mode: 'dry', reason: 'by it', values: { principal: hidden } };
  expect((await asked(ANA, 'POST', '/playbooks/:id/runs', UNAUTHORISED, bySight)).code).toBe('');
  const whole = (): ReturnType<typeof ask> => ask(control, ANA, 'GET', '/playbook-runs/:id', { params: { id }, query: { reveal: 'true' } });
  expect((await whole()).code).toBe('ERR_ADMIN_FORBIDDEN');
  await grantReveal(control, ANA, 'default');
  expect(part((await whole()).body['variables'], 'principal')).toBe(victim);
  await control.state.delete(`reveal/default/${ANA.id}`);
});

const runs = (by: string, count: number): readonly { readonly startedBy: string }[] => Array.from({ length: count }, () => ({ startedBy: by }));

test('what starts by itself leaves room for people, and one space does not fill another', async () => {
  const ITSELF = 'sallyport|playbook';
  expect([hasRoom(runs(ITSELF, 49), ITSELF), hasRoom(runs(ITSELF, 50), ITSELF), hasRoom(runs(ITSELF, 50), ANA.id)]).toEqual([true, false, true]);
  expect([hasRoom(runs(ANA.id, 99), OLGA.id), hasRoom(runs(ANA.id, 100), OLGA.id), hasRoom(runs(ANA.id, 99), ITSELF)]).toEqual([true, false, true]);
  const { store } = fixture.role.control;
  const body = (await store.list('playbook-run')).map((row) => row.body).find((one) => isObject(one) && one['endedAt'] === undefined);
  const open = isObject(body) ? { ...body, progress: { ...(isObject(body['progress']) ? body['progress'] : {}), state: 'stopped' } } : {};
  for (let at = 0; at < 100; at += 1) await store.put('playbook-run', 'red', `run-${at}`, open, { by: 'test' });
  await started(ANA, 'dry');
});
