import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../test/fixtures/code-of.ts';
import { startPostgres, startRedis } from '../../test/fixtures/databases.ts';
import type { SharedState } from '../domain/state.ts';
import { openStore } from './open.ts';
import { openRedisState } from './state-redis.ts';
import { createStoreState } from './state-store.ts';

interface Opened {
  readonly state: SharedState;
  /** A second replica's; the same object where one process is alone. */
  readonly other: SharedState;
  readonly stop: () => Promise<void>;
}

async function overStore(url: string, sole: boolean, clean: () => Promise<void>): Promise<Opened> {
  const stores = await Promise.all([openStore(url), openStore(url)]);
  const state = createStoreState(stores[0].state, { sole });
  return {
    state,
    other: sole ? state : createStoreState(stores[1].state, { sole }),
    stop: async () => {
      await Promise.all(stores.map((store) => store.close()));
      await clean();
    },
  };
}

async function overSqlite(sole: boolean): Promise<Opened> {
  const dir = await mkdtemp('/tmp/sallyport-state-');
  return overStore(`sqlite:${join(dir, 'store.db')}`, sole, () => rm(dir, { recursive: true }));
}

async function overPostgres(): Promise<Opened> {
  const postgres = await startPostgres();
  return overStore(postgres.url, false, postgres.stop);
}

async function overRedis(): Promise<Opened> {
  const redis = await startRedis();
  const [state, other] = await Promise.all([openRedisState(redis.url), openRedisState(redis.url)]);
  return {
    state,
    other,
    stop: async () => {
      state.close();
      other.close();
      await redis.stop();
    },
  };
}

describe.each([
  { name: 'sqlite, remembered', open: () => overSqlite(true) },
  { name: 'sqlite, several', open: () => overSqlite(false) },
  { name: 'postgres', open: overPostgres },
  { name: 'redis', open: overRedis },
])('shared state on $name', ({ open }) => {
  let opened: Opened;
  let state: SharedState;
  let other: SharedState;
  let count = 0;
  const fresh = (): string => `default:key-${(count += 1)}`;
  const long = 60_000;
  /** Resolves when the entry has ended, however slow this machine is. */
  const ended = async (key: string): Promise<void> => {
    while ((await state.get(key)) !== undefined) await Bun.sleep(5);
  };

  beforeAll(async () => {
    opened = await open();
    ({ state, other } = opened);
  }, 30_000);
  afterAll(() => opened.stop());

  test('holds what was set last, for every replica', async () => {
    const key = fresh();
    expect(await other.get(key)).toBeUndefined();
    await state.set(key, 'one', long);
    expect(await other.get(key)).toBe('one');
    await other.set(key, 'two', long);
    expect(await state.get(key)).toBe('two');
    await state.delete(key);
    expect(await other.get(key)).toBeUndefined();
    await state.delete(key);
  });

  test.each(['', 'ünïcödé 𝒳', '{"a":"\\u0000"}', 'line\r\nline', '007', 'null'])('keeps the value %j as it is', async (value) => {
    const key = fresh();
    await state.set(key, value, long);
    expect(await other.get(key)).toBe(value);
  });

  test('lets one of many be first', async () => {
    const key = fresh();
    const firsts = await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 ? state : other).setIfAbsent(key, String(n), long)));
    expect(firsts.filter(Boolean)).toHaveLength(1);
    expect(await state.get(key)).toBe(String(firsts.indexOf(true)));
    await other.delete(key);
    expect(await state.setIfAbsent(key, 'again', long)).toBe(true);
  });

  test('loses no increment', async () => {
    const key = fresh();
    const sums = await Promise.all(Array.from({ length: 30 }, (_, n) => (n % 2 ? state : other).increment(key, 2, long)));
    expect(sums.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => 2 * (n + 1)));
    expect(await other.increment(key, -60, long)).toBe(0);
    expect(await state.get(key)).toBe('0');
  });

  test('forgets an entry when its time is over', async () => {
    const key = fresh();
    await state.set(key, 'short', 20);
    await ended(key);
    expect(await other.get(key)).toBeUndefined();
    expect(await other.setIfAbsent(key, 'new', long)).toBe(true);
    expect(await state.get(key)).toBe('new');
  });

  test('starts the time of a counter with its first add', async () => {
    const key = fresh();
    await state.increment(key, 1, 40);
    await state.increment(key, 1, long);
    await ended(key);
    expect(await other.increment(key, 5, long)).toBe(5);
  });

  test('replaces the time of an entry that is set again', async () => {
    const key = fresh();
    const marker = fresh();
    await state.set(key, 'short', 20);
    await state.set(key, 'long', long);
    await state.set(marker, 'short', 20);
    await ended(marker);
    expect(await other.get(key)).toBe('long');
  });

  test.each<[string, (key: string) => Promise<unknown>]>([
    ['a NUL in the key', (key) => state.get(`${key}\0`)],
    ['an empty key', () => state.get('')],
    ['a lone surrogate', (key) => state.set(key, '\ud800', long)],
    ['a value too large', (key) => state.set(key, 'x'.repeat(70_000), long)],
    ['no ttl', (key) => state.set(key, 'x', 0)],
    ['an endless ttl', (key) => state.setIfAbsent(key, 'x', Infinity)],
    ['half a number', (key) => state.increment(key, 0.5, long)],
  ])('refuses %s', async (_, misuse) => {
    const key = fresh();
    expect(await codeOf(misuse(key))).toBe('ERR_REQUEST_INVALID');
    expect(await other.get(key)).toBeUndefined();
  });
});
