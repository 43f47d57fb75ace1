import { afterAll, describe, expect, test } from 'bun:test';
import { generateKeyPairSync } from 'node:crypto';
import { objects, part, text } from '../../cli/json-view.ts';
import type { JsonObject } from '../../domain/json.ts';
import { writeBundle } from '../../knowledge/bundle.ts';
import type { Tables } from '../../knowledge/shape.ts';
import { shippedTables } from '../../knowledge/table.ts';
import { publicHalf } from '../../recovery/order.ts';
import { openControl } from '../fixture-control.ts';

const fixture = await openControl();
const { api } = fixture;
afterAll(() => fixture.close());

const { privateKey: key } = generateKeyPairSync('ed25519');
const { privateKey: other } = generateKeyPairSync('ed25519');
const shipped = shippedTables();
const record = { id: 'CVE-2026-999001', modified: '2026-11-01T00:00:00Z', summary: 'ours', affected: [{
  package: { ecosystem: 'npm', name: 'our-server' }, ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '2.0.0' }] }],
}] };

function bundle(change: Partial<Tables>, by = 'releases', with_ = key): JsonObject {
  return { bundle: writeBundle({ ...shipped, ...change }, by, with_) };
}

function advisories(): Promise<readonly string[]> {
  return api('GET', '/knowledge').then(({ body }) => objects(part(body, 'advisories')).map(({ id }) => text(id)));
}

async function affected(version: string): Promise<number> {
  return (await fixture.role.control.knowledge.current()).advisoriesFor('npm', 'our-server', version).length;
}

async function imported(): Promise<number> {
  return (await fixture.role.control.ledger.query({ space: 'default', event: 'knowledge.imported' })).entries.length;
}

async function trust(keys: object): Promise<void> {
  const manifest = `apiVersion: sallyport/v1\nknowledge: { keys: ${JSON.stringify(keys)} }\n`;
  expect(await api('POST', '/manifest', { file: 'sallyport.yaml', text: manifest, policies: [] })).toMatchObject({ status: 200 });
}

test('what ships is known before anything was imported', async () => {
  expect((await advisories()).length).toBe(shipped.advisories.length);
  expect(await api('GET', '/knowledge/versions')).toMatchObject({ body: { versions: [] } });
});

describe('a bundle', () => {
  test('of a key that nobody named is refused, and nothing is on record', async () => {
    expect(await api('POST', '/knowledge/bundles', bundle({ sequence: 2 }))).toMatchObject({ body: { code: 'ERR_VERIFY_FAILED' } });
    await trust({ releases: publicHalf(key) });
    expect(await api('POST', '/knowledge/bundles', bundle({ sequence: 2 }, 'releases', other))).toMatchObject({ body: { code: 'ERR_VERIFY_FAILED' } });
    expect(await api('POST', '/knowledge/bundles', bundle({ sequence: 2 }, 'somebody'))).toMatchObject({ body: { code: 'ERR_VERIFY_FAILED' } });
    const good = text(bundle({ sequence: 2 })['bundle']);
    for (const changed of [good.replace('mcp-remote', 'mcp-removed'), '{}', good.slice(0, -3), good.replace('knowledge/1', 'knowledge/2')]) {
      expect(await api('POST', '/knowledge/bundles', { bundle: changed })).toMatchObject({ body: { code: 'ERR_VERIFY_FAILED' } });
    }
    expect(await imported()).toBe(0);
  });

  test('replaces all tables, is on record, and can\'t be followed by an older one', async () => {
    await trust({ releases: publicHalf(key) });
    const issuedAt = '2026-12-01T00:00:00Z';
    const next = bundle({ sequence: 5, issuedAt, clientNames: [{ name: 'new-client', title: 'New', homepage: 'https://new.example' }] });
    const { status, body } = await api('POST', '/knowledge/bundles', next);
    expect([status, body]).toMatchObject([200, { number: 1, sequence: 5, signers: ['releases'], from: 'bundle' }]);
    expect((await fixture.role.control.knowledge.current()).clientNamed('new-client')).toMatchObject({ title: 'New' });
    expect((await fixture.role.control.knowledge.current()).clientNamed('Cline')).toBeUndefined();
    expect(await imported()).toBe(1);
    for (const sequence of [5, 4, 1]) expect(await api('POST', '/knowledge/bundles', bundle({ sequence }))).toMatchObject({ body: { code: 'ERR_CONFLICT' } });
  });
});

describe('advisories that an administrator imports', () => {
  test('stand beside those of the bundle, and stay when the next one comes', async () => {
    expect(await api('POST', '/knowledge/advisories', { advisories: [record] })).toMatchObject({ status: 200, body: { from: 'advisories', signers: [] } });
    expect([await affected('1.9.9'), await affected('2.0.0')]).toEqual([1, 0]);
    expect(await api('POST', '/knowledge/bundles', bundle({ sequence: 6 }))).toMatchObject({ status: 200 });
    expect(await affected('1.9.9')).toBe(1);
  });

  test('of one id: the one that was changed last', async () => {
    const older = { ...record, modified: '2025-01-01T00:00:00Z', affected: [] };
    await api('POST', '/knowledge/advisories', { advisories: [older] });
    expect(await affected('1.9.9')).toBe(1);
    await api('POST', '/knowledge/advisories', { advisories: [{ ...record, modified: '2026-11-20T00:00:00Z', withdrawn: '2026-11-20T00:00:00Z' }] });
    expect(await affected('1.9.9')).toBe(0);
  });

  test('of a time to come, which no later bundle could correct, are refused', async () => {
    const ahead = { ...record, modified: '9999-01-01T00:00:00Z', withdrawn: '2026-11-20T00:00:00Z' };
    expect(await api('POST', '/knowledge/advisories', { advisories: [ahead] })).toMatchObject({ body: { code: 'ERR_REQUEST_INVALID' } });
  });

  test('that are none are refused', async () => {
    for (const bad of [[], [{ id: '../x', modified: 'now' }], 'x']) {
      expect(await api('POST', '/knowledge/advisories', { advisories: bad })).toMatchObject({ body: { code: 'ERR_REQUEST_INVALID' } });
    }
  });
});

describe('going back', () => {
  test('takes an earlier version, or what ships; an edition that was here is not taken as a new one', async () => {
    await trust({ releases: publicHalf(key) });
    for (const sequence of [5, 6]) await api('POST', '/knowledge/bundles', bundle({ sequence }));
    const back = await api('POST', '/knowledge/rollback', { number: 1, reason: 'wrong ranges' });
    expect(back).toMatchObject({ status: 200, body: { from: 'rollback', sequence: 5 } });
    expect(await affected('1.9.9')).toBe(0);
    expect(await api('POST', '/knowledge/bundles', bundle({ sequence: 6 }))).toMatchObject({ body: { code: 'ERR_CONFLICT' } });
    expect(await api('POST', '/knowledge/rollback', { number: 0, reason: 'start anew' })).toMatchObject({ status: 200, body: { sequence: shipped.sequence } });
    expect((await fixture.role.control.knowledge.current()).clientNamed('Cline')).toBeDefined();
    expect(await api('POST', '/knowledge/rollback', { number: 99, reason: 'none' })).toMatchObject({ body: { code: 'ERR_NOT_FOUND' } });
  });

  test('only so many versions are kept', async () => {
    for (let sequence = 7; sequence < 19; sequence += 1) await api('POST', '/knowledge/bundles', bundle({ sequence }));
    const { versions } = (await api('GET', '/knowledge/versions')).body;
    expect(Array.isArray(versions) && versions.length).toBe(10);
    expect((await fixture.role.control.store.list('knowledge')).length).toBe(10);
  });
});

test('survives a restart, and what somebody else wrote into the store is not believed', async () => {
  await trust({ releases: publicHalf(key) });
  await api('POST', '/knowledge/bundles', bundle({ sequence: 30 }));
  await fixture.restart();
  const { control } = fixture.role;
  expect((await control.knowledge.current()).sequence).toBe(30);
  const [version] = await control.knowledge.history();
  const row = await control.store.get('knowledge', 'default', String(version?.number));
  await control.store.put('knowledge', 'default', String(version?.number), { text: JSON.stringify(row?.body).replaceAll('mcp-remote', 'x') }, { by: 'thief' });
  await fixture.restart();
  expect(await api('GET', '/knowledge')).toMatchObject({ body: { code: 'ERR_CONFIG_TAMPERED' } });
  const bytes = JSON.stringify({ newest: 1, versions: [{ ...version, signers: ['releases'] }] });
  await fixture.role.control.store.put('setting', 'default', 'knowledge-versions', { bytes, signature: 'AAAA' }, { by: 'thief' });
  expect(await api('GET', '/knowledge/versions')).toMatchObject({ body: { code: 'ERR_CONFIG_TAMPERED' } });
});
