import { afterEach, expect, test } from 'bun:test';
import { appendFileSync, chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';
import { isObject } from '../../domain/json.ts';
import type { JournalRecord } from '../../domain/record.ts';
import { SallyportError } from '../../domain/errors.ts';
import type { Origin } from '../entry.ts';
import { openLedger } from '../ledger.ts';
import type { Ledger } from '../ledger.ts';
import { segmentFile } from '../segments.ts';
import type { LedgerOptions } from '../turns.ts';
import { flawsIn } from '../../../test/fixtures/ledger-files.ts';
import { openCheckpoint } from './checkpoint.ts';
import { readLogIdentity } from './key.ts';
import { checkpointFile, readSigned } from './keeper.ts';
import { LogMemory } from './remember.ts';
import { openTree, verifyConsistency, verifyInclusion } from './proof.ts';
import { sha256 } from './hash.ts';

const endings: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

const gateway: Origin = { role: 'gateway', node: 'gw', incarnation: 'one' };

function makeDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'sp-log-'));
  endings.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function open(dir: string, options: Partial<LedgerOptions> = {}): Promise<Ledger> {
  const ledger = await openLedger(dir, { strict: false, reserveBytes: 4096, ...options });
  endings.push(() => ledger.close());
  await ledger.hello(gateway, new Set());
  return ledger;
}

function line(address = 'honest'): string {
  const record: JournalRecord = {
    id: Bun.randomUUIDv7(), at: Date.now(), category: 'access', event: 'call.denied', node: 'gw', space: 'default', exchange: Bun.randomUUIDv7(), address,
  };
  return JSON.stringify(record);
}

async function fill(dir: string, count: number, options: Partial<LedgerOptions> = {}): Promise<void> {
  const ledger = await open(dir, options);
  for (let left = count; left > 0; left -= 100) await ledger.appendLines(Array.from({ length: Math.min(100, left) }, () => line()), gateway);
  await ledger.close();
}

async function faultOf(dir: string): Promise<{ readonly code: string; readonly message: string; readonly remedy: string }> {
  try {
    const ledger = await openLedger(dir, { strict: false, reserveBytes: 4096 });
    await ledger.close();
    return { code: '', message: '', remedy: '' };
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    return { code: error.code, message: error.message, remedy: error.remedy ?? '' };
  }
}

async function damageIn(dir: string): Promise<readonly string[]> {
  return (await flawsIn(dir)).map(({ file, position = '', what }) => `${file.slice(dir.length + 1)}, ${position}: ${what}`);
}

test('a reader of the log’s files alone sees one growing tree: every checkpoint extends the one before, and proves what it covers', async () => {
  const dir = makeDir();
  const ledger = await open(dir);
  let before: { readonly size: number; readonly root: Uint8Array } | undefined;
  for (const count of [1, 3, 251, 2, 300]) {
    await ledger.appendLines(Array.from({ length: count }, () => line()), gateway);
    await ledger.prove(ledger.next - 1);
    const { size, root } = readSigned(dir, readLogIdentity(dir));
    const tree = openTree(join(dir, 'log'), size);
    expect(size).toBe(ledger.next);
    expect(Buffer.from(tree.root()).equals(root)).toBe(true);
    if (before !== undefined) expect(verifyConsistency(before.size, before.root, size, root, tree.consistency(before.size))).toBe(true);
    before = { size, root };
  }
});

test('a record is proved by its line, its place and a signed note', async () => {
  const dir = makeDir();
  const ledger = await open(dir);
  await ledger.appendLines(Array.from({ length: 300 }, () => line()), gateway);
  const { line: text, proof, note, position } = await ledger.prove(270);
  const { leaf, ...parsed }: { leaf: string; position: number } = JSON.parse(text);
  expect(parsed.position).toBe(270);
  const signed = openCheckpoint(note, readLogIdentity(dir).noteKey);
  if (signed === undefined) throw new Error('not signed');
  const hash = sha256(Buffer.concat([Buffer.from([0]), Buffer.from(leaf, 'base64url')]));
  const path = proof.map((part) => Buffer.from(part, 'base64'));
  expect(verifyInclusion(hash, position, signed.size, path, signed.root)).toBe(true);
  expect(verifyInclusion(hash, position - 1, signed.size, path, signed.root)).toBe(false);
});

test('the first second counts: what was written and not signed yet is signed at the next start, before anybody is answered', async () => {
  const dir = makeDir();
  const copy = join(makeDir(), 'killed');
  const ledger = await open(dir);
  await ledger.appendLines([line(), line(), line()], gateway);
  // As a kill -9 leaves it.
  cpSync(dir, copy, { recursive: true });
  const again = await open(copy);
  expect(readSigned(copy, readLogIdentity(copy)).size).toBeGreaterThanOrEqual(3);
  await again.close();
  expect(await damageIn(copy)).toEqual([]);
});

test('another key, a forged checkpoint, a missing one: nothing is signed, and the file is named', async () => {
  const spoil: Readonly<Record<string, (dir: string) => void>> = {
    'log.key': (dir) => writeFileSync(join(dir, 'log.key'), generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })),
    'log.json': (dir) => rmSync(join(dir, 'log.json')),
    'log/checkpoint': (dir) => writeFileSync(checkpointFile(dir), readFileSync(checkpointFile(dir), 'utf8').replace('\n300\n', '\n301\n')),
  };
  for (const [file, happens] of Object.entries(spoil)) {
    const dir = makeDir();
    await fill(dir, 300);
    happens(dir);
    const { code, message, remedy } = await faultOf(dir);
    expect([code, message.startsWith(join(dir, file)), remedy.length > 0]).toEqual(['ERR_LOG_INCONSISTENT', true, true]);
  }
  const dir = makeDir();
  await fill(dir, 3);
  rmSync(checkpointFile(dir));
  expect((await faultOf(dir)).message).toContain('checkpoint');
  const open_ = makeDir();
  await fill(open_, 3);
  chmodSync(join(open_, 'log.key'), 0o644);
  expect((await faultOf(open_)).message).toContain('only its owner');
});

test('a damaged tile at the edge is written anew where the segments prove what it was, on record; where they don’t, nothing is signed', async () => {
  const dir = makeDir();
  await fill(dir, 300);
  const tile = join(dir, 'log', 'tile', '0', '001.p', '44');
  writeFileSync(tile, Buffer.alloc(44 * 32, 1));
  const both = join(makeDir(), 'both');
  cpSync(dir, both, { recursive: true });
  expect(await damageIn(dir)).toEqual(['log/tile/0/001.p/44, 256: the hash is not the one of its entries']);

  const ledger = await open(dir);
  expect(ledger.damage.map(({ file }) => file)).toEqual([tile]);
  const { entries } = await ledger.query({ event: 'record.corrupt' });
  expect(JSON.stringify(entries[0]?.record.detail)).toContain('written anew');
  await ledger.close();
  expect(await damageIn(dir)).toEqual([]);

  // No entry can be read from this line any more.
  const file = segmentFile(both, 0);
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('{"leaf":"', '{"1eaf":"'));
  expect(await faultOf(both)).toMatchObject({ code: 'ERR_LOG_INCONSISTENT' });
});

test('a damaged tile of the past stops nothing; verify names it, and it is restored on record before a proof needs it, or none is made', async () => {
  const dir = makeDir();
  await fill(dir, 700);
  const tile = join(dir, 'log', 'tile', '0', '000');
  const bytes = readFileSync(tile);
  bytes[40] = (bytes[40] ?? 0) ^ 4;
  writeFileSync(tile, bytes);
  const found = await flawsIn(dir);
  expect(found).toEqual([{ file: tile, offset: 40, position: 1, what: 'the hash is not the one of its entries' }]);
  const ledger = await open(dir);
  expect(await ledger.appendLines([line()], gateway)).toEqual([expect.any(Number)]);
  expect((await ledger.prove(3)).position).toBe(3);
  const { entries } = await ledger.query({ event: 'record.corrupt' });
  // Named at the start, since the newest segment is compared with it, and again when it was restored.
  const told = entries.map(({ record: { code, detail } }) => [code, JSON.stringify(detail).includes(tile), JSON.stringify(detail).includes('anew')]);
  expect(told).toEqual([['ERR_LOG_INCONSISTENT', true, true], ['ERR_JOURNAL_CORRUPT', true, false]]);
  expect(await flawsIn(dir)).toEqual([]);
  rmSync(tile);
  const file = segmentFile(dir, 0);
  writeFileSync(file, readFileSync(file, 'utf8').replace('{"leaf":"', '{"1eaf":"'));
  expect(await ledger.prove(3).catch((error: unknown) => error)).toMatchObject({ code: 'ERR_LOG_INCONSISTENT' });
});

test('when checkpoints cannot be written, that is on record, and only so many records wait for one', async () => {
  const dir = makeDir();
  const ledger = await open(dir, { unsignedRecordsMax: 5 });
  rmSync(join(dir, 'log', 'tile'), { recursive: true, force: true });
  writeFileSync(join(dir, 'log', 'tile'), 'in the way');
  await ledger.appendLines([line()], gateway);
  await ledger.checkpoint(0, 0).catch(() => undefined);
  await ledger.appendLines([line(), line(), line(), line()], gateway);
  expect(await ledger.appendLines([line()], gateway).catch((error: unknown) => error)).toMatchObject({ code: 'ERR_JOURNAL_UNAVAILABLE' });
  expect((await ledger.query({ event: 'checkpoint.failed' })).entries).toHaveLength(1);
  rmSync(join(dir, 'log', 'tile'));
  await ledger.checkpoint(0, 5);
  expect(await ledger.appendLines([line()], gateway)).toEqual([6]);
});

test('a ledger that acknowledges and does not sign is refused in the end', async () => {
  const dir = makeDir();
  const ledger = await open(dir);
  await ledger.appendLines([line()], gateway);
  const stale = await ledger.checkpoint(0, 0);
  const memory = new LogMemory(join(dir, 'seen.json'), 1);
  await memory.check(async () => ({ ...stale }), true);
  memory.note(7);
  await memory.check(async () => ({ ...stale, proof: [] }), false);
  await Bun.sleep(5);
  const fault: unknown = await memory.check(async () => ({ ...stale, proof: [] }), false).catch((error: unknown) => error);
  expect(String(fault)).toContain('record 7 was acknowledged and is still not signed');
});

test('a truncated segment is named, what it held keeps its positions, and appending goes on after what was signed', async () => {
  const dir = makeDir();
  await fill(dir, 300);
  const file = segmentFile(dir, 0);
  const text = readFileSync(file, 'utf8').split('\n');
  truncateSync(file, Buffer.byteLength(text.slice(0, 101).join('\n')) + 10);
  const size = readSigned(dir, readLogIdentity(dir)).size;
  const ledger = await open(dir);
  expect(ledger.damage.map(({ reason }) => reason)).toEqual([`positions 100 to ${size - 1} are missing: a signed checkpoint covers them`]);
  expect(await ledger.appendLines([line()], gateway)).toEqual([size + 1]);
  await ledger.close();
  expect(readSigned(dir, readLogIdentity(dir)).size).toBe(size + 2);
  expect((await damageIn(dir)).join()).toContain('positions 100 to');
});

test('a line that proves itself but is not the one that was signed is named, at the start and by verify', async () => {
  const [dir, other] = [makeDir(), makeDir()];
  for (const each of [dir, other]) await fill(each, 5);
  const own = readFileSync(segmentFile(dir, 0), 'utf8').split('\n');
  const foreign = readFileSync(segmentFile(other, 0), 'utf8').split('\n');
  own[3] = foreign[3] ?? '';
  writeFileSync(segmentFile(dir, 0), own.join('\n'));
  expect(await damageIn(dir)).toEqual(['segments/0000000000000000.jsonl, 2: the line is not the one that was logged here']);
  const ledger = await open(dir);
  expect(ledger.damage.map(({ reason }) => reason)).toEqual(['the log was signed with another line at position 2']);
});

test('no bit of a ledger changes unseen, and no line moves', async () => {
  const dir = makeDir();
  await fill(dir, 4);
  const files = ['log/checkpoint', 'log/tile/0/000.p/4', 'log/tile/entries/000.p/4', 'segments/0000000000000000.jsonl', 'log.json'];
  for (const name of files) {
    const file = join(dir, name);
    const whole = readFileSync(file);
    for (let at = 0; at < whole.length; at += 1) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(file, bytes);
      const found = await damageIn(dir).catch((error: unknown) => [String(error)]);
      if (found.length === 0) throw new Error(`${name}, byte ${at}: bit ${at % 8} may change`);
    }
    writeFileSync(file, whole);
  }
  const file = segmentFile(dir, 0);
  const [head = '', first = '', second = '', ...rest] = readFileSync(file, 'utf8').split('\n');
  for (const lines of [[head, second, first, ...rest], [head, second, ...rest], [head, first, first, second, ...rest], [head, first, second]]) {
    writeFileSync(file, lines.join('\n'));
    expect(await damageIn(dir)).not.toEqual([]);
  }
});

/** In minutes. */
async function jumps(ledger: Ledger): Promise<readonly number[]> {
  const { entries } = await ledger.query({ event: 'clock.jumped', order: 'oldest' });
  return entries.map(({ record: { detail } }) => Math.round(Number(isObject(detail) ? detail['byMs'] : 0) / 60_000));
}

test('a clock that jumps is on record, also between two starts, and orders nothing', async () => {
  const dir = makeDir();
  let now = Date.parse('2026-06-01T12:00:00Z');
  const ledger = await open(dir, { now: () => now });
  await ledger.appendLines([line()], gateway);
  now -= 3_600_000;
  expect(await ledger.appendLines([line()], gateway)).toEqual([1]);
  await ledger.appendLines([line()], gateway);
  expect(await jumps(ledger)).toEqual([-60]);
  await ledger.close();
  const again = await open(dir, { now: () => 1_000 });
  expect(await jumps(again)).toHaveLength(2);
  await again.close();
  expect(await damageIn(dir)).toEqual([]);
});

test('partial tiles stay until the full one is there, as long as a checkpoint may need them', async () => {
  const dir = makeDir();
  const ledger = await open(dir);
  for (const count of [10, 20]) {
    await ledger.appendLines(Array.from({ length: count }, () => line()), gateway);
    await ledger.prove(ledger.next - 1);
  }
  expect(readdirSync(join(dir, 'log', 'tile', '0', '000.p')).toSorted()).toEqual(['10', '30']);
  await ledger.appendLines(Array.from({ length: 300 }, () => line()), gateway);
  await ledger.prove(ledger.next - 1);
  expect(existsSync(join(dir, 'log', 'tile', '0', '000.p'))).toBe(false);
  expect(existsSync(join(dir, 'log', 'tile', '0', '000'))).toBe(true);
});

test('a torn end beyond what was signed is cut and on record; nothing of the log changes', async () => {
  const dir = makeDir();
  await fill(dir, 5);
  const before = readFileSync(checkpointFile(dir), 'utf8');
  appendFileSync(segmentFile(dir, 0), '{"leaf":"AAAA');
  const ledger = await openLedger(dir, { strict: false, reserveBytes: 4096 });
  expect(ledger.torn).toHaveLength(1);
  await ledger.close();
  const { noteKey } = readLogIdentity(dir);
  expect([openCheckpoint(before, noteKey)?.size, openCheckpoint(readFileSync(checkpointFile(dir), 'utf8'), noteKey)?.size]).toEqual([5, 6]);
  expect(await damageIn(dir)).toEqual([]);
});
