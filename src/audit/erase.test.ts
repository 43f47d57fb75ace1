import { afterEach, expect, test } from 'bun:test';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { JournalRecord } from '../domain/record.ts';
import type { SealedBody } from '../domain/retention.ts';
import { readBody } from './bodies.ts';
import type { BodyPlace, Origin } from './entry.ts';
import { eraseBodies } from './erase.ts';
import { recordErasure } from './erasure-record.ts';
import { openLedger } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { segmentFile } from './segments.ts';
import { eraseAt, flawsIn } from '../../test/fixtures/ledger-files.ts';

const endings: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

const gateway: Origin = { role: 'gateway', node: 'gw', incarnation: 'one' };
const SECRET = 'a-name-that-must-go';

async function open(strict = false, dir = mkdtempSync(join(tmpdir(), 'sp-era-'))): Promise<{ readonly dir: string; readonly ledger: Ledger }> {
  endings.push(() => rmSync(dir, { recursive: true, force: true }));
  const ledger = await openLedger(dir, { strict, reserveBytes: 4096 });
  endings.push(() => ledger.close());
  await ledger.hello(gateway, new Set());
  return { dir, ledger };
}

function line(body?: Partial<SealedBody>, address = 'x'): string {
  const record: JournalRecord = {
    id: Bun.randomUUIDv7(), at: Date.now(), category: 'access', event: 'call.denied', node: 'gw', space: 'default', exchange: Bun.randomUUIDv7(), address,
  };
  return `${JSON.stringify(record)}${body === undefined ? '' : `\t${JSON.stringify(sealed(body))}`}`;
}

function sealed(of: Partial<SealedBody>): SealedBody {
  return { class: 'standard', region: 'eu', key: 'k1', box: 'AAAA', ...of };
}

async function placesOf(ledger: Ledger): Promise<readonly (BodyPlace | undefined)[]> {
  return (await ledger.query({ order: 'oldest', limit: 1000 })).entries.map(({ body }) => body);
}

for (const strict of [false, true]) {
  test(`payloads lie beside their lines and are found by them, also after the next start (strict: ${strict})`, async () => {
    const { dir, ledger } = await open(strict);
    const boxes = ['one', 'two', 'x'.repeat(100_000)];
    await ledger.appendLines([line({ box: boxes[0] ?? '' }), line(), line({ box: boxes[1] ?? '', region: 'us' })], gateway);
    await ledger.appendLines([line({ box: boxes[2] ?? '' })], gateway);
    await ledger.close();
    const again = await open(strict, dir);
    await again.ledger.appendLines([line({ box: 'later' })], gateway);
    const read = (await placesOf(again.ledger)).map((place) => (place === undefined ? '' : (readBody(dir, place) ?? 'gone')));
    expect(read).toEqual([sealed({ box: 'one' }), '', sealed({ box: 'two', region: 'us' }), sealed({ box: boxes[2] ?? '' }), sealed({ box: 'later' })]
      .map((body) => (body === '' ? '' : JSON.stringify(body))));
    expect(readdirSync(join(dir, 'bodies', 'standard')).toSorted()).toEqual(['eu', 'us']);
  });
}

test('a payload that is not of its shape, or whose class or region would lead elsewhere, is not taken, nor is its record', async () => {
  const { ledger } = await open();
  const bad = [
    line({ class: '../x' }), line({ region: 'EU' }), line({ class: '' }), line({ key: 'k'.repeat(65) }),
    `${line()}\tnull`, `${line()}\t{}`, `${line()}\t`, `${line()}\t{"class":"a","region":"b","key":"c","box":1}`,
  ];
  expect(await ledger.appendLines([...bad, line({})], gateway)).toEqual([...bad.map(() => 'ERR_REQUEST_INVALID' as const), 0]);
});

test('what is erased is gone from the disk, with its payload; its place, the log and all proofs stay', async () => {
  const { dir, ledger } = await open();
  await ledger.appendLines([line(), line({ box: 'Ym9keQ' }, SECRET), line()], gateway);
  const [, place] = await placesOf(ledger);
  const before = await ledger.prove(1);
  await eraseAt(dir, ledger, [1]);
  await eraseAt(dir, ledger, [1]);
  const text = readFileSync(segmentFile(dir, 0), 'utf8');
  expect(text).not.toContain(SECRET);
  expect(text).not.toContain(/"salt":"([^"]+)"/.exec(before.line)?.[1] ?? '');
  expect(place === undefined ? 'none' : readBody(dir, place)).toBeUndefined();
  expect(await flawsIn(dir)).toEqual([]);
  const after = await ledger.prove(1);
  expect(after.proof[0]).toBe(before.proof[0] ?? '');
  expect(after.line).toMatch(/^\{"leaf":"[\w-]{43}","position":1,"erased":\{"why":"request"\}\} +$/);
  expect(after.line.slice(0, 52)).toBe(before.line.slice(0, 52));
  expect((await ledger.query({ order: 'oldest' })).entries.filter(({ role }) => role === 'gateway').map(({ position }) => position)).toEqual([0, 2]);
  // What was to go was on record before it went.
  expect((await ledger.query({ event: 'evidence.erased' })).entries.at(-1)).toMatchObject({ position: 3, record: { detail: { positions: [[1, 1]] } } });
  expect((await ledger.query({})).damage).toEqual([]);
  await ledger.close();
  const again = await open(false, dir);
  expect([again.ledger.damage, again.ledger.next]).toEqual([[], 4]);
});

test('erasing that a crash cut short is completed at the next start', async () => {
  const { dir, ledger } = await open();
  await ledger.appendLines([line(), line({ box: 'Ym9keQ' }, SECRET), line()], gateway);
  await recordErasure(ledger, 'evidence.erased', [1]);
  await ledger.close();
  const copy = mkdtempSync(join(tmpdir(), 'sp-era-'));
  cpSync(dir, copy, { recursive: true });
  const whole = readFileSync(segmentFile(copy, 0));
  await eraseAt(dir, (await open(false, dir)).ledger, [1]);
  const done = readFileSync(segmentFile(dir, 0));
  // The intent is durable, the line half overwritten.
  const from = whole.indexOf(10, whole.indexOf(10) + 1) + 1;
  const to = whole.indexOf(10, from);
  writeFileSync(segmentFile(copy, 0), Buffer.concat([done.subarray(0, from + 90), whole.subarray(from + 90)]));
  mkdirSync(join(copy, 'erasing'));
  const write = { file: relative(copy, segmentFile(copy, 0)), offset: from, text: done.subarray(from, to).toString('base64') };
  writeFileSync(join(copy, 'erasing', 'x.json'), JSON.stringify([write]));
  writeFileSync(join(copy, 'erasing', 'y.json.draft'), '[{"fi');
  const again = await open(false, copy);
  expect(again.ledger.damage).toEqual([]);
  expect(readdirSync(join(copy, 'erasing'))).toEqual([]);
  expect(readFileSync(segmentFile(copy, 0), 'utf8')).not.toContain(SECRET);
  expect(await flawsIn(copy)).toEqual([]);
});

test('a payload alone can go, twice too', async () => {
  const { dir, ledger } = await open();
  await ledger.appendLines([line({ box: 'one' }), line({ box: 'two' })], gateway);
  const [first, second] = await placesOf(ledger);
  if (first === undefined || second === undefined) throw new Error('no places');
  eraseBodies(dir, [first]);
  eraseBodies(dir, [first]);
  expect([readBody(dir, first), readBody(dir, second)]).toEqual([undefined, JSON.stringify(sealed({ box: 'two' }))]);
  expect((await ledger.query({})).entries).toHaveLength(2);
});
