import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { JsonObject } from '../../domain/json.ts';
import { configure, openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import { ask, person } from '../admins/fixture-admin.ts';
import type { RecordEvent } from '../../domain/record.ts';
import { until } from '../../../test/fixtures/era-deeds.ts';
import { noteSilence } from './watches.ts';

let fixture: ControlFixture;
beforeAll(async () => {
  fixture = await openControl();
  for (const role of ['protector', 'sensor', 'approver', 'auditor']) {
    await configure(fixture.role.control, 'admin', 'default', role, { to: { group: role }, role, space: 'default' });
  }
});
afterAll(() => fixture.close());

const ROOT = 'a'.repeat(64);
const ACT = { host: 'laptop-7', file: '/home/ann/.cursor/mcp.json', client: 'cursor', servers: ['crm'], how: 'vault' };
const WATCHED = { host: 'laptop-7', place: 'ann' };
const CHANGED = { file: '/home/ann/.cursor/mcp.json', server: 'crm', what: 'command', severity: 'critical' };
const REPORT = { ...WATCHED, seenAt: 1, differences: [CHANGED], left: 0, done: ['reverted'] };
const BASELINE = { ...WATCHED, root: ROOT, number: 1, files: 3, differences: [], left: 0, reason: 'as reviewed' };
const BEAT = { ...WATCHED, everyMs: 5_000, state: 'watching' };

async function recorded(event: RecordEvent): Promise<readonly JsonObject[]> {
  const { entries } = await fixture.role.control.ledger.query({ space: 'default', event });
  return entries.map(({ record }) => ({ ...record }));
}

async function codeOf(role: string, method: 'GET' | 'POST', path: string, body?: JsonObject): Promise<string> {
  return (await ask(fixture.role.control, person('ann', role), method, path, body === undefined ? {} : { body })).code;
}

test.each<[path: string, body: JsonObject | undefined, roles: string]>([
  ['POST /file-seals', ACT, 'protector'], ['POST /file-unseals', ACT, 'protector'], ['POST /file-restores', ACT, 'protector'],
  ['POST /file-enforcements', ACT, 'protector'], ['POST /file-changes', REPORT, 'protector sensor'], ['POST /file-watches', BEAT, 'protector sensor'],
  ['POST /file-approvals', BASELINE, 'approver'], ['GET /file-watches', undefined, 'protector approver auditor'],
])('%s is for whom policy gives it to alone', async (route, body, roles) => {
  const [method, path = ''] = route.split(' ');
  for (const role of ['protector', 'sensor', 'approver', 'auditor']) {
    const code = await codeOf(role, method === 'GET' ? 'GET' : 'POST', path, body);
    expect([role, code]).toEqual([role, roles.split(' ').includes(role) ? '' : 'ERR_ADMIN_FORBIDDEN']);
  }
});

test('a company forbids one act and leaves the others: who may seal need not be who may unseal', async () => {
  const source = '@id("no-unsealing") forbid(principal, action == Action::"admin_protect", resource) when { resource.name == "file-unseals" };';
  await configure(fixture.role.control, 'policy', 'default', 'files', { file: 'files.cedar', source });
  expect(await codeOf('protector', 'POST', '/file-unseals', ACT)).toBe('ERR_ADMIN_FORBIDDEN');
  expect(await codeOf('protector', 'POST', '/file-seals', ACT)).toBe('');
});

test('every act is on record with who did it, where and to what, and one that failed says so', async () => {
  await fixture.api('POST', '/file-seals', { ...ACT, reason: 'rollout', before: ROOT, after: 'b'.repeat(64) });
  await fixture.api('POST', '/file-seals', { ...ACT, failed: 'ERR_FILE_CHANGED' });
  const [last, before] = await recorded('file.sealed');
  expect(last).toMatchObject({ category: 'config', code: 'ERR_FILE_CHANGED' });
  const detail = { host: 'laptop-7', file: ACT.file, servers: ['crm'], how: 'vault' };
  expect(before).toMatchObject({ principal: 'sallyport|admin', reason: 'rollout', detail });
  expect(await fixture.api('POST', '/file-seals', { ...ACT, value: 'sk-live-1234567890' })).toMatchObject({ status: 400 });
  expect(await fixture.api('POST', '/file-seals', { ...ACT, file: 'a\nb' })).toMatchObject({ status: 400 });
});

test('what a watcher saw is a detection, with all that a record can hold of it', async () => {
  const long = 'x'.repeat(255);
  const differences = Array.from({ length: 20 }, () => ({ ...CHANGED, file: `/${'y'.repeat(1_000)}`, client: long, server: long, what: long, by: long }));
  expect(await fixture.api('POST', '/file-changes', { ...REPORT, differences })).toMatchObject({ status: 200 });
  expect((await recorded('file.changed'))[0]).toMatchObject({ category: 'detection', detail: { host: 'laptop-7', done: ['reverted'] } });
  expect(await fixture.api('POST', '/file-changes', { ...REPORT, differences: [...differences, CHANGED] })).toMatchObject({ status: 400 });
});

test('a baseline is approved under rising numbers: an older one does not come back', async () => {
  const approve = (number: number, root: string): ReturnType<ControlFixture['api']> =>
    fixture.api('POST', '/file-approvals', { ...BASELINE, host: 'laptop-8', number, root });
  expect(await approve(1, ROOT)).toMatchObject({ status: 200 });
  expect(await approve(2, 'b'.repeat(64))).toMatchObject({ status: 200 });
  expect(await approve(2, ROOT)).toMatchObject({ body: { code: 'ERR_CONFLICT' } });
  expect(await fixture.api('GET', '/file-approvals?host=laptop-8&place=ann')).toMatchObject({ body: { baseline: { number: 2, root: 'b'.repeat(64) } } });
  expect(await fixture.api('GET', '/file-approvals?host=laptop-9&place=ann')).toMatchObject({ body: { baseline: null } });
});

test('a watcher that stops is on record, one that is interrupted too, and one that is silent once', async () => {
  const { control } = fixture.role;
  const states = async (): Promise<unknown> => (await recorded('watch.stopped')).map(({ detail }) => detail);
  const beat = (state: string): ReturnType<ControlFixture['api']> => fixture.api('POST', '/file-watches', { ...BEAT, host: 'laptop-9', state });
  await beat('watching');
  await beat('interrupted');
  await beat('stopped');
  expect(await states()).toMatchObject([{ state: 'stopped' }, { state: 'interrupted' }]);
  await beat('watching');
  const later = { store: control.store, record: control.record, now: () => Date.now() + 3 * 5_000 + 1_000 };
  await noteSilence({ ...later, now: Date.now });
  expect(await states()).toHaveLength(2);
  await noteSilence(later);
  await noteSilence(later);
  const told = (await recorded('watch.stopped')).filter(({ detail }) => JSON.stringify(detail).includes('laptop-9'));
  expect(told.map(({ detail }) => detail)).toMatchObject([{ state: 'silent' }, { state: 'stopped' }, { state: 'interrupted' }]);
  expect(await fixture.api('GET', '/file-watches')).toMatchObject({ status: 200 });
});

test('control looks for silence by itself', async () => {
  const gone = { host: 'laptop-11', place: 'ann', principal: 'sallyport|admin', everyMs: 5_000, since: 1, seenAt: 1, state: 'watching' };
  await fixture.role.control.store.put('file-watch', 'default', 'f'.repeat(40), gone, { by: 'test' });
  await until(async () => JSON.stringify(await recorded('watch.stopped')).includes('laptop-11'));
});

test('nobody keeps alive, or ends, the watch of another', async () => {
  const as = (name: string, state: string): ReturnType<typeof ask> =>
    ask(fixture.role.control, person(name, 'sensor'), 'POST', '/file-watches', { body: { ...BEAT, host: 'laptop-10', state } });
  await as('one', 'watching');
  await as('two', 'stopped');
  const { body } = await fixture.api('GET', '/file-watches');
  expect(JSON.stringify(body)).toContain('"principal":"https://issuer.example|one","everyMs":5000,');
  expect(Array.isArray(body['watches']) ? body['watches'].filter((one) => JSON.stringify(one).includes('laptop-10')) : []).toMatchObject([
    { state: expect.any(String) }, { state: expect.any(String) },
  ]);
});
