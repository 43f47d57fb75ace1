import { afterEach, expect, test } from 'bun:test';
import { createPrivateKey } from 'node:crypto';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf } from '../../test/fixtures/code-of.ts';
import { LIMITS } from '../domain/limits.ts';
import type { JournalRecord } from '../domain/record.ts';
import type { Entry, Origin } from './entry.ts';
import { openLedger } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { readQuery } from './query.ts';
import type { Query } from './query.ts';
import type { Damage } from './scan.ts';
import { signCheckpoint } from './log/checkpoint.ts';
import { EMPTY_ROOT } from './log/hash.ts';
import { readLogIdentity } from './log/key.ts';
import { segmentFile } from './segments.ts';
import { flawsIn } from '../../test/fixtures/ledger-files.ts';

const endings: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

const gateway: Origin = { role: 'gateway', node: 'gateway-1', incarnation: 'first' };

function makeDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'sp-audit-'));
  endings.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function open(dir: string, options: Partial<Parameters<typeof openLedger>[1]> = {}): Promise<Ledger> {
  const ledger = await openLedger(dir, { strict: false, reserveBytes: 4096, ...options });
  endings.push(() => ledger.close());
  return ledger;
}

async function openFor(dir: string, origin: Origin, options: Partial<Parameters<typeof openLedger>[1]> = {}): Promise<Ledger> {
  const ledger = await open(dir, options);
  await ledger.hello(origin, new Set());
  return ledger;
}

let serial = 0;
function record(of: Partial<JournalRecord> = {}): JournalRecord {
  serial += 1;
  const ids = { id: Bun.randomUUIDv7(), exchange: Bun.randomUUIDv7(), node: 'gateway-1', space: 'default' };
  return { ...ids, at: serial, category: 'access', event: 'call.denied', ...of };
}

function lines(...records: readonly JournalRecord[]): readonly string[] {
  return records.map((item) => JSON.stringify(item));
}

async function damageIn(dir: string): Promise<readonly Damage[]> {
  return (await flawsIn(dir)).map(({ file, offset = 0, what }) => ({ file, offset, reason: what }));
}

test('records are stored as they were sent, in order, with the role that the link proved', async () => {
  const ledger = await openFor(makeDir(), gateway);
  const odd = record({ address: 'ünïcode \u2028 "quoted" \\ 😀' });
  const text = JSON.stringify(odd).replace('"at":', '"at": ');
  expect(await ledger.appendLines([text, ...lines(record(), record())], gateway)).toEqual([0, 1, 2]);
  expect(await ledger.appendLines(lines(record()), gateway)).toEqual([3]);
  const { entries, damage } = await ledger.query({ order: 'oldest' });
  expect(damage).toEqual([]);
  expect(entries.map((entry) => entry.position)).toEqual([0, 1, 2, 3]);
  expect(entries[0]).toEqual({ position: 0, role: 'gateway', incarnation: 'first', record: odd });
});

for (const strict of [false, true]) {
  test(`what was appended is there after the next start (strict: ${strict})`, async () => {
    const dir = makeDir();
    const ledger = await openFor(dir, gateway, { strict });
    const frames = await Promise.all(Array.from({ length: 50 }, () => ledger.appendLines(lines(record(), record()), gateway)));
    expect(frames.flat()).toEqual(Array.from({ length: 100 }, (_, index) => index));
    await ledger.close();
    const again = await openFor(dir, gateway, { strict });
    expect(again.next).toBe(100);
    expect(await again.appendLines(lines(record()), gateway)).toEqual([100]);
    expect(await damageIn(dir)).toEqual([]);
  });
}

test('a record sent again keeps its first position, also in another frame, segment or start', async () => {
  const dir = makeDir();
  const ledger = await openFor(dir, gateway, { segmentBytesMax: 1 });
  const [first, second] = [record(), record()];
  expect(await ledger.appendLines(lines(first, second, first), gateway)).toEqual([0, 1, 0]);
  expect(await ledger.appendLines(lines(second), gateway)).toEqual([1]);
  expect(await ledger.appendLines(lines(record()), gateway)).toEqual([2]);
  await ledger.close();
  const again = await openFor(dir, gateway);
  expect(await again.appendLines(lines(first, record()), gateway)).toEqual([0, 3]);
});

test('what is not one known record of the caller’s own node, on one line and within the limits, is not taken', async () => {
  const ledger = await openFor(makeDir(), gateway);
  const bad = [
    '',
    'null',
    '[]',
    '{"id":"x"}',
    'not json',
    ...lines(record({ node: 'gateway-2' }), record({ event: 'record.torn' })),
    ...lines(record({ address: 'x'.repeat(LIMITS.recordCharsMax) }), record({ id: 'x'.repeat(65) })),
    JSON.stringify(record()).replace('call.denied', 'call.invented'),
    JSON.stringify(record()).replace('"access"', '"other"'),
    JSON.stringify(record()).replace('{', '{\r'),
    JSON.stringify(record()).replace('{', '{\n'),
  ];
  const placed = await ledger.appendLines([...bad, ...lines(record())], gateway);
  expect(placed).toEqual([...bad.map(() => 'ERR_REQUEST_INVALID' as const), 0]);
});

test('only a process that said hello appends, and an earlier one never again', async () => {
  const ledger = await open(makeDir());
  expect(await ledger.appendLines(lines(record()), gateway)).toEqual(['ERR_CONFLICT']);
  await ledger.hello(gateway, new Set());
  expect(await ledger.appendLines(lines(record()), gateway)).toEqual([0]);
  const second = { ...gateway, incarnation: 'second' };
  await ledger.hello(second, new Set());
  expect(await ledger.appendLines(lines(record()), gateway)).toEqual(['ERR_CONFLICT']);
  expect(await codeOf(ledger.hello(gateway, new Set()))).toBe('ERR_CONFLICT');
  expect(await ledger.appendLines(lines(record()), second)).toEqual([1]);
});

test('exchanges that an ended process left open are closed as unknown, once, and no others', async () => {
  const dir = makeDir();
  const other: Origin = { role: 'gateway', node: 'gateway-2', incarnation: 'only' };
  // Each append begins a segment, so what is open must travel in the segments' heads.
  let ledger = await openFor(dir, gateway, { segmentBytesMax: 1 });
  await ledger.hello(other, new Set());
  const dangling = record({ event: 'call.permitted', exchange: 'left', principal: 'idp|ann', server: 'crm', tool: 'pay' });
  await ledger.appendLines(lines(dangling), gateway);
  await ledger.appendLines(lines(record({ event: 'call.permitted', exchange: 'done' })), gateway);
  await ledger.appendLines(lines(record({ event: 'result.delivered', exchange: 'done' })), gateway);
  await ledger.appendLines(lines(record({ event: 'call.permitted', exchange: 'theirs', node: 'gateway-2' })), other);
  // Another node cannot close what it did not open.
  await ledger.appendLines(lines(record({ event: 'result.delivered', exchange: 'left', node: 'gateway-2' })), other);
  await ledger.close();

  ledger = await open(dir);
  expect(await ledger.hello(gateway, new Set())).toBe(0);
  expect(await ledger.hello({ ...gateway, incarnation: 'second' }, new Set())).toBe(1);
  expect(await ledger.hello({ ...gateway, incarnation: 'second' }, new Set())).toBe(0);
  expect(await ledger.hello({ ...gateway, incarnation: 'third' }, new Set())).toBe(0);
  const { entries } = await ledger.query({ event: 'call.unknown' });
  expect(entries).toHaveLength(1);
  const { node, principal, server, tool } = dangling;
  expect(entries[0]).toMatchObject({ role: 'ledger', record: { exchange: 'left', node, principal, server, tool, category: 'execution' } });
});

test('an exchange that its own process gave up is closed at its next hello', async () => {
  const ledger = await openFor(makeDir(), gateway);
  await ledger.appendLines(lines(record({ event: 'call.permitted', exchange: 'given-up' }), record({ event: 'call.permitted', exchange: 'running' })), gateway);
  expect(await ledger.hello(gateway, new Set(['given-up', 'never-heard-of']))).toBe(1);
  const { entries } = await ledger.query({ event: 'call.unknown' });
  expect(entries.map((entry) => entry.record.exchange)).toEqual(['given-up']);
});

test('open exchanges and waiting records have a limit', async () => {
  const ledger = await openFor(makeDir(), gateway);
  const opened = Array.from({ length: LIMITS.ledgerOpenMax }, (_, index) => JSON.stringify(record({ event: 'call.permitted', exchange: `x${index}` })));
  expect(await codeOf(ledger.appendLines([...opened, ''], gateway))).toBe('ERR_JOURNAL_BACKLOG');
  const placed = await ledger.appendLines(opened, gateway);
  expect(placed.every((place) => typeof place === 'number')).toBe(true);
  const more = lines(record({ event: 'call.permitted' }), record({ event: 'result.delivered', exchange: 'x0' }));
  expect(await ledger.appendLines(more, gateway)).toEqual(['ERR_JOURNAL_BACKLOG', LIMITS.ledgerOpenMax]);
  expect(await ledger.appendLines(lines(record({ event: 'call.permitted' })), gateway)).toEqual([LIMITS.ledgerOpenMax + 1]);
});

test('a write that was cut short is cut off and recorded, zeros of the file system included', async () => {
  const dir = makeDir();
  for (const rest of ['{"chain":"AAAA', '\0'.repeat(5000), `{"chain":"${'\0'.repeat(100)}`]) {
    const ledger = await openFor(dir, gateway);
    await ledger.appendLines(lines(record()), gateway);
    const { next } = ledger;
    await ledger.close();
    const file = segmentFile(dir, 0);
    const offset = readFileSync(file).length;
    appendFileSync(file, rest);
    const again = await open(dir);
    expect(again.torn).toEqual([{ file, offset, bytes: rest.length }]);
    expect(again.next).toBe(next + 1);
    const { entries } = await again.query({ limit: 1 });
    expect(entries[0]?.record).toMatchObject({ event: 'record.torn', detail: { file, offset, bytes: rest.length } });
    await again.close();
    expect(await damageIn(dir)).toEqual([]);
  }
});

test('a segment that was begun and never finished is dropped, and said so', async () => {
  const dir = makeDir();
  const ledger = await openFor(dir, gateway);
  await ledger.appendLines(lines(record()), gateway);
  await ledger.close();
  writeFileSync(segmentFile(dir, 1), '{"chain":"half');
  const again = await open(dir);
  expect(again.torn).toEqual([{ file: segmentFile(dir, 1), offset: 0, bytes: 14 }]);
  expect(existsSync(segmentFile(dir, 1))).toBe(false);
  expect(again.next).toBe(2);
});

test('a changed line is named, never repaired, and appending goes on in a new segment', async () => {
  const dir = makeDir();
  const ledger = await openFor(dir, gateway);
  await ledger.appendLines(lines(record(), record({ address: 'honest' }), record(), record()), gateway);
  await ledger.close();
  const file = segmentFile(dir, 0);
  const before = readFileSync(file, 'utf8');
  const offset = before.indexOf('\n', before.indexOf('\n') + 1) + 1;
  writeFileSync(file, before.replace('honest', 'forged'));

  const again = await openFor(dir, gateway);
  expect(again.damage).toEqual([{ file, offset, reason: 'the line is not what was written here' }]);
  expect(readFileSync(file, 'utf8')).toContain('forged');
  expect(await again.appendLines(lines(record()), gateway)).toEqual([5]);
  const { entries, damage } = await again.query({ order: 'oldest' });
  expect(entries.map((entry) => entry.position)).toEqual([0, 2, 3, 4, 5]);
  expect(entries[3]?.record).toMatchObject({ event: 'record.corrupt', code: 'ERR_JOURNAL_CORRUPT', detail: { file, offset } });
  expect(damage).toEqual(again.damage);
  expect(await damageIn(dir)).toEqual(again.damage);
  expect(readdirSync(join(dir, 'segments')).toSorted()).toEqual(['0000000000000000.jsonl', '0000000000000004.jsonl']);
});

test('nothing is appended after a doubtful end: the place is named', async () => {
  const dir = makeDir();
  const ledger = await openFor(dir, gateway);
  await ledger.appendLines(lines(record(), record({ address: 'honest' })), gateway);
  await ledger.close();
  const file = segmentFile(dir, 0);
  const before = readFileSync(file, 'utf8');
  unsigned(dir);
  writeFileSync(file, before.replace('honest', 'forged'));
  const error = await openLedger(dir, { strict: false, reserveBytes: 4096 }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'ERR_JOURNAL_CORRUPT' });
  expect(String(error)).toContain(`${file}, byte ${before.lastIndexOf('\n', before.length - 2) + 1}:`);
  writeFileSync(file, before.replace('"first":0', '"first":9'));
  expect(await codeOf(openLedger(dir, { strict: false, reserveBytes: 4096 }))).toBe('ERR_JOURNAL_CORRUPT');
});

/** As a kill -9 before the first checkpoint over records leaves a ledger: the empty log is all that was signed. */
function unsigned(dir: string): void {
  const { origin } = readLogIdentity(dir);
  rmSync(join(dir, 'log', 'tile'), { recursive: true });
  const key = createPrivateKey(readFileSync(join(dir, 'log.key'), 'utf8'));
  writeFileSync(join(dir, 'log', 'checkpoint'), signCheckpoint({ origin, size: 0, root: EMPTY_ROOT }, key));
}

test('verify finds a removed line, a removed segment and a swapped one', async () => {
  const dir = makeDir();
  const ledger = await openFor(dir, gateway, { segmentBytesMax: 1 });
  for (let index = 0; index < 4; index += 1) await ledger.appendLines(lines(record(), record()), gateway);
  await ledger.close();
  expect(await damageIn(dir)).toEqual([]);
  const middle = segmentFile(dir, 4);
  const whole = readFileSync(middle, 'utf8');
  writeFileSync(middle, whole.split('\n').toSpliced(1, 1).join('\n'));
  expect((await damageIn(dir)).map((damage) => damage.file)).toContain(middle);
  rmSync(middle);
  expect((await damageIn(dir)).map((damage) => [damage.file, damage.offset])).toEqual([[segmentFile(dir, 6), 0]]);
});

test('a query filters by every field, newest or oldest first, over segments', async () => {
  const ledger = await openFor(makeDir(), gateway, { segmentBytesMax: 2000 });
  for (let index = 0; index < 40; index += 1) {
    const names = { server: index % 2 === 0 ? 'crm' : 'erp', tool: `t${index % 5}`, principal: 'idp|ann', agent: 'a', exchange: `x${index}` };
    await ledger.appendLines(lines(record({ at: 1000 + index, ...names })), gateway);
  }
  const positions = async (query: Query): Promise<readonly number[]> => (await ledger.query(query)).entries.map((entry) => entry.position);
  expect(await positions({ limit: 3 })).toEqual([39, 38, 37]);
  expect(await positions({ limit: 3, order: 'oldest' })).toEqual([0, 1, 2]);
  expect(await positions({ server: 'crm', tool: 't0' })).toEqual([30, 20, 10, 0]);
  expect(await positions({ since: 1010, until: 1013 })).toEqual([12, 11, 10]);
  expect(await positions({ exchange: 'x7', principal: 'idp|ann', agent: 'a', category: 'access', event: 'call.denied', space: 'default' })).toEqual([7]);
  expect(await positions({ agent: 'b' })).toEqual([]);
  expect(await codeOf(ledger.query({ limit: LIMITS.queryRecordsMax + 1 }))).toBe('ERR_QUERY_INVALID');
});

test('a query with a field that does not exist, or of another type, is refused', () => {
  expect(readQuery({ server: 'crm', since: 1, limit: 5, order: 'oldest' })).toEqual({ server: 'crm', since: 1, limit: 5, order: 'oldest' });
  for (const bad of [null, [], { sever: 'crm' }, { server: 1 }, { since: '1' }, { order: 'up' }, { limit: 1.5 }]) {
    expect(() => readQuery(bad)).toThrow('ERR' in Object(bad) ? '' : /query|field/);
  }
});

test('a tail hands out the past and then the present, over segments, and ends when told', async () => {
  const ledger = await openFor(makeDir(), gateway, { segmentBytesMax: 1500 });
  for (let index = 0; index < 20; index += 1) await ledger.appendLines(lines(record()), gateway);
  const stop = new AbortController();
  const seen: Entry[] = [];
  for await (const entry of ledger.tail(5, stop.signal)) {
    seen.push(entry);
    if (entry.position === 19) for (let index = 0; index < 20; index += 1) void ledger.appendLines(lines(record()), gateway);
    if (entry.position === 39) stop.abort();
  }
  expect(seen.map((entry) => entry.position)).toEqual(Array.from({ length: 35 }, (_, index) => index + 5));
});
