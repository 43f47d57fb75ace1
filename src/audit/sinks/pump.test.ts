import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordOf } from '../../../test/fixtures/sink-record.ts';
import type { SinkNews } from '../../domain/sink.ts';
import { openLedger } from '../ledger.ts';
import type { Ledger } from '../ledger.ts';
import { cursorFile, parkedFile, writeCursor } from './cursor.ts';
import { Pump } from './pump.ts';
import type { PumpParts } from './pump.ts';
import { SinkFault } from './sink.ts';
import type { Item, Parked, Sink } from './sink.ts';

let dir: string;
let ledger: Ledger;
let pumps: Pump[];
let news: SinkNews[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sp-pump-'));
  ledger = await openLedger(dir, { strict: false, reserveBytes: 0 });
  pumps = [];
  news = [];
});
afterEach(async () => {
  for (const pump of pumps) await pump.close();
  await ledger.close();
  rmSync(dir, { recursive: true, force: true });
});

const file = (): string => cursorFile(dir, 'siem');

/** A destination in this process: what it takes, and what it throws, is told by `send`. */
function destination(send: (items: readonly Item[]) => readonly Parked[] | Promise<readonly Parked[]>): Sink {
  return { send: async (items) => send(items), close: async () => undefined };
}

function start(open: PumpParts['open'], of: Partial<PumpParts> = {}): Pump {
  const pump = new Pump({
    name: 'siem', file: file(), spec: { from: 'start', batch: { records: 4, bytes: 64 * 1024, waitMs: 5 } },
    prepare: ({ position, record: { at, id, event } }) => ({ position, at, id, event, severity: 0, context: '', text: JSON.stringify({ id, event }) }),
    open, tail: (from, signal) => ledger.tail(from, signal), next: () => ledger.next, news: (one) => news.push(one), now: Date.now, ...of,
  });
  pumps.push(pump);
  return pump;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await Bun.sleep(2);
}

const append = (count: number): Promise<readonly number[]> => ledger.append(Array.from({ length: count }, () => recordOf()));

describe('a pump', () => {
  test('delivers every record, in order, and says so on the disk', async () => {
    const taken: number[] = [];
    const pump = start(async () => destination((items) => (taken.push(...items.map(({ position }) => position)), [])));
    await append(10);
    await until(() => pump.status.position === 9);
    await append(3);
    await until(() => pump.status.position === 12);
    expect(taken).toEqual(Array.from({ length: 13 }, (_, index) => index));
    await pump.close();
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual({ position: 12, parked: 0 });
  });

  test('goes on where the cursor is, and a new one begins with what is written from then on', async () => {
    await append(5);
    writeCursor(file(), { position: 2, parked: 7 });
    const taken: number[] = [];
    const open = async (): Promise<Sink> => destination((items) => (taken.push(...items.map(({ position }) => position)), []));
    const old = start(open);
    await until(() => old.status.position === 4);
    expect(taken).toEqual([3, 4]);
    expect(old.status.parked).toBe(7);
    taken.length = 0;
    const fresh = start(open, { file: cursorFile(dir, 'fresh'), spec: { from: 'now', batch: { records: 4, bytes: 1024, waitMs: 1 } } });
    await until(() => fresh.status.position === 4);
    await old.close();
    await append(1);
    await until(() => fresh.status.position === 5);
    expect(taken).toEqual([5]);
  });

  test('loses nothing when deliveries fail, and keeps the order', async () => {
    const taken: number[] = [];
    let attempts = 0;
    const pump = start(async () => destination((items) => {
      attempts += 1;
      if (attempts % 2 === 1) throw new SinkFault('busy', { retryAfterMs: 1 });
      taken.push(...items.map(({ position }) => position));
      return [];
    }));
    await append(20);
    await until(() => pump.status.position === 19);
    expect([...new Set(taken)]).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(taken).toEqual(taken.toSorted((a, b) => a - b));
  });

  test('reads no further than two batches ahead of a destination that takes nothing', async () => {
    await append(200);
    let prepared = 0;
    const never = Promise.withResolvers<readonly Parked[]>();
    const pump = start(async () => destination(() => never.promise), {
      prepare: ({ position, record }) => (prepared += 1, { position, at: record.at, id: record.id, event: record.event, severity: 0, context: '', text: '{}' }),
    });
    await until(() => prepared >= 8);
    await Bun.sleep(20);
    expect(prepared).toBe(8);
    expect(pump.status.oldestAt).toBeNumber();
    never.reject(new SinkFault('gone', { retryAfterMs: 1 }));
  });

  test('parks what is refused among records that are taken, and names it', async () => {
    await append(6);
    const taken: number[] = [];
    const pump = start(async () => destination((items) => {
      if (items.some(({ position }) => position === 2)) throw new SinkFault('HTTP 400', { kind: 'refused' });
      taken.push(...items.map(({ position }) => position));
      return [];
    }));
    await until(() => pump.status.position === 5);
    expect(taken).toEqual([0, 1, 3, 4, 5]);
    expect(pump.status.parked).toBe(1);
    expect(readFileSync(parkedFile(file()), 'utf8')).toContain('"position":2');
    expect(news).toEqual([{ event: 'sink.parked', sink: 'siem', detail: { count: 1, positions: [2], reasons: ['HTTP 400'] } }]);
  });

  test('parks nothing for a destination that refuses everything: that one is what is broken', async () => {
    await append(5);
    const pump = start(async () => destination(() => {
      throw new SinkFault('HTTP 400', { kind: 'refused', retryAfterMs: 1 });
    }));
    await until(() => news.length > 0);
    expect(news[0]).toMatchObject({ event: 'sink.failed', detail: { error: 'HTTP 400 (nothing is taken)' } });
    expect(pump.status).toMatchObject({ position: -1, parked: 0, state: 'retrying' });
  });

  test('halves what is too large', async () => {
    await append(4);
    const sizes: number[] = [];
    const pump = start(async () => destination((items) => {
      sizes.push(items.length);
      if (items.length > 1) throw new SinkFault('HTTP 413', { kind: 'too-large' });
      return [];
    }));
    await until(() => pump.status.position === 3);
    expect(sizes).toEqual([4, 2, 1, 1, 2, 1, 1]);
  });

  test('counts nothing as delivered that a connection without acknowledgement did not outlive', async () => {
    await append(4);
    const batches: (readonly number[])[] = [];
    let opened = 0;
    const pump = start(async () => {
      opened += 1;
      const mine = opened;
      return {
        settleMs: 20, failed: () => (mine === 1 ? new SinkFault('lost', { retryAfterMs: 1 }) : undefined), close: async () => undefined,
        send: async (items) => (batches.push(items.map(({ position }) => position)), []),
      };
    });
    await until(() => pump.status.position === 3);
    expect(batches).toEqual([[0, 1, 2, 3], [0, 1, 2, 3]]);
  });

  test('sends again from where it is told', async () => {
    await append(3);
    const taken: number[] = [];
    const pump = start(async () => destination((items) => (taken.push(...items.map(({ position }) => position)), [])));
    await until(() => pump.status.position === 2);
    await pump.replay(1);
    await until(() => taken.length === 5);
    expect(taken).toEqual([0, 1, 2, 1, 2]);
  });

  test.each([
    ['is not readable', '{"position":', 'ERR_CURSOR_UNREADABLE'],
    ['is beyond the log, which was rolled back', '{"position":99,"parked":0}', 'ERR_CURSOR_BEYOND_LOG'],
  ])('stops where its cursor %s, and guesses nothing', async (_, text, error) => {
    await append(1);
    writeCursor(file(), { position: 0, parked: 0 });
    writeFileSync(file(), text);
    const pump = start(async () => destination(() => []));
    await until(() => pump.status.state === 'dead');
    expect(pump.status.error).toStartWith(error);
    expect(readFileSync(file(), 'utf8')).toBe(text);
    expect(news).toMatchObject([{ event: 'sink.failed', detail: { state: 'dead' } }]);
    await pump.replay(0);
    await until(() => pump.status.position === 0);
  });

  test('a record about a sink is one for an outage and one for its end, whatever is delivered meanwhile', async () => {
    await append(1);
    let broken = true;
    const pump = start(async () => destination(() => {
      if (broken) throw new SinkFault('ECONNREFUSED', { retryAfterMs: 1 });
      return [];
    }), { news: (one) => {
      news.push(one);
      void append(1);
    } });
    await until(() => news.length === 1);
    await Bun.sleep(30);
    broken = false;
    await until(() => pump.status.position === ledger.next - 1);
    await Bun.sleep(30);
    expect(news.map(({ event }) => event)).toEqual(['sink.failed', 'sink.recovered']);
    expect(ledger.next).toBe(3);
  });
});
