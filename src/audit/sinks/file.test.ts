import { afterEach, beforeEach, expect, test } from 'bun:test';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { Json } from '../../domain/json.ts';
import { readSink } from '../../registry/sink-shape.ts';
import { openSink } from './open.ts';
import { toSinkFault } from './sink.ts';
import type { Item, Sink } from './sink.ts';

let home: string;
let directory: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sp-home-'));
  directory = mkdtempSync(join(tmpdir(), 'sp-file-'));
});
afterEach(() => {
  for (const dir of [home, directory]) rmSync(dir, { recursive: true, force: true });
});

const open = (of: Record<string, Json> = {}): Promise<Sink> =>
  openSink(readSink({ type: 'file', directory, compress: 'none', ...of }, undefined), { name: 'copy', source: { origin: 'o', version: '1' }, home });
const signal = new AbortController().signal;

function items(first: number, count: number): readonly Item[] {
  return Array.from({ length: count }, (_, index) => ({
    position: first + index, at: 0, id: '', event: 'call.denied', severity: 0, context: '', text: `{"position":${first + index},"pad":"${'x'.repeat(1_000)}"}`,
  }));
}

function positionsIn(text: string): readonly number[] {
  return text.split('\n').slice(0, -1).map((line) => {
    const record: { readonly position: number } = JSON.parse(line);
    return record.position;
  });
}

test.each([
  ['none', '', (bytes: Buffer) => bytes],
  ['gzip', '.gz', gunzipSync],
  ['zstd', '.zst', zstdDecompressSync],
])('files have their name when they are whole, and are compressed (%s)', async (compress, suffix, inflate) => {
  const sink = await open({ compress, rotate: { bytes: 4_096 } });
  await sink.send(items(0, 3), signal);
  expect(readdirSync(directory)).toEqual(['copy-0000000000000000.jsonl.open']);
  await sink.send(items(3, 3), signal);
  await sink.send(items(6, 1), signal);
  await sink.close();
  expect(readdirSync(directory).toSorted()).toEqual([`copy-0000000000000000.jsonl${suffix}`, 'copy-0000000000000006.jsonl.open']);
  const whole = join(directory, `copy-0000000000000000.jsonl${suffix}`);
  expect(positionsIn(inflate(readFileSync(whole)).toString())).toEqual([0, 1, 2, 3, 4, 5]);
  expect(statSync(whole).mode & 0o777).toBe(0o600);
});

test('a file that is old enough is finished', async () => {
  const sink = await open({ rotate: { every: '1s' } });
  await sink.send(items(0, 1), signal);
  const started = Date.now();
  while (Date.now() - started < 1_000) await Bun.sleep(50);
  await sink.send(items(1, 1), signal);
  await sink.close();
  expect(readdirSync(directory)).toEqual(['copy-0000000000000000.jsonl']);
});

test('a line that a crash cut short goes, and writing goes on behind the last whole one', async () => {
  const first = await open();
  await first.send(items(0, 2), signal);
  await first.close();
  appendFileSync(join(directory, 'copy-0000000000000000.jsonl.open'), '{"position":2,"pad":"xx');
  const second = await open();
  await second.send(items(2, 1), signal);
  await second.close();
  expect(positionsIn(readFileSync(join(directory, 'copy-0000000000000000.jsonl.open'), 'utf8'))).toEqual([0, 1, 2]);
});

test('a crash while a file was compressed leaves one of it', async () => {
  const first = await open({ compress: 'gzip', rotate: { bytes: 4_096 } });
  await first.send(items(0, 5), signal);
  await first.close();
  appendFileSync(join(directory, 'copy-0000000000000000.jsonl.open'), 'what was compressed already\n');
  appendFileSync(join(directory, 'copy-0000000000000009.jsonl.draft'), 'half');
  await (await open({ compress: 'gzip' })).close();
  expect(readdirSync(directory)).toEqual(['copy-0000000000000000.jsonl.gz']);
});

test('a replay writes beside what is there, never over it', async () => {
  for (const _ of [1, 2]) {
    const sink = await open({ rotate: { bytes: 4_096 } });
    await sink.send(items(0, 5), signal);
    await sink.close();
  }
  expect(readdirSync(directory).toSorted()).toEqual(['copy-0000000000000000.2.jsonl', 'copy-0000000000000000.jsonl']);
});

test('nothing is written into Sallyport\'s own folder, or around it', async () => {
  mkdirSync(join(home, 'ledger'));
  for (const dir of [home, join(home, 'ledger', 'segments'), '/tmp']) {
    expect(await open({ directory: dir }).then(() => 'opened', (error: unknown) => toSinkFault(error))).toMatchObject({ kind: 'gone' });
  }
});
