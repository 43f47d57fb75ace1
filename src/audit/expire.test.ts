import { afterEach, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalRecord } from '../domain/record.ts';
import type { LegalHold, RetentionClass } from '../domain/retention.ts';
import { eraseChosen, expireBodies, isPast, pastSegments } from './expire.ts';
import { forgetOpenCalls } from './heads.ts';
import { openLedger, type Ledger } from './ledger.ts';
import { listSegments } from './segments.ts';
import { flawsIn } from '../../test/fixtures/ledger-files.ts';

const DAY_MS = 24 * 60 * 60_000;
const ORIGIN = { role: 'gateway', node: 'gw', incarnation: 'one' } as const;
const CLASSES: readonly RetentionClass[] = [
  { name: 'standard', region: 'local', recordDays: 30, bodyDays: 7, results: false },
  { name: 'long', region: 'local', recordDays: 100, bodyDays: 30, results: false },
];
const HOLD: LegalHold = { id: 'h', space: 'default', person: 'idp|ann' };
const dirs: string[] = [];
let ledger: Ledger | undefined;

afterEach(async () => {
  await ledger?.close();
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true });
});

function record(of: Partial<JournalRecord>): JournalRecord {
  return {
    id: Bun.randomUUIDv7(), at: Date.now(), category: 'access', event: 'call.denied', node: 'gw', space: 'default', exchange: Bun.randomUUIDv7(), ...of,
  };
}

/** Small segments, so that most are finished. */
async function filled(records: readonly JournalRecord[]): Promise<string> {
  const dir = mkdtempSync('/tmp/sp-expire-');
  dirs.push(dir);
  ledger = await openLedger(dir, { strict: false, segmentBytesMax: 4096 });
  await ledger.hello(ORIGIN, new Set());
  for (const one of records) {
    const body = { class: one.retention ?? 'standard', region: 'local', key: 'k', box: 'c2VhbGVk' };
    await ledger.appendLines([`${JSON.stringify(one)}\t${JSON.stringify(body)}`], ORIGIN);
  }
  return dir;
}

function opened(): Ledger {
  if (ledger === undefined) throw new Error('no ledger');
  return ledger;
}

function textOf(dir: string): string {
  // A segment's first line names recent records by their ids alone.
  return listSegments(dir).flatMap(({ file }) => readFileSync(file, 'latin1').split('\n').filter((line) => !line.startsWith('{"head"'))).join('');
}

async function expire(dir: string, holds: readonly LegalHold[], now: number): Promise<{ readonly erased: number; readonly forgotten: readonly number[] }> {
  const kept = { classes: CLASSES, holds };
  const forgotten: number[] = [];
  const segments = pastSegments(dir, kept, now, () => Date.now());
  const erased = await eraseChosen(dir, segments, isPast(kept, now), opened(), async (positions) => void forgotten.push(...positions));
  return { erased, forgotten };
}

test('records go when their class says, what a hold holds stays, and every proof stands', async () => {
  const records = Array.from({ length: 60 }, (_, index) => record({
    principal: index % 3 === 0 ? 'idp|ann' : 'idp|bob', ...(index % 2 === 0 ? {} : { retention: 'long' }),
  }));
  const dir = await filled(records);
  expect(await expire(dir, [HOLD], Date.now() + 29 * DAY_MS)).toEqual({ erased: 0, forgotten: [] });
  const { erased, forgotten } = await expire(dir, [HOLD], Date.now() + 31 * DAY_MS);
  const left = textOf(dir);
  const gone = records.filter(({ id }) => !left.includes(id));
  expect(gone.length).toBeGreaterThan(10);
  expect([erased, forgotten.length]).toEqual([gone.length, gone.length]);
  expect(gone.every(({ principal, retention }) => principal === 'idp|bob' && retention === undefined)).toBe(true);
  expect(await flawsIn(dir)).toEqual([]);
  expect((await expire(dir, [HOLD], Date.now() + 31 * DAY_MS)).erased).toBe(0);
  await expire(dir, [], Date.now() + 101 * DAY_MS);
  // The segment that is still written to is left alone.
  expect(records.filter(({ id }) => textOf(dir).includes(id)).length).toBeLessThan(15);
  expect(await flawsIn(dir)).toEqual([]);
});

test('payloads go by the day\'s file; of one that a hold holds, all the others', async () => {
  const dir = await filled([record({ principal: 'idp|ann' }), record({ principal: 'idp|bob' }), record({ principal: 'idp|bob', retention: 'long' })]);
  const day = new Date().toISOString().slice(0, 10);
  const file = (name: string): string => join(dir, 'bodies', name, 'local', `${day}.bodies`);
  expect(await expireBodies(dir, { classes: CLASSES, holds: [] }, opened(), Date.now() + 6 * DAY_MS)).toBe(0);
  expect(await expireBodies(dir, { classes: CLASSES, holds: [HOLD] }, opened(), Date.now() + 9 * DAY_MS)).toBe(1);
  // What is left of it is held: nothing more is to be said of it each hour.
  expect(await expireBodies(dir, { classes: CLASSES, holds: [HOLD] }, opened(), Date.now() + 9 * DAY_MS)).toBe(0);
  expect(readFileSync(file('standard'), 'latin1').split('c2VhbGVk')).toHaveLength(2);
  expect(await expireBodies(dir, { classes: CLASSES, holds: [] }, opened(), Date.now() + 9 * DAY_MS)).toBe(1);
  expect([existsSync(file('standard')), existsSync(file('long'))]).toEqual([false, true]);
  expect(await flawsIn(dir)).toEqual([]);
});

test('calls that were open when a segment began are forgotten with their records, and the ledger starts from it all the same', async () => {
  const open = [record({ event: 'call.permitted', principal: 'idp|ann' }), record({ event: 'call.permitted', principal: 'idp|bob' })];
  const dir = await filled([...open, ...Array.from({ length: 20 }, () => record({}))]);
  const heads = (): string => listSegments(dir).map(({ file }) => readFileSync(file, 'latin1').split('\n', 1).join()).join('\n');
  const sizes = listSegments(dir).map(({ file }) => readFileSync(file).length);
  expect([heads().includes('idp|ann'), heads().includes('idp|bob')]).toEqual([true, true]);
  await forgetOpenCalls(dir, ({ principal }) => principal === 'idp|ann');
  expect([heads().includes('idp|ann'), heads().includes('idp|bob')]).toEqual([false, true]);
  expect(listSegments(dir).map(({ file }) => readFileSync(file).length)).toEqual(sizes);
  expect(await flawsIn(dir)).toEqual([]);
  await ledger?.close();
  ledger = await openLedger(dir, { strict: false });
  // Bob's call is still open, and is closed as unknown; ann's is nobody's any more.
  expect(await ledger.hello({ ...ORIGIN, incarnation: 'two' }, new Set())).toBe(1);
  expect([ledger.damage, ledger.torn]).toEqual([[], []]);
});
