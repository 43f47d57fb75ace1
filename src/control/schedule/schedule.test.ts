import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test';
import { spawnCli } from '../../../test/fixtures/spawned-cli.ts';
import type { JsonObject } from '../../domain/json.ts';
import { objects, part, text } from '../../cli/json-view.ts';
import { configure, openControl } from '../fixture-control.ts';
import type { ControlFixture } from '../fixture-control.ts';
import { claim, listJobs } from './keeper.ts';

let fixture: ControlFixture;
beforeAll(async () => {
  fixture = await openControl();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  await configure(fixture.role.control, 'setting', 'default', 'schedule', { digest: { every: '1d' }, 'vendor-probes': { every: '1w' } });
});

const job = async (kind: string): Promise<JsonObject> => {
  const { body } = await fixture.api('GET', '/schedule');
  return objects(part(body, 'jobs')).find((one) => one['kind'] === kind) ?? {};
};
const ask = (kinds: readonly string[], now = false) => fixture.api('POST', '/schedule/claim', { kinds: [...kinds], now });
const failed = async (): Promise<readonly JsonObject[]> =>
  (await fixture.role.control.ledger.query({ space: 'default', event: 'job.failed', limit: 100 })).entries.map(({ record }) => record);
const end = (id: string) => fixture.api('POST', '/schedule/vendor-probes/end', { claim: id, ok: true, says: 'two vendors' });
const setRow = (kind: string, body: JsonObject) => configure(fixture.role.control, 'job', 'default', kind, body);

test('a week of standing still is made up for by one run, and then it waits again', async () => {
  await setRow('digest', { nextAt: Date.now() - 7 * 86_400_000, runs: 3 });
  expect(await job('digest')).toMatchObject({ state: 'due', by: 'control' });
  const deadline = Date.now() + 25_000;
  while ((await job('digest'))['runs'] !== 4 && Date.now() < deadline) await Bun.sleep(100);
  const after = await job('digest');
  expect(after).toMatchObject({ state: 'waits', runs: 4, claim: null, last: { ok: true, by: 'sallyport|control' } });
  expect(part(after, 'last', 'says')).toContain('nobody was told');
  expect(Number(after['nextAt'])).toBeGreaterThan(Date.now());
});

test('of two workers that ask at once one gets it, and only that one can end it', async () => {
  await setRow('vendor-probes', { nextAt: 0, runs: 0 });
  const { control } = fixture.role;
  const same = (await listJobs(control)).filter(({ kind }) => kind === 'vendor-probes').flatMap((one) => [one, one]);
  const ids = await Promise.all(same.map((one) => claim(control, one, 'https://idp|worker', 1)));
  expect(ids.filter((id) => id !== undefined)).toHaveLength(1);
  await setRow('vendor-probes', { nextAt: 0, runs: 0 });
  const both = await Promise.all([ask(['vendor-probes']), ask(['vendor-probes'])]);
  const [won, ...others] = both.filter(({ body }) => body['claim'] !== undefined);
  expect(others).toEqual([]);
  expect(won?.body).toMatchObject({ kind: 'vendor-probes' });
  expect((await ask(['vendor-probes'], true)).body).toEqual({});
  expect((await end(crypto.randomUUID())).body).toMatchObject({ code: 'ERR_JOB_TAKEN' });
  expect((await end(text(won?.body['claim']))).status).toBe(200);
  expect(await job('vendor-probes')).toMatchObject({ state: 'waits', runs: 1, last: { ok: true, says: 'two vendors' } });
});

test('who is not heard of loses the job: that is a failed run on record, and the next one takes it', async () => {
  const before = (await failed()).length;
  const held = { id: crypto.randomUUID(), by: 'https://idp|gone', at: Date.now() - 600_000, until: Date.now() - 1 };
  await setRow('vendor-probes', { nextAt: 0, runs: 1, claim: held });
  const taken = (await ask(['vendor-probes'])).body;
  expect(taken).toMatchObject({ kind: 'vendor-probes' });
  expect((await failed()).length).toBe(before + 1);
  const keep = await fixture.api('POST', '/schedule/vendor-probes/keep', { claim: text(taken['claim']) });
  expect(keep.status).toBe(200);
});

test('what is not of a worker is not given to one, and there are no other jobs', async () => {
  await setRow('digest', { nextAt: 0, runs: 0 });
  expect((await ask(['digest'], true)).body).toEqual({});
  expect((await fixture.api('POST', '/schedule/claim', { kinds: ['rm -rf'] })).body).toMatchObject({ code: 'ERR_REQUEST_INVALID' });
  expect((await fixture.api('POST', '/schedule/other/run')).body).toMatchObject({ code: 'ERR_JOB_UNKNOWN' });
});

test('a worker runs its own command, and says what came of it', async () => {
  const { code, err } = await spawnCli(['worker', '--once', '--jobs', 'advisories', '--bundle', '/nonexistent.bundle'], {
    folder: fixture.home, home: fixture.home,
  });
  expect({ code, err }).toMatchObject({ code: 0, err: expect.stringContaining('advisories: exit') });
  expect(await job('advisories')).toMatchObject({ state: 'off', runs: 1, last: { ok: false, code: 'ERR_JOB_FAILED', says: expect.stringContaining('ERR_') } });
});
