import { afterAll, beforeAll, describe, expect, setSystemTime, test } from 'bun:test';
import { journalOf } from '../../../test/fixtures/journal-of.ts';
import { objects, text } from '../../cli/json-view.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { ask, person, ROOT } from '../admins/fixture-admin.ts';
import { openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import type { Admin, Route } from '../route.ts';
import { epochOf, openRetentionKey } from './keys.ts';

let fixture: ControlFixture;
const control = (): ControlFixture['role']['control'] => fixture.role.control;
const [ANN, BOB] = [person('ann', 'sec'), person('bob', 'sec')];
const DAY_MS = 24 * 60 * 60_000;

beforeAll(async () => {
  fixture = await openControl();
});
afterAll(async () => {
  setSystemTime();
  await fixture.close();
});

const send = (admin: Admin, method: Route['method'], path: string, body?: JsonObject, params: Readonly<Record<string, string>> = {}): ReturnType<typeof ask> =>
  ask(control(), admin, method, path, { ...(body === undefined ? {} : { body }), params });
const events = (event: string): readonly JsonObject[] => journalOf(fixture.home, { event });

function apply(manifest: string, space = 'default'): ReturnType<typeof ask> {
  return ask(control(), ROOT, 'POST', '/manifest', { space, body: { file: 'f', text: `apiVersion: sallyport/v1\n${manifest}`, policies: [] } });
}

function snapshot(): Json {
  return JSON.parse(control().snapshots.current?.signed.bytes ?? '{}');
}

describe('retention classes', () => {
  const AUDIT = 'audit: { region: eu, retention: { pay: { records: 10d, bodies: 2d, results: true, region: ch } }, scorePeople: false }\n';

  test('come into force with the manifest, each with a key of its own, and are exported', async () => {
    expect((await apply(AUDIT)).body).toMatchObject({ differences: [{ resource: 'audit', verb: 'change' }] });
    const epoch = epochOf(Date.now());
    expect(snapshot()).toMatchObject({ audit: {
      scorePeople: false,
      classes: [
        { name: 'standard', region: 'eu', recordDays: 400, bodyDays: 30, results: false },
        { name: 'pay', region: 'ch', recordDays: 10, bodyDays: 2, results: true },
      ],
      keys: expect.arrayContaining([
        { class: 'standard', region: 'eu', epoch, recipient: expect.stringMatching(/^age1/) },
        { class: 'pay', region: 'ch', epoch, recipient: expect.stringMatching(/^age1/) },
      ]),
    } });
    const { body } = await send(ROOT, 'GET', '/manifest');
    expect((await apply(text(body['text']).replace(/^apiVersion.*\n/, ''))).body).toMatchObject({ differences: [] });
  });

  test.each([
    ['audit: { retention: { a: { records: 5d, bodies: 6d } } }\n', 'outlive'],
    ['audit: { retention: { a: { records: 0d, bodies: 0d } } }\n', 'one day at least'],
    ['audit: { failClosed: [nowhere] }\n', 'not declared'],
    ['audit: {}\nservers: { s: { url: "https://a.example/mcp", owner: o, retention: pay } }\n', 'retention class that is not declared'],
  ])('what makes no sense is refused: %s', async (manifest, why) => {
    expect(await apply(manifest)).toMatchObject({ code: 'ERR_CONFIG_INVALID', body: { message: expect.stringContaining(why) } });
  });

  test('are the installation\'s: no other space says how long it keeps its evidence', async () => {
    expect((await apply(AUDIT, 'red')).code).toBe('ERR_CONFIG_INVALID');
  });

  test('a month\'s key is destroyed when its last payload is past, not before, and never under a hold', async () => {
    await apply(AUDIT);
    const key = { class: 'pay', region: 'ch', epoch: epochOf(Date.now()) };
    const isThere = async (): Promise<boolean> => (await openRetentionKey(control().store, control().vault.sealer, key)) !== undefined;
    const { body } = await send(ROOT, 'POST', '/audit/holds', { reason: 'a lawsuit' });
    setSystemTime(Date.now() + 34 * DAY_MS);
    await control().retention.tend();
    expect(await isThere()).toBe(true);
    expect((await send(ROOT, 'POST', '/audit/holds/:id/lift', { reason: 'settled' }, { id: text(body['id']) })).code).toBe('');
    await control().retention.tend();
    expect([await isThere(), events('key.destroyed')]).toMatchObject([false, [{ category: 'config', detail: { key: `pay.ch.${key.epoch}` } }]]);
    expect(await openRetentionKey(control().store, control().vault.sealer, { ...key, class: 'standard', region: 'eu' })).toBeDefined();
    expect(snapshot()).toMatchObject({ audit: { keys: expect.arrayContaining([expect.objectContaining({ class: 'pay', epoch: epochOf(Date.now()) })]) } });
    setSystemTime();
  });
});

/** Asks, has Bob approve it, and gives what that did. */
async function together(path: string, body: JsonObject, params: Readonly<Record<string, string>> = {}): Promise<JsonObject> {
  const asked = await send(ANN, 'POST', path, body, params);
  expect(asked.code).toBe('ERR_PROPOSAL_STORED');
  const approved = await send(BOB, 'POST', '/proposals/:id/approve', { digest: text(asked.body['digest']) }, { id: text(asked.body['proposal']) });
  expect(approved.code).toBe('');
  return approved.body;
}

describe('where administration takes two people', () => {
  beforeAll(async () => {
    for (const { id } of [ANN, BOB]) await send(ROOT, 'POST', '/admins', { to: { principal: id }, role: 'admin', space: '*' });
    await send(ANN, 'PUT', '/toolsets/:id', { members: [] }, { id: 'hers' });
  });

  test('names are revealed to who asked, after another person agreed, and not to that one', async () => {
    const { of } = control().retention.pseudonyms;
    const wish = { person: of(ANN.id), reason: 'incident 7' };
    const done = await together('/audit/reveal', wish);
    expect(JSON.stringify(done)).not.toContain('|ann');
    expect((await send(ANN, 'POST', '/audit/reveal', wish)).body).toMatchObject({ principal: ANN.id });
    expect(events('people.revealed')[0]).toMatchObject({ principal: ANN.id, reason: 'incident 7', detail: { approvals: [BOB.id] } });
    const shown = (who: Admin): ReturnType<typeof ask> => ask(control(), who, 'GET', '/audit/records', { query: { reveal: 'true', event: 'config.changed' } });
    expect(JSON.stringify((await shown(ANN)).body)).toContain(ANN.id);
    expect((await shown(BOB)).code).toBe('ERR_ADMIN_FORBIDDEN');
  });

  test('evidence is erased, a hold lifted and pseudonyms turned off by two alone', async () => {
    const [record] = journalOf(fixture.home, { event: 'admin.refused' });
    expect(record).toBeUndefined();
    const { body } = await send(ANN, 'POST', '/audit/holds', { person: BOB.id, reason: 'a lawsuit' });
    await together('/audit/holds/:id/lift', { reason: 'settled' }, { id: text(body['id']) });
    expect((await send(ANN, 'POST', '/audit/erase', { person: BOB.id, reason: 'he asked' })).code).toBe('ERR_PROPOSAL_STORED');
    expect((await ask(control(), ANN, 'POST', '/manifest', {
      body: { file: 'f', text: 'apiVersion: sallyport/v1\naudit: { pseudonyms: false }\n', policies: [] },
    })).code).toBe('ERR_PROPOSAL_STORED');
    expect(objects((await send(ANN, 'GET', '/audit/holds')).body['holds'])).toEqual([]);
  });
});
