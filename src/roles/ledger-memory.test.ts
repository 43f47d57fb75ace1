import { afterEach, expect, test } from 'bun:test';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { codeOf } from '../../test/fixtures/code-of.ts';
import { createJournal } from '../audit/journal.ts';
import type { LedgerJournal } from '../audit/journal.ts';
import { acceptRefused, readRefused, readSeen } from '../audit/log/seen.ts';
import type { JournalRecord } from '../domain/record.ts';
import { connectLink } from '../link/connect.ts';
import { runLedger } from './ledger.ts';
import type { LedgerRole } from './ledger.ts';

const endings: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

/** A ledger role and one process that writes to it, each with files of its own. */
interface Pair {
  readonly dir: string;
  readonly seenFile: string;
  role(): LedgerRole;
  journal(verifyMs?: number): LedgerJournal;
  /** Stops the ledger, lets something happen to its files, and starts it again. */
  meanwhile(happens: () => void): Promise<void>;
}

async function openPair(): Promise<Pair> {
  const home = mkdtempSync(join(tmpdir(), 'sp-mem-'));
  endings.push(() => rmSync(home, { recursive: true, force: true }));
  let role = await runLedger({ home, strict: false });
  endings.push(() => role.close());
  const seenFile = join(home, 'gateway', 'seen-gw.json');
  return {
    dir: join(home, 'ledger'), seenFile,
    role: () => role,
    journal(verifyMs = 10_000) {
      const link = connectLink({ home, self: 'gateway', peer: 'ledger' });
      const journal = createJournal(link, { node: 'gw', incarnation: Bun.randomUUIDv7(), seenFile, verifyMs, retryMs: 20_000 });
      endings.push(() => journal.close(), () => link.close());
      return journal;
    },
    async meanwhile(happens) {
      await role.close();
      happens();
      role = await runLedger({ home, strict: false });
    },
  };
}

function record(): JournalRecord {
  return { id: Bun.randomUUIDv7(), at: Date.now(), category: 'access', event: 'call.denied', node: 'gw', space: 'default', exchange: Bun.randomUUIDv7() };
}

/** Until the journal says something else than before: a refusal comes with the next greeting. */
async function untilCode(journal: LedgerJournal, wanted: string): Promise<void> {
  for (let code = ''; code !== wanted; code = await codeOf(journal.append(record()))) await Bun.sleep(5);
}

function rollBack({ dir }: Pair, copy: string): void {
  rmSync(dir, { recursive: true });
  cpSync(copy, dir, { recursive: true });
}

async function copyOf(pair: Pair): Promise<string> {
  const copy = mkdtempSync(join(tmpdir(), 'sp-copy-'));
  endings.push(() => rmSync(copy, { recursive: true, force: true }));
  await pair.meanwhile(() => cpSync(pair.dir, copy, { recursive: true }));
  return copy;
}

test('a ledger that goes on is written to, and what was verified of it is remembered', async () => {
  const pair = await openPair();
  const journal = pair.journal();
  for (let index = 0; index < 5; index += 1) await journal.append(record());
  await pair.meanwhile(() => undefined);
  await journal.append(record());
  const seen = readSeen(pair.seenFile);
  expect(seen?.size).toBeGreaterThanOrEqual(6);
  expect(readRefused(pair.seenFile)).toBeUndefined();
});

test('a rolled-back ledger is refused by who saw more, also after its own restart, until an operator accepts it on record', async () => {
  const pair = await openPair();
  let journal = pair.journal();
  await journal.append(record());
  const copy = await copyOf(pair);
  for (let index = 0; index < 5; index += 1) await journal.append(record());
  await pair.meanwhile(() => undefined);
  await journal.append(record());
  await pair.meanwhile(() => rollBack(pair, copy));
  await untilCode(journal, 'ERR_LOG_INCONSISTENT');
  journal.close();
  journal = pair.journal();
  await untilCode(journal, 'ERR_LOG_INCONSISTENT');

  const refused = readRefused(pair.seenFile);
  expect(refused?.why).toContain('rolled back');
  if (refused === undefined) throw new Error('nothing was refused');
  const before = readSeen(pair.seenFile) ?? { origin: '', size: 0, root: '' };
  acceptRefused(pair.seenFile, refused.offered, { at: 1, by: 'ann', reason: 'restored from the copy of Monday', before });
  await untilCode(journal, 'fulfilled');
  const { entries } = await pair.role().ledger.query({ event: 'log.accepted' });
  expect(entries.map((entry) => entry.record)).toMatchObject([{ category: 'config', reason: 'restored from the copy of Monday', detail: { by: 'ann' } }]);
});

test('records that were acknowledged since the last checkpoint was seen must be there too', async () => {
  const pair = await openPair();
  const journal = pair.journal();
  await journal.append(record());
  const copy = await copyOf(pair);
  await untilCode(journal, 'fulfilled');
  const size = readSeen(pair.seenFile)?.size ?? 0;
  for (let index = 0; index < 20; index += 1) await journal.append(record());
  await pair.meanwhile(() => rollBack(pair, copy));
  await untilCode(journal, 'ERR_LOG_INCONSISTENT');
  expect(readRefused(pair.seenFile)?.why).toMatch(/acknowledged|rolled back/);
  expect(readSeen(pair.seenFile)?.size).toBe(size);
});

test('a log that was written anew under the same key is refused, and so is one of another key', async () => {
  for (const keeps of [['key.pem', 'log.key', 'log.json'], ['key.pem']]) {
    const pair = await openPair();
    const journal = pair.journal();
    for (let index = 0; index < 5; index += 1) await journal.append(record());
    await pair.meanwhile(() => undefined);
    await journal.append(record());
    await pair.meanwhile(() => {
      const kept = keeps.map((name) => [name, readFileSync(join(pair.dir, name))] as const);
      rmSync(pair.dir, { recursive: true });
      mkdirSync(pair.dir);
      for (const [name, bytes] of kept) writeFileSync(join(pair.dir, name), bytes, { mode: 0o600 });
    });
    // As many as there were: the size alone says nothing.
    const other = { role: 'control', node: 'other', incarnation: 'x' } as const;
    await pair.role().ledger.hello(other, new Set());
    for (let index = 0; index < 40; index += 1) await pair.role().ledger.appendLines([JSON.stringify({ ...record(), node: 'other' })], other);
    await pair.role().ledger.prove(30);
    await untilCode(journal, 'ERR_LOG_INCONSISTENT');
    expect(readRefused(pair.seenFile)?.why).toMatch(keeps.length === 1 ? /another key/ : /rewritten|rolled back/);
  }
});

test('while records come, the log that they come into is verified again and again', async () => {
  const pair = await openPair();
  const journal = pair.journal(1);
  const sizes = new Set<number>();
  while (sizes.size < 3) {
    await journal.append(record());
    await Bun.sleep(20);
    sizes.add(readSeen(pair.seenFile)?.size ?? 0);
  }
  const seen = readSeen(pair.seenFile);
  if (seen === undefined) throw new Error('nothing seen');
  // As if what had been verified were another log.
  acceptRefused(pair.seenFile, { ...seen, root: Buffer.alloc(32, 7).toString('base64') }, { at: 1, by: '', reason: '', before: seen });
  await untilCode(journal, 'ERR_LOG_INCONSISTENT');
});

test('memory that cannot be read is no first use', async () => {
  const pair = await openPair();
  mkdirSync(dirname(pair.seenFile), { recursive: true });
  writeFileSync(pair.seenFile, '{"origin":"x"}');
  await untilCode(pair.journal(), 'ERR_LOG_INCONSISTENT');
});
