import { afterEach, expect, test } from 'bun:test';
import { Database } from 'bun:sqlite';
import { mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalRecord } from '../../domain/record.ts';
import { eraseAt } from '../../../test/fixtures/ledger-files.ts';
import { openLedger } from '../ledger.ts';
import type { Ledger } from '../ledger.ts';
import { listSegments } from '../segments.ts';
import type { Answer } from './ask.ts';
import { openLedgerIndex } from './ledger-index.ts';
import type { LedgerIndex } from './ledger-index.ts';

let stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.toReversed()) await stop();
  stops = [];
});

interface Opened {
  readonly dir: string;
  readonly ledger: Ledger;
  readonly index: LedgerIndex;
  ask(question: string, limit?: number): Promise<Answer>;
}

async function open(dir = mkdtempSync(join(tmpdir(), 'ledger-index-'))): Promise<Opened> {
  const ledger = await openLedger(dir, { strict: false, reserveBytes: 1024 });
  const index = openLedgerIndex(dir, () => ({ ...ledger.durableEnd(), position: ledger.next }));
  stops.push(async () => {
    await index.close();
    await ledger.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return { dir, ledger, index, ask: (question, limit = 100) => index.search({ space: 'default', question, now: Date.now(), order: 'newest', limit }) };
}

function record(tool: string, principal = 'https://idp|alice', context = 'c1'): JournalRecord {
  const id = Bun.randomUUIDv7();
  return {
    id, at: Date.now(), category: 'access', event: 'call.permitted', node: 'ledger', space: 'default', exchange: id, principal, principalKind: 'person',
      context,
    agent: 'desk', server: 'crm', tool, action: 'call_tool',
  };
}

/** Waits until the index knows everything that was written. */
async function indexed({ index }: Opened): Promise<void> {
  for (;;) {
    const { known, end } = await index.sessions({ space: 'default', limit: 1 });
    if (known >= end) return;
  }
}

const tools = ({ entries }: Answer): readonly (string | undefined)[] => entries.map((entry) => entry.record.tool);

test('what was written a moment ago is found, whether or not it is indexed', async () => {
  const opened = await open();
  await opened.ledger.append([record('a'), record('b')]);
  expect(tools(await opened.ask('server = crm'))).toEqual(['b', 'a']);
  await indexed(opened);
  await opened.ledger.append([record('c')]);
  expect(tools(await opened.ask('server = crm', 2))).toEqual(['c', 'b']);
  expect((await opened.ask('server = crm count by tool')).total).toBe(3);
});

test('a stream that its client closes is no failure of a session; a call that is cancelled is', async () => {
  const opened = await open();
  const cancelled = { ...record('a'), event: 'call.cancelled', category: 'execution' } as const;
  const closed = { ...cancelled, action: 'connect', tool: 'transport/stream', method: 'transport/stream' };
  await opened.ledger.append([{ ...cancelled, method: 'tools/call' }, closed]);
  await indexed(opened);
  expect((await opened.index.sessions({ space: 'default', limit: 1 })).sessions.map(({ failures }) => failures)).toEqual([1]);
});

test('erased records vanish from it, with every name that nobody else has', async () => {
  const opened = await open();
  const [first = 0] = await opened.ledger.append([record('a', 'https://idp|bob', 'bobs-context'), record('b')]);
  await indexed(opened);
  await eraseAt(opened.dir, opened.ledger, [first]);
  await opened.index.forget([first]);
  expect(tools(await opened.ask('server = crm'))).toEqual(['b']);
  expect((await opened.index.sessions({ space: 'default', limit: 10 })).sessions.map(({ context }) => context)).toEqual(['c1']);
  const folder = join(opened.dir, 'index');
  for (const file of readdirSync(folder)) expect(readFileSync(join(folder, file)).includes('idp|bob')).toBeFalse();
});

test('a record that was erased without a word is not shown, and forgotten when it is met', async () => {
  const opened = await open();
  const [first = 0] = await opened.ledger.append([record('a'), record('b')]);
  await indexed(opened);
  await eraseAt(opened.dir, opened.ledger, [first]);
  expect(tools(await opened.ask('server = crm'))).toEqual(['b']);
  expect((await opened.ask('server = crm count by tool')).total).toBe(1);
});

test('an index that lies about a record shows nothing that the record does not say', async () => {
  const opened = await open();
  await opened.ledger.append([record('a'), record('b')]);
  await indexed(opened);
  const forged = new Database(join(opened.dir, 'index', 'records.sqlite'));
  forged.run(`UPDATE what SET tool = 'forged' WHERE tool = 'a'`);
  forged.close();
  expect(tools(await opened.ask('tool = forged'))).toEqual([]);
});

test('a place that is not what was written is counted as missing, not shown', async () => {
  const opened = await open();
  await opened.ledger.append([record('a'), record('b')]);
  const [segment] = listSegments(opened.dir);
  const text = readFileSync(segment?.file ?? '', 'latin1');
  const fd = openSync(segment?.file ?? '', 'r+');
  writeSync(fd, 'X', text.indexOf('"tool":"a"') + 8);
  const answer = await opened.ask('server = crm');
  expect(tools(answer)).toEqual(['b']);
  expect(answer.damaged).toBe(1);
  await indexed(opened);
  expect((await opened.ask('server = crm')).damaged).toBe(1);
});

test('an index of another ledger, or of an older copy of it, is made anew', async () => {
  const opened = await open();
  await opened.ledger.append([record('a')]);
  await indexed(opened);
  await opened.index.close();
  const forged = new Database(join(opened.dir, 'index', 'records.sqlite'));
  forged.run(`UPDATE state SET leaf = 'x'`);
  forged.run('DELETE FROM record');
  forged.close();
  const again = openLedgerIndex(opened.dir, () => ({ ...opened.ledger.durableEnd(), position: opened.ledger.next }));
  stops.push(() => again.close());
  const answer = await again.search({ space: 'default', question: 'server = crm', now: 0, order: 'oldest', limit: 5 });
  expect(tools(answer)).toEqual(['a']);
});

test('without room for an index everything is read line by line', async () => {
  const opened = await open();
  await opened.ledger.append([record('a'), record('b')]);
  await opened.index.close();
  rmSync(join(opened.dir, 'index'), { recursive: true });
  writeFileSync(join(opened.dir, 'index'), 'in the way');
  const blind = openLedgerIndex(opened.dir, () => ({ ...opened.ledger.durableEnd(), position: opened.ledger.next }));
  stops.push(() => blind.close());
  const answer = await blind.search({ space: 'default', question: 'server = crm', now: 0, order: 'newest', limit: 5 });
  expect(tools(answer)).toEqual(['b', 'a']);
  expect(answer.known).toBe(0);
});
