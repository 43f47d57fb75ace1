import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../test/fixtures/code-of.ts';
import type { Service } from '../../test/fixtures/databases.ts';
import { startPostgres } from '../../test/fixtures/databases.ts';
import type { Json } from '../domain/json.ts';
import { openStore } from './open.ts';
import type { Store } from './store.ts';

interface Case {
  readonly name: string;
  /** Starts what is needed and gives the URL of one empty database. */
  readonly start: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

const by = 'sallyport|tester';
let dir: string;
let postgres: Service;
const cases: readonly Case[] = [
  {
    name: 'sqlite',
    start: async () => {
      dir = await mkdtemp('/tmp/sallyport-store-');
      return `sqlite:${join(dir, 'control', 'store.db')}`;
    },
    stop: () => rm(dir, { recursive: true }),
  },
  {
    name: 'postgres',
    start: async () => {
      postgres = await startPostgres();
      return postgres.url;
    },
    stop: () => postgres.stop(),
  },
];

describe.each(cases)('store on $name', (database) => {
  let store: Store;
  /** A second handle on the same database: another replica. */
  let other: Store;
  let space = 0;
  const fresh = (): string => `space-${(space += 1)}`;

  beforeAll(async () => {
    const url = await database.start();
    // At once, on an empty database: only one of them may migrate.
    [store, other] = await Promise.all([openStore(url), openStore(url)]);
  }, 30_000);
  afterAll(async () => {
    await Promise.all([store.close(), other.close()]);
    await database.stop();
  });

  test('gives back what was put, through every handle', async () => {
    const s = fresh();
    const row = await store.put('server', s, 'crm', { url: 'https://crm', tags: ['a', null, 1.5, true] }, { by });
    expect(row).toMatchObject({ kind: 'server', space: s, id: 'crm', updatedBy: by });
    expect(await other.get('server', s, 'crm')).toEqual(row);
    expect(await other.get('server', s, 'absent')).toBeUndefined();
  });

  test.each<[string, Json]>([
    ['a number beyond a double', { maximum: JSON.rawJSON('123456789012345678901234567890'), one: JSON.rawJSON('1.0') }],
    ['text of every kind', { nul: 'a\0b', quote: '"\\', lone: '\ud800', astral: '𝒳', line: '\u2028\r\n' }],
    ['names that objects have', Object.fromEntries([['__proto__', { a: 1 }], ['constructor', null], ['', 0]])],
    ['nothing', null],
  ])('keeps %s as it is', async (_, body) => {
    const s = fresh();
    await store.put('baseline', s, 'x', body, { by });
    expect(JSON.stringify((await other.get('baseline', s, 'x'))?.body)).toBe(JSON.stringify(body));
  });

  test('keeps spaces and kinds apart, and lists in order', async () => {
    const [a, b] = [fresh(), fresh()];
    for (const id of ['b', 'B', 'a', 'ä', '10', '9']) await store.put('role', a, id, id, { by });
    await store.put('role', b, 'a', 'other', { by });
    await store.put('policy', a, 'a', 'policy', { by });
    expect((await other.list('role', a)).map((row) => row.id)).toEqual(['10', '9', 'B', 'a', 'b', 'ä']);
    expect((await other.list('role', b)).map((row) => row.body)).toEqual(['other']);
    expect((await other.list('role')).map((row) => row.space)).toEqual([...Array.from({ length: 6 }, () => a), b]);
    expect(await other.get('binding', a, 'a')).toBeUndefined();
  });

  test('refuses a write that has not seen the latest', async () => {
    const s = fresh();
    const first = await store.put('setting', s, 'k', 1, { by, expectedVersion: 0 });
    expect(await codeOf(store.put('setting', s, 'k', 2, { by, expectedVersion: 0 }))).toBe('ERR_CONFLICT');
    const second = await other.put('setting', s, 'k', 2, { by, expectedVersion: first.version });
    expect(second.version).toBeGreaterThan(first.version);
    expect(await codeOf(store.put('setting', s, 'k', 3, { by, expectedVersion: first.version }))).toBe('ERR_CONFLICT');
    expect(await codeOf(store.delete('setting', s, 'k', { by, expectedVersion: first.version }))).toBe('ERR_CONFLICT');
    expect((await store.get('setting', s, 'k'))?.body).toBe(2);
  });

  test('never uses a version again', async () => {
    const s = fresh();
    const first = await store.put('setting', s, 'k', 1, { by });
    expect(await store.delete('setting', s, 'k', { by })).toBe(true);
    expect(await store.delete('setting', s, 'k', { by })).toBe(false);
    const again = await store.put('setting', s, 'k', 1, { by });
    expect(again.version).toBeGreaterThan(first.version);
  });

  test('lets one of many writers win', async () => {
    const s = fresh();
    const { version } = await store.put('setting', s, 'k', 'start', { by });
    const write = (n: number): Promise<unknown> => (n % 2 ? store : other).put('setting', s, 'k', n, { by, expectedVersion: version });
    const outcomes = await Promise.allSettled(Array.from({ length: 12 }, (_, n) => write(n)));
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
  });

  test('loses no update of concurrent transactions', async () => {
    const s = fresh();
    await store.put('setting', s, 'count', 0, { by });
    await Promise.all(Array.from({ length: 16 }, (_, n) => (n % 2 ? store : other).transaction(async (rows) => {
      const row = await rows.get('setting', s, 'count');
      await Bun.sleep(1);
      await rows.put('setting', s, 'count', Number(row?.body) + 1, { by });
    })));
    expect((await store.get('setting', s, 'count'))?.body).toBe(16);
  });

  test('undoes all of a transaction that fails', async () => {
    const s = fresh();
    await store.put('server', s, 'kept', 1, { by });
    const cause = new Error('changed my mind');
    const failed = store.transaction(async (rows) => {
      await rows.put('server', s, 'made', 1, { by });
      await rows.delete('server', s, 'kept', { by });
      expect((await rows.list('server', s)).map((row) => row.id)).toEqual(['made']);
      throw cause;
    });
    expect(await failed.catch((error: unknown) => error)).toBe(cause);
    expect((await other.list('server', s)).map((row) => row.id)).toEqual(['kept']);
  });

  test('keeps what others write out of an open transaction', async () => {
    const s = fresh();
    const entered = Promise.withResolvers<void>();
    const failed = store.transaction(async (rows) => {
      await rows.put('server', s, 'inside', 1, { by });
      entered.resolve();
      await Bun.sleep(20);
      throw new Error('undo');
    });
    await entered.promise;
    expect(await store.list('server', s)).toEqual([]);
    const outside = store.put('server', s, 'outside', 1, { by });
    await failed.catch(() => {});
    await outside;
    expect((await other.list('server', s)).map((row) => row.id)).toEqual(['outside']);
  });

  test('ends a transaction with its work', async () => {
    const s = fresh();
    const leaked = await store.transaction(async (rows) => ({ rows, row: await rows.put('server', s, 'a', 1, { by }) }));
    expect(await codeOf(leaked.rows.put('server', s, 'b', 1, { by }))).toBe('ERR_STORE_UNAVAILABLE');
    expect((await store.list('server', s)).map((row) => row.id)).toEqual(['a']);
  });

  test.each([['a NUL', 'a\0b'], ['a lone surrogate', '\udc00'], ['too long', 'x'.repeat(2000)]])('refuses an id with %s', async (_, id) => {
    expect(await codeOf(store.put('server', 'default', id, 1, { by }))).toBe('ERR_REQUEST_INVALID');
    expect(await codeOf(store.get('server', id, 'x'))).toBe('ERR_REQUEST_INVALID');
  });

  test('refuses a kind outside the closed union', async () => {
    // @ts-expect-error the type refuses it too
    expect(await codeOf(store.put('password', 'default', 'x', 1, { by }))).toBe('ERR_REQUEST_INVALID');
  });

  test('takes text as text', async () => {
    const s = fresh();
    const id = `'); DROP TABLE resource; -- $1 ? :a`;
    await store.put('server', s, id, id, { by: id });
    expect(await other.list('server', s)).toMatchObject([{ id, body: id, updatedBy: id }]);
  });

  test('keeps what a flow context remembers in order, by generation, until it is cleared', async () => {
    const all = await Promise.all([1, 2, 3].map((n) => (n === 2 ? other : store).flow.append('s', 'c', 1, `b${n}`)));
    expect(all.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
    expect(await store.flow.append('s', 'c', 2, 'later')).toBe(1);
    expect(await store.flow.append('s', 'd', 1, 'another')).toBe(1);
    expect((await other.flow.after('s', 'c', 1, 1, 9)).map(({ position }) => position)).toEqual([2, 3]);
    expect(await other.flow.after('s', 'c', 1, 0, 2)).toHaveLength(2);
    expect(await other.flow.after('s', 'c', 2, 0, 9)).toEqual([{ position: 1, body: 'later' }]);
    const undone = store.transaction(async (rows) => {
      await rows.flow.append('s', 'c', 1, 'undone');
      throw new Error('stop');
    });
    expect(await undone.then(() => 'kept', String)).toBe('Error: stop');
    expect(await store.flow.after('s', 'c', 1, 3, 9)).toEqual([]);
    await store.flow.clear('s', 'c');
    expect([await other.flow.after('s', 'c', 1, 0, 9), await other.flow.after('s', 'c', 2, 0, 9)]).toEqual([[], []]);
    expect(await other.flow.after('s', 'd', 1, 0, 9)).toHaveLength(1);
  });

  test('appends snapshots in rising order only', async () => {
    expect(await store.snapshots.latest()).toBeUndefined();
    await store.snapshots.append(1, '{"one":1}', 'sig-1');
    await other.snapshots.append(3, '{"three":3}', 'sig-3');
    expect(await codeOf(store.snapshots.append(3, 'x', 'y'))).toBe('ERR_CONFLICT');
    expect(await codeOf(store.snapshots.append(2, 'x', 'y'))).toBe('ERR_CONFLICT');
    expect(await codeOf(store.snapshots.append(3.5, 'x', 'y'))).toBe('ERR_CONFLICT');
    expect(await store.snapshots.latest()).toMatchObject({ version: 3, bytes: '{"three":3}', signature: 'sig-3' });
    expect(await other.snapshots.get(1)).toMatchObject({ version: 1, bytes: '{"one":1}', signature: 'sig-1' });
    expect(await other.snapshots.get(2)).toBeUndefined();
    const raced = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => (n % 2 ? store : other).snapshots.append(4, String(n), '')));
    expect(raced.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
  });

  test('commits a snapshot with the rows it was made from, or neither', async () => {
    const s = fresh();
    const failed = store.transaction(async (rows) => {
      await rows.put('policy', s, 'p', 1, { by });
      await rows.snapshots.append(4, 'late', '');
    });
    expect(await codeOf(failed)).toBe('ERR_CONFLICT');
    expect(await store.list('policy', s)).toEqual([]);
  });

  test('tells every handle of a change, until it stops listening', async () => {
    const s = fresh();
    const heard = { store: Promise.withResolvers<number>(), other: Promise.withResolvers<number>() };
    let late = 0;
    const stops = await Promise.all([store.listen(heard.store.resolve), other.listen(heard.other.resolve)]);
    const stopLate = await other.listen(() => { late += 1; });
    await stopLate();
    const row = await store.put('server', s, 'a', 1, { by });
    expect(await Promise.all([heard.store.promise, heard.other.promise])).toEqual([row.version, row.version]);
    expect(late).toBe(0);
    await Promise.all(stops.map((stop) => stop()));
  });

  test('does not tell of what was undone', async () => {
    const s = fresh();
    const heard: number[] = [];
    const twice = Promise.withResolvers<void>();
    const stop = await other.listen((change) => {
      heard.push(change);
      twice.resolve();
    });
    await store.transaction(async (rows) => {
      await rows.put('server', s, 'a', 1, { by });
      throw new Error('undo');
    }).catch(() => {});
    const row = await store.put('server', s, 'b', 1, { by });
    await twice.promise;
    expect(heard).toEqual([row.version]);
    await stop();
  });
});
