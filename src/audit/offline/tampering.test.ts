import { afterAll, beforeAll, expect, test } from 'bun:test';
import { assert, asyncProperty, constantFrom, nat } from 'fast-check';
import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { verifies } from '../../../test/e2e/requirements.ts';
import { codeThrown } from '../../../test/fixtures/code-of.ts';
import { eraseAt } from '../../../test/fixtures/ledger-files.ts';
import { readLine } from '../../../test/independent/line.mjs';
import { checkProof, checkTree } from '../../../test/independent/tlog.mjs';
import type { JournalRecord } from '../../domain/record.ts';
import type { Origin } from '../entry.ts';
import { openLedger } from '../ledger.ts';
import { readVkey } from '../log/note.ts';
import { fsckLedger } from './fsck.ts';
import { findExchange } from './find-exchange.ts';
import { writeTlogProof } from './tlog-proof.ts';
import { verifyLedger } from './verify.ts';
import type { Verified } from './verify.ts';

/** One ledger of several segments with payloads and erased records; each case spoils a copy in one way, and looks who notices. */
const RUNS = Number(process.env['SALLYPORT_PROPERTY_RUNS'] ?? 150);
const COUNT = 700;
const ERASED = [40, 41, 300];
const gateway: Origin = { role: 'gateway', node: 'gateway-1', incarnation: 'first' };

let home = '';
let ledger = '';
let vkey = '';
let size = 0;
const proofs = new Map<number, string>();

beforeAll(async () => {
  home = mkdtempSync('/tmp/sp-tamper-');
  ledger = join(home, 'ledger');
  const open = await openLedger(ledger, { strict: false, reserveBytes: 4096, segmentBytesMax: 60_000 });
  ({ vkey } = open.identity);
  await open.hello(gateway, new Set());
  for (let from = 0; from < COUNT; from += 50) {
    await open.appendLines(Array.from({ length: 50 }, (_, at) => lineOf(from + at)), gateway);
  }
  for (const position of [0, 40, 255, 256, 300, 511, 600]) {
    const { line, proof, note } = await open.prove(position);
    proofs.set(position, line);
    writeFileSync(join(home, `${position}.tlog-proof`), writeTlogProof({ position, proof, note }));
  }
  await eraseAt(ledger, open, ERASED);
  await open.close();
  ({ size } = checkTree(join(ledger, 'log'), vkey).checkpoint);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function recordOf(of: Partial<JournalRecord>): JournalRecord {
  const id = Bun.randomUUIDv7();
  return { id, exchange: id, node: 'gateway-1', space: 'default', at: Date.now(), category: 'access', event: 'call.denied', ...of };
}

/** Every third record has a payload. */
function lineOf(index: number): string {
  const text = JSON.stringify(recordOf({ exchange: `exchange-${index % 100}`, tool: `tool-${index}` }));
  const box = Buffer.alloc(60 + (index % 50), index).toString('base64');
  return index % 3 === 0 ? `${text}\t${JSON.stringify({ class: 'standard', region: 'eu', key: 'k', box })}` : text;
}

async function check(dir: string): Promise<Verified> {
  const key = readVkey(vkey);
  if (key === undefined) throw new Error('no key');
  return verifyLedger(dir, { key });
}

/** A copy with one thing changed; what both verifiers say of it. */
async function spoilt(change: (dir: string) => void): Promise<{ readonly ours: Verified; readonly theirs: string }> {
  const dir = mkdtempSync('/tmp/sp-spoilt-');
  try {
    cpSync(ledger, dir, { recursive: true });
    change(dir);
    return { ours: await check(dir), theirs: codeThrown(() => checkTree(join(dir, 'log'), vkey)) };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function filesOf(...folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) => readdirSync(join(ledger, folder), { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile()).map((item) => relative(ledger, join(item.parentPath, item.name))));
}

function flip(file: string, bit: number): number {
  const bytes = readFileSync(file);
  const at = (bit >> 3) % bytes.length;
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
  writeFileSync(file, bytes);
  return at;
}

/** An erased line is its leaf and position; what pads it, and what it says of its erasure, no proof covers. */
function isOfErasure(file: string, at: number): boolean {
  const before = readFileSync(file).subarray(0, at);
  const line = readFileSync(file).subarray(before.lastIndexOf(10) + 1).toString().split('\n')[0] ?? '';
  return file.includes('segments') && line.includes('"erased":') && at - (before.lastIndexOf(10) + 1) > line.indexOf('"erased"');
}

test('the ledger as it is has no flaw, every file is in its place, and the specifications’ verifier agrees', async () => {
  const verified = await check(ledger);
  expect(verified).toMatchObject({ flaws: [], flawCount: 0, unsigned: 0, unaccounted: 0, records: size - ERASED.length, bodiesErased: 0, tilesBeyond: 0 });
  expect(verified.erased).toEqual([[40, 41], [300, 300]]);
  expect(verified.segments).toBeGreaterThan(3);
  expect(verified.bodies).toBeGreaterThan(200);
  expect((await fsckLedger(ledger)).oddities).toEqual([]);
  const { entries } = checkTree(join(ledger, 'log'), vkey);
  const lines = filesOf('segments').toSorted().flatMap((file) => readFileSync(join(ledger, file), 'utf8').split('\n'))
    .filter((line) => line.startsWith('{"leaf"'));
  for (const [position, line] of lines.entries()) {
    expect(readLine(line)).toMatchObject({ position, entry: entries[position], proven: !ERASED.includes(position) });
  }
});

test(verifies('log-tampering', 'any one bit that is flipped in segments, tiles, entries, checkpoint or payloads is caught in its file'), async () => {
  const files = filesOf('segments', 'log', 'bodies');
  await assert(asyncProperty(constantFrom(...files), nat({ max: 2 ** 24 }), async (file, bit) => {
    let at = 0;
    const { ours, theirs } = await spoilt((dir) => (at = flip(join(dir, file), bit)));
    if (isOfErasure(join(ledger, file), at)) return;
    // A payload that was erased is zeros, between payloads that were not there are newlines: nothing names either.
    if (file.startsWith('bodies') && [0, 10].includes(readFileSync(join(ledger, file))[at] ?? -1)) return;
    expect(ours.flaws.map(({ file: named }) => named.replace(/^\/tmp\/sp-spoilt-[^/]+\//, ''))).toContain(file);
    if (file.startsWith('log')) expect(theirs).not.toBe('accepted');
  }), { numRuns: RUNS });
}, 60_000 + RUNS * 200);

function isNeeded(file: string, width: number): boolean {
  const level = file.split('/')[2];
  return width === (level === '1' ? Math.floor(size / 256) : size % 256);
}

type Lines = string[];
const CHANGES: Readonly<Record<string, (lines: Lines, at: number) => Lines>> = {
  dropped: (lines, at) => lines.toSpliced(at, 1),
  doubled: (lines, at) => lines.toSpliced(at, 0, lines[at] ?? ''),
  'exchanged with the next': (lines, at) => lines.toSpliced(at, 2, lines[at + 1] ?? '', lines[at] ?? ''),
  'back-dated': (lines, at) => lines.with(at, (lines[at] ?? '').replace(/"at":(\d+)/, (_, time: string) => `"at":${Number(time) - 1000}`)),
  'of another position': (lines, at) =>
    lines.with(at, (lines[at] ?? '').replace(/"position":(\d+)/, (_, position: string) => `"position":${Number(position) + 1}`)),
  'signed anew by who has no key': (lines, at) => lines.with(at, forge(lines[at] ?? '')),
};

/** A record that says something else and commits to it as the ledger would. */
function forge(line: string): string {
  const salt = Buffer.alloc(16, 7);
  const rest = line.slice(line.indexOf(',"position"')).replace('call.denied', 'call.failed');
  const leaf = new Bun.CryptoHasher('sha256', salt).update(rest).digest('base64url');
  return `{"leaf":"${leaf}","salt":"${salt.toString('base64url')}"${rest}`;
}

/** A line of the ledger's own that names positions as erased. */
function accounting(position: number, positions: readonly (readonly [number, number])[]): string {
  const record = JSON.stringify({ ...recordOf({ event: 'evidence.erased', category: 'config', node: 'ledger' }), detail: { records: 1, positions } });
  return `${forge(`,"position":${position},"role":"ledger","incarnation":"x","record":${record}}`)}\n`;
}

test(verifies('log-tampering', 'any record that is dropped, doubled, moved, back-dated or forged is caught at its place'), async () => {
  await assert(asyncProperty(constantFrom(...Object.keys(CHANGES)), constantFrom(...filesOf('segments')), nat({ max: 10_000 }), async (change, file, seed) => {
    const lines = readFileSync(join(ledger, file), 'utf8').split('\n');
    if (lines.length < 4) return;
    // The head is no record; the last one has no next.
    const at = 1 + (seed % (lines.length - 3));
    if (lines[at]?.includes('"erased":') === true || lines[at + 1]?.includes('"erased":') === true) return;
    const position = Number(/"position":(\d+)/.exec(lines[at] ?? '')?.[1]);
    const { ours } = await spoilt((dir) => writeFileSync(join(dir, file), (CHANGES[change]?.(lines, at) ?? []).join('\n')));
    const places = ours.flaws.map((flaw) => flaw.position ?? -1);
    expect(places.some((place) => Math.abs(place - position) <= 1)).toBe(true);
    expect(ours.flawCount).toBeLessThanOrEqual(3);
  }), { numRuns: RUNS });
}, 60_000 + RUNS * 200);

test(verifies('log-tampering', 'whole files that are missing, from another moment, or one too many are named'), async () => {
  for (const file of filesOf('segments', 'log')) {
    // A narrower partial served an earlier checkpoint; nobody needs it now.
    const width = /\.p\/(\d+)$/.exec(file)?.[1];
    if (width !== undefined && !isNeeded(file, Number(width))) continue;
    const { ours, theirs } = await spoilt((dir) => rmSync(join(dir, file)));
    expect([file, ours.flawCount > 0]).toEqual([file, true]);
    if (file.startsWith('log')) expect(theirs).not.toBe('accepted');
  }
  const extra = await spoilt((dir) => writeFileSync(join(dir, 'log', 'tile', 'entries', 'x'), ''));
  expect(extra.ours.flaws.map(({ what }) => what)).toEqual(['this is no file of a log']);
});

test(verifies('log-tampering', 'a record that is made to look erased is not accounted for; one that was erased keeps its proof'), async () => {
  const first = filesOf('segments').toSorted()[0] ?? '';
  const pretend = (dir: string, why: string): void => {
    const lines = readFileSync(join(dir, first), 'utf8').split('\n');
    const line = lines[20] ?? '';
    const erased = `${line.slice(0, 53)},"position":19,"erased":{"why":"${why}"}}`;
    writeFileSync(join(dir, first), lines.with(20, erased.padEnd(line.length)).join('\n'));
  };
  // That others were erased on record accounts for those alone.
  for (const why of ['retention', 'request']) {
    const { ours } = await spoilt((dir) => pretend(dir, why));
    expect([ours.erased.length, ours.unaccounted]).toEqual([3, 1]);
  }
  // Who can write the disk can also write a record that would account for it, and not sign it.
  const { ours } = await spoilt((dir) => {
    pretend(dir, 'request');
    appendFileSync(join(dir, filesOf('segments').toSorted().at(-1) ?? ''), accounting(size, [[19, 19]]));
  });
  expect([ours.unsigned, ours.unaccounted]).toEqual([1, 1]);
  for (const [position, line] of proofs) {
    const { entry, proven } = readLine(line);
    expect(proven).toBe(true);
    expect(checkProof(readFileSync(join(home, `${position}.tlog-proof`), 'utf8'), entry, vkey).index).toBe(position);
  }
  expect(await findExchange(ledger, 'exchange-7')).toHaveLength(COUNT / 100);
});

test(verifies('log-tampering', 'payloads that are taken away, or overwritten as if they had expired, are named'), async () => {
  const file = filesOf('bodies')[0] ?? '';
  for (const change of [(path: string) => rmSync(path), (path: string) => writeFileSync(path, Buffer.alloc(readFileSync(path).length))]) {
    const { ours } = await spoilt((dir) => change(join(dir, file)));
    expect(ours.flaws).toMatchObject([{ what: 'payloads are gone from here, and no signed record says that they were to go' }]);
  }
});

test('another key, and no checkpoint at all, prove nothing', async () => {
  const none = await spoilt((dir) => rmSync(join(dir, 'log', 'checkpoint')));
  expect(none.ours).toMatchObject({ checkpoint: undefined, flaws: [{ what: 'there is no checkpoint: nothing here is proven' }], unsigned: size });
  const other = mkdtempSync('/tmp/sp-other-');
  const stranger = await openLedger(other, { strict: false, reserveBytes: 4096 });
  await stranger.close();
  const { ours } = await spoilt((dir) => cpSync(join(other, 'log', 'checkpoint'), join(dir, 'log', 'checkpoint')));
  expect(ours.flaws[0]?.what).toContain('this is no checkpoint that the key of');
  rmSync(other, { recursive: true, force: true });
});

test('fsck names what is torn, missing, left over, foreign, unfinished or exposed, each by its file', async () => {
  const cases: readonly (readonly [string, (dir: string) => void])[] = [
    ['torn segments', (dir) => writeFileSync(join(dir, filesOf('segments').toSorted().at(-1) ?? ''), '{"leaf', { flag: 'a' })],
    ['missing segments', (dir) => rmSync(join(dir, filesOf('segments').toSorted()[1] ?? ''))],
    ['missing log/tile/0/001', (dir) => rmSync(join(dir, 'log/tile/0/001'))],
    ['broken log/tile/0/001', (dir) => writeFileSync(join(dir, 'log/tile/0/001'), 'x')],
    ['foreign log/tile/0/note.txt', (dir) => writeFileSync(join(dir, 'log/tile/0/note.txt'), '')],
    ['orphan log/tile/0/009', (dir) => writeFileSync(join(dir, 'log/tile/0/009'), Buffer.alloc(8192))],
    ['torn log/checkpoint.draft', (dir) => writeFileSync(join(dir, 'log/checkpoint.draft'), '')],
    ['foreign notes', (dir) => writeFileSync(join(dir, 'notes'), '')],
    ['orphan bodies', (dir) => writeFileSync(join(dir, filesOf('bodies')[0] ?? ''), 'left over', { flag: 'a' })],
    ['missing bodies', (dir) => rmSync(join(dir, filesOf('bodies')[0] ?? ''))],
    ['missing log.key', (dir) => rmSync(join(dir, 'log.key'))],
    ['exposed log.key', (dir) => void Bun.spawnSync(['chmod', '644', join(dir, 'log.key')])],
  ];
  for (const [expected, change] of cases) {
    const dir = mkdtempSync('/tmp/sp-fsck-');
    cpSync(ledger, dir, { recursive: true });
    change(dir);
    const named = (await fsckLedger(dir)).oddities.map(({ kind, file }) => `${kind} ${relative(dir, file)}`);
    expect(named.some((one) => one.startsWith(expected))).toBe(true);
    expect(existsSync(join(dir, 'log'))).toBe(true);
    rmSync(dir, { recursive: true, force: true });
  }
});
