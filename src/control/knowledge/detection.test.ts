import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { generateKeyPairSync } from 'node:crypto';
import { ACME_KEY, deafWeights, rulesWith } from '../../../test/fixtures/edition.ts';
import { objects, part, text } from '../../cli/json-view.ts';
import { digestOfDetection } from '../../detect/edition/kit.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { writeBundle } from '../../knowledge/bundle.ts';
import { shippedTables } from '../../knowledge/table.ts';
import { publicHalf } from '../../recovery/order.ts';
import { configure, crm, openControl, surfaceSaying } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import { detectionNamed } from '../snapshot/keeper.ts';

/* What detectors are made of comes in an edition: checked whole, named in the signed snapshot, given to gateways, taken back. */

setDefaultTimeout(60_000);
const { privateKey } = generateKeyPairSync('ed25519');
let fixture: ControlFixture;
beforeAll(async () => {
  fixture = await openControl();
  const manifest = `apiVersion: sallyport/v1\nknowledge: { keys: { releases: "${publicHalf(privateKey)}" } }\n`;
  expect(await fixture.api('POST', '/manifest', { file: 'sallyport.yaml', text: manifest, policies: [] })).toMatchObject({ status: 200 });
});
afterAll(() => fixture.close());

const imported = (sequence: number, detection?: Record<string, unknown>): ReturnType<ControlFixture['api']> => fixture.api('POST', '/knowledge/bundles', {
  bundle: writeBundle({ ...shippedTables(), sequence, ...(detection === undefined ? {} : { detection }) }, 'releases', privateKey),
});
const named = (): ReturnType<typeof detectionNamed> => detectionNamed(fixture.role.control.snapshots.current?.content ?? '');
const back = (number: number): ReturnType<ControlFixture['api']> => fixture.api('POST', '/knowledge/rollback', { number, reason: 'too deaf' });
const asked = (more: JsonObject = {}): Promise<Json | string> =>
  fixture.asGateway.call('control.detection', { node: 'east', digest: '', sequence: 0, ...more }).catch(String);
async function records(): Promise<readonly JsonObject[]> {
  const { entries } = await fixture.role.control.ledger.query({ space: 'default', event: 'knowledge.imported' });
  return objects(JSON.parse(JSON.stringify(entries.map(({ record }) => record))));
}

test('an edition that brings something else than rules or weights is refused whole', async () => {
  const before = fixture.role.control.snapshots.current?.version;
  for (const detection of [{ secretRules: rulesWith([{ id: 'x' }]) }, { secretRules: rulesWith(), textModel: {} }, { plugins: [] }]) {
    expect(await imported(2, detection)).toMatchObject({ body: { code: 'ERR_VERIFY_FAILED', remedy: expect.stringContaining('Nothing was taken') } });
  }
  expect([await records(), named(), fixture.role.control.snapshots.current?.version]).toEqual([[], undefined, before]);
});

test('what it brings is named in the signed snapshot, given to gateways by its digest, and on record', async () => {
  expect(await asked({ wants: 'f'.repeat(64) })).toContain('control does not have what its snapshot names');
  expect(await imported(2, { secretRules: rulesWith(undefined, ['adafruit-api-key']), textModel: deafWeights() })).toMatchObject({ status: 200 });
  const edition = named();
  expect(edition).toMatchObject({ sequence: 2 });
  const answer = await asked({ wants: edition?.digest ?? '' });
  expect(digestOfDetection(text(part(typeof answer === 'string' ? {} : answer, 'text')))).toBe(edition?.digest ?? '');
  expect((await records()).at(-1)).toMatchObject({ detail: { detection: [
    { table: 'secretRules', added: ['acme-key'], changed: [], removed: ['adafruit-api-key'] }, { table: 'textModel', added: [expect.any(String)] },
  ] } });
  await asked({ digest: edition?.digest ?? '', sequence: 2 });
  expect(await fixture.api('GET', '/status')).toMatchObject({ body: { detection: { sequence: 2, gateways: [{ node: 'east', isCurrent: true }] } } });
  await asked();
  expect(await fixture.api('GET', '/status')).toMatchObject({ body: { detection: { gateways: [{ node: 'east', isCurrent: false }] } } });
});

test('what servers say of themselves is looked at by the same', async () => {
  expect(await fixture.api('POST', '/servers', crm('crm'))).toMatchObject({ status: 200 });
  fixture.says.set('crm', surfaceSaying({ search: { description: `Finds customers with ${ACME_KEY}.` } }));
  const found = async (): Promise<boolean> => JSON.stringify((await fixture.api('POST', '/servers/crm/scan', {})).body).includes('secrets/token');
  expect(await found()).toBe(true);
  expect(await back(0)).toMatchObject({ status: 200 });
  expect([named(), await found()]).toEqual([undefined, false]);
  expect(await back(1)).toMatchObject({ status: 200 });
  expect([named()?.sequence, await found()]).toEqual([2, true]);
});

test('stays named over a restart, and when what is stored is not what was imported', async () => {
  const edition = named();
  await fixture.restart();
  expect(named()).toEqual(edition);
  const store = (): ControlFixture['role']['control']['store'] => fixture.role.control.store;
  const list = await store().get('setting', 'default', 'knowledge-versions');
  for (const tamper of [() => store().delete('setting', 'default', 'knowledge-versions', { by: 'thief' }),
    () => store().put('setting', 'default', 'knowledge-versions', { bytes: '{}', signature: 'AAAA' }, { by: 'thief' })]) {
    await tamper();
    await fixture.restart();
    expect(await fixture.api('GET', '/knowledge')).toMatchObject({ body: { code: 'ERR_CONFIG_TAMPERED' } });
    expect(await fixture.api('POST', '/servers', crm(`c${Date.now()}`))).toMatchObject({ status: 200 });
    expect(named()).toEqual(edition);
  }
  await store().put('setting', 'default', 'knowledge-versions', list?.body ?? null, { by: 'restore' });
  expect(await fixture.api('GET', '/knowledge')).toMatchObject({ status: 200 });
});

test('where two people are wanted, one changes no detection, forward or back; what leaves it alone takes one', async () => {
  for (const who of ['ann', 'bob']) {
    await configure(fixture.role.control, 'admin', 'default', who, { to: { principal: `https://issuer.example|${who}` }, role: 'admin', space: '*' });
  }
  const edition = named();
  expect(await imported(3, { secretRules: rulesWith() })).toMatchObject({ body: { code: 'ERR_PROPOSAL_STORED', message: expect.stringContaining('weights') } });
  expect(await imported(3)).toMatchObject({ body: { code: 'ERR_PROPOSAL_STORED', message: expect.stringContaining('1 removed') } });
  expect(await back(0)).toMatchObject({ body: { code: 'ERR_PROPOSAL_STORED' } });
  expect(named()).toEqual(edition);
  const kept = { secretRules: rulesWith(undefined, ['adafruit-api-key']), textModel: deafWeights() };
  expect(await imported(4, kept)).toMatchObject({ status: 200 });
  expect(named()).toEqual({ digest: edition?.digest ?? '', sequence: 4 });
});
