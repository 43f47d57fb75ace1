import { afterEach, expect, test } from 'bun:test';
import { closeSync, cpSync, mkdtempSync, openSync, readFileSync, symlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Subprocess } from 'bun';
import { codeOf } from '../../test/fixtures/code-of.ts';
import { createJournal } from '../audit/journal.ts';
import type { JournalOptions, LedgerJournal } from '../audit/journal.ts';
import { segmentFile } from '../audit/segments.ts';
import { flawsIn } from '../../test/fixtures/ledger-files.ts';
import type { Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { JournalRecord } from '../domain/record.ts';
import type { Role } from '../domain/role.ts';
import { connectLink } from '../link/connect.ts';
import type { Link } from '../link/connect.ts';
import { ensureRoleKey } from '../link/keys.ts';
import { runLedger } from './ledger.ts';
import type { LedgerRole } from './ledger.ts';
import { spawnLedger } from '../../test/fixtures/ledger-process.ts';
import { removeHome } from '../../test/fixtures/record-judge.ts';

const endings: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'sp-led-'));
  endings.push(() => removeHome(home));
  return home;
}

async function start(home: string): Promise<LedgerRole> {
  const role = await runLedger({ home, strict: false });
  endings.push(() => role.close());
  return role;
}

/** The role as its own process, up when this resolves. */
async function spawn(home: string, strict: boolean): Promise<Subprocess<'ignore', 'pipe', 'inherit'>> {
  const child = await spawnLedger(home, strict);
  endings.push(() => child.kill('SIGKILL'));
  return child;
}

function connect(home: string, self: Role): Link {
  const link = connectLink({ home, self, peer: 'ledger' });
  endings.push(() => link.close());
  return link;
}

function journalOn(link: Link, options: Partial<JournalOptions> = {}): LedgerJournal {
  const seenFile = join(makeHome(), 'seen.json');
  const journal = createJournal(link, { node: 'gateway-1', incarnation: 'first', seenFile, ...options });
  endings.push(() => journal.close());
  return journal;
}

function record(of: Partial<JournalRecord> = {}): JournalRecord {
  const ids = { id: Bun.randomUUIDv7(), exchange: Bun.randomUUIDv7(), node: 'gateway-1', space: 'default' };
  return { ...ids, at: Date.now(), category: 'access', event: 'call.denied', ...of };
}

interface Read {
  readonly position: number;
  readonly record: JournalRecord;
}

async function queried(link: Link, body: Json): Promise<readonly Read[]> {
  const answer: { readonly entries: readonly Read[] } = JSON.parse(JSON.stringify(await link.call('ledger.query', body)));
  return answer.entries;
}

test('a gateway appends, control reads, and each only that', async () => {
  const home = makeHome();
  await start(home);
  const gateway = connect(home, 'gateway');
  const journal = journalOn(gateway);
  const sent = record();
  expect(await journal.append(sent)).toBe(1);
  expect(await Promise.all([journal.append(record()), journal.append(record())])).toEqual([2, 3]);
  const control = connect(home, 'control');
  const events = (await queried(control, { order: 'oldest' })).map((entry) => entry.record.event);
  expect(events).toEqual(['role.started', 'call.denied', 'call.denied', 'call.denied']);
  expect((await queried(control, { exchange: sent.exchange }))[0]?.record).toEqual(sent);
  expect(await codeOf(gateway.call('ledger.query', {}))).toBe('ERR_LINK_FORBIDDEN');
  expect(await codeOf(control.call('ledger.query', { sever: 'crm' }))).toBe('ERR_QUERY_INVALID');
  expect(await codeOf(control.callText('ledger.append', JSON.stringify(record())))).toBe('ERR_CONFLICT');
  const refused = await queried(control, { event: 'call.refused' });
  expect(refused.map((entry) => entry.record.detail)).toMatchObject([{ role: 'gateway', verb: 'ledger.query' }]);
});

test('control follows the journal as it grows', async () => {
  const home = makeHome();
  await start(home);
  const journal = journalOn(connect(home, 'gateway'));
  const stop = new AbortController();
  const events: Json[] = [];
  void journal.append(record({ exchange: 'a' }));
  for await (const entry of connect(home, 'control').stream('ledger.tail', { from: 0 }, stop.signal)) {
    const read: Read = JSON.parse(JSON.stringify(entry));
    events.push(read.record.event, read.record.exchange);
    if (read.record.exchange === 'a') void journal.append(record({ exchange: 'b' }));
    if (read.record.exchange === 'b') stop.abort();
  }
  expect(events).toEqual(['role.started', '', 'call.denied', 'a', 'call.denied', 'b']);
});

test('control has the journal verified where it lies, while it grows', async () => {
  const home = makeHome();
  await start(home);
  const journal = journalOn(connect(home, 'gateway'));
  await journal.append(record({ address: 'honest' }));
  const control = connect(home, 'control');
  const verify = (): Promise<Json[]> => Array.fromAsync(control.stream('ledger.verify', {}, AbortSignal.timeout(20_000)));
  expect(await verify()).toEqual([{ flawCount: 0, unaccounted: 0, flaws: [] }]);
  const file = segmentFile(join(home, 'ledger'), 0);
  const before = readFileSync(file, 'utf8');
  const fd = openSync(file, 'r+');
  writeSync(fd, 'forged', before.indexOf('honest'));
  closeSync(fd);
  await journal.append(record());
  const offset = before.lastIndexOf('\n', before.length - 2) + 1;
  expect(await verify()).toMatchObject([{ flawCount: 1, flaws: [{ file, offset, what: 'the line is not what was written here' }] }]);
});

test('over the link: the signed checkpoint for who writes, the proof of a record for control', async () => {
  const home = makeHome();
  await start(home);
  const gateway = connect(home, 'gateway');
  const journal = journalOn(gateway);
  const position = await journal.append(record({ address: 'honest' }));
  const control = connect(home, 'control');
  const answer: { readonly note: string; readonly proofs: readonly { readonly position: number; readonly line: string }[] } =
    JSON.parse(JSON.stringify(await control.call('ledger.prove', { positions: [position] })));
  const [proof] = answer.proofs;
  expect([proof?.position, proof?.line.includes('honest'), Number(answer.note.split('\n')[1]) > position]).toEqual([position, true, true]);
  expect(await codeOf(gateway.call('ledger.prove', { positions: [position] }))).toBe('ERR_LINK_FORBIDDEN');
  expect(await codeOf(control.call('ledger.prove', { positions: [1_000] }))).toBe('ERR_NOT_FOUND');
  const extension = await gateway.call('ledger.checkpoint', { from: 1, covering: position });
  expect(extension).toMatchObject({ vkey: expect.stringContaining('sallyport.'), proof: expect.any(Array) });
  const malformed = [{}, { from: -1 }, { from: '1' }, { from: 0, covering: 0.5 }];
  for (const bad of malformed) expect(await codeOf(gateway.call('ledger.checkpoint', bad))).toBe('ERR_REQUEST_INVALID');
});

test('a forged role appends nothing, and the attempt is on record', async () => {
  const home = makeHome();
  const role = await start(home);
  const forger = makeHome();
  ensureRoleKey(forger, 'gateway');
  ensureRoleKey(home, 'gateway');
  cpSync(join(home, 'keys', 'ledger'), join(forger, 'keys', 'ledger'), { recursive: true });
  symlinkSync(join(home, 'run'), join(forger, 'run'));
  const link = connectLink({ home: forger, self: 'gateway', peer: 'ledger' });
  endings.push(() => link.close());
  expect(await codeOf(link.call('ledger.hello', { node: 'gateway-1', incarnation: 'x', abandoned: [] }))).toBe('ERR_LINK_AUTH');
  link.close();
  const journal = journalOn(link, { retryMs: 1 });
  expect(await codeOf(journal.append(record()))).toBe('ERR_JOURNAL_UNAVAILABLE');
  const { entries } = await role.ledger.query({ order: 'oldest' });
  expect(entries.map((entry) => [entry.record.event, entry.record.code])).toEqual([
    ['role.started', undefined],
    ['call.refused', 'ERR_LINK_AUTH'],
  ]);
});

for (const strict of [false, true]) {
  test(`kill -9 of the ledger loses no acknowledged record and doubles none (strict: ${strict})`, async () => {
    const home = makeHome();
    let child = await spawn(home, strict);
    const link = connect(home, 'gateway');
    const journal = journalOn(link, { retryMs: 30_000 });
    const acknowledged = new Map<string, number>();
    const all: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      const appends: Promise<void>[] = [];
      const half = Promise.withResolvers<void>();
      for (let index = 0; index < 200; index += 1) {
        const sent = record();
        all.push(sent.id);
        appends.push(
          journal.append(sent).then((position) => {
            acknowledged.set(sent.id, position);
            if (appends.length >= 20 + round * 40) half.resolve();
          }),
        );
        if (index % 10 === 0) await Bun.sleep(0);
      }
      await half.promise;
      child.kill('SIGKILL');
      await child.exited;
      for (let index = 0; index < 20; index += 1) {
        const sent = record();
        all.push(sent.id);
        appends.push(journal.append(sent).then((position) => void acknowledged.set(sent.id, position)));
      }
      child = await spawn(home, strict);
      await Promise.all(appends);
    }
    child.kill('SIGTERM');
    expect(await child.exited).toBe(0);
    link.close();
    expect(await flawsIn(join(home, 'ledger'))).toEqual([]);
    const role = await start(home);
    const kept = new Map<string, number>();
    let records = 0;
    for (let since = 0; since < role.ledger.next; since += LIMITS.queryRecordsMax) {
      for await (const entry of role.ledger.tail(since, AbortSignal.timeout(20_000))) {
        if (entry.role === 'gateway') records += 1;
        kept.set(entry.record.id, entry.position);
        if (entry.position === Math.min(since + LIMITS.queryRecordsMax, role.ledger.next) - 1) break;
      }
    }
    expect(records).toBe(all.length);
    for (const id of all) expect(kept.get(id)).toBe(acknowledged.get(id) ?? -1);
  }, 60_000);
}

test('a role that asks for what is not its own, again and again, cannot fill the log', async () => {
  const home = makeHome();
  let role = await start(home);
  const gateway = connect(home, 'gateway');
  await Promise.all(Array.from({ length: 500 }, () => codeOf(gateway.call('ledger.query', {}))));
  await role.close();
  role = await start(home);
  const single = await role.ledger.query({ event: 'call.refused', limit: LIMITS.queryRecordsMax });
  const flood = await role.ledger.query({ event: 'flood.refused' });
  const counted: { readonly count: number } = JSON.parse(JSON.stringify(flood.entries[0]?.record.detail));
  expect(single.entries.length).toBeLessThan(100);
  expect(single.entries.length + counted.count).toBe(500);
});

test('kill -9 of a gateway: its open calls are closed as unknown when it says hello again', async () => {
  const home = makeHome();
  const role = await start(home);
  const script = `
    import { connectLink } from ${JSON.stringify(join(import.meta.dir, '../link/connect.ts'))};
    import { createJournal } from ${JSON.stringify(join(import.meta.dir, '../audit/journal.ts'))};
    const link = connectLink({ home: ${JSON.stringify(home)}, self: 'gateway', peer: 'ledger' });
    const journal = createJournal(link, { node: 'gateway-1', incarnation: 'killed', seenFile: ${JSON.stringify(join(home, 'seen.json'))} });
    await journal.append(${JSON.stringify(record({ event: 'call.permitted', exchange: 'dangling', tool: 'pay' }))});
    process.kill(process.pid, 'SIGKILL');`;
  await Bun.spawn([process.execPath, '-e', script]).exited;
  const journal = journalOn(connect(home, 'gateway'), { incarnation: 'next' });
  await journal.append(record());
  const { entries } = await role.ledger.query({ event: 'call.unknown' });
  expect(entries.map((entry) => [entry.record.exchange, entry.record.tool])).toEqual([['dangling', 'pay']]);
});

test('while the ledger is away appends wait a little, then fail at once; what was given up is closed when it is back', async () => {
  const home = makeHome();
  let role = await start(home);
  const journal = journalOn(connect(home, 'gateway'), { retryMs: 50 });
  // A busy machine takes longer than that to say hello.
  expect(await codeOnceThere(journal)).toBe('fulfilled');
  await journal.append(record({ event: 'call.permitted', exchange: 'given-up' }));
  await role.close();
  expect(await codeOf(journal.append(record({ event: 'result.delivered', exchange: 'given-up' })))).toBe('ERR_JOURNAL_UNAVAILABLE');
  expect(await codeOf(journal.append(record()))).toBe('ERR_JOURNAL_UNAVAILABLE');
  role = await start(home);
  expect(await codeOnceThere(journal)).toBe('fulfilled');
  const { entries } = await role.ledger.query({ exchange: 'given-up', order: 'oldest' });
  expect(entries.map((entry) => entry.record.event)).toEqual(['call.permitted', 'call.unknown']);
});

/** How the first append ends that is not given up for want of a ledger. */
async function codeOnceThere(journal: LedgerJournal): Promise<string> {
  for (;;) {
    const code = await codeOf(journal.append(record()));
    if (code !== 'ERR_JOURNAL_UNAVAILABLE') return code;
    await Bun.sleep(5);
  }
}

test('a backlog has an end, and a record has a size', async () => {
  const home = makeHome();
  const journal = journalOn(connect(home, 'gateway'), { backlogMax: 3, retryMs: 20_000 });
  const appends = [journal.append(record()), journal.append(record()), journal.append(record())];
  expect(await codeOf(journal.append(record()))).toBe('ERR_JOURNAL_BACKLOG');
  await start(home);
  expect(await Promise.all(appends)).toEqual([1, 2, 3]);
  expect(await codeOf(journal.append(record({ address: 'x'.repeat(LIMITS.recordCharsMax) })))).toBe('ERR_REQUEST_INVALID');
  expect(await journal.append(record())).toBe(4);
});

test('a backlog of large records travels in more than one frame', async () => {
  const home = makeHome();
  const journal = journalOn(connect(home, 'gateway'), { retryMs: 20_000 });
  // More than the link's outbox holds.
  const count = Math.ceil((1.1 * LIMITS.linkOutboxBytesMax) / 60_000);
  const appends = Array.from({ length: count }, () => journal.append(record({ address: 'x'.repeat(60_000) })));
  await start(home);
  expect(await Promise.all(appends)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
}, 60_000);

test('SIGTERM ends the role in order: its stop is the last record', async () => {
  const home = makeHome();
  const child = await spawn(home, false);
  const journal = journalOn(connect(home, 'gateway'));
  await journal.append(record());
  child.kill('SIGTERM');
  expect(await child.exited).toBe(0);
  const role = await start(home);
  const { entries } = await role.ledger.query({ order: 'oldest' });
  expect(entries.map((entry) => entry.record.event)).toEqual(['role.started', 'call.denied', 'role.stopped', 'role.started']);
});

test('a second ledger on the same files is refused', async () => {
  const home = makeHome();
  await start(home);
  expect(await codeOf(runLedger({ home, strict: false }))).toBe('ERR_ALREADY_RUNNING');
});
