import { Database as Sqlite } from 'bun:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../test/fixtures/code-of.ts';
import type { Service } from '../../test/fixtures/databases.ts';
import { startPostgres } from '../../test/fixtures/databases.ts';
import type { Database } from './database.ts';
import { migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations/migrations.ts';
import { openDatabase, openStore } from './open.ts';
import { openRedisState } from './state-redis.ts';

let dir: string;
let postgres: Service;
let count = 0;

beforeAll(async () => {
  dir = await mkdtemp('/tmp/sallyport-open-');
  postgres = await startPostgres();
}, 30_000);
afterAll(async () => {
  await postgres.stop();
  await rm(dir, { recursive: true });
});

const fresh = {
  sqlite: (): Promise<string> => Promise.resolve(`sqlite:${join(dir, `store-${(count += 1)}.db`)}`),
  postgres: async (): Promise<string> => {
    const sql = new Bun.SQL(postgres.url, { max: 1 });
    await sql.unsafe('DROP SCHEMA public CASCADE');
    await sql.unsafe('CREATE SCHEMA public');
    await sql.close();
    return postgres.url;
  },
};

async function withDatabase<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(url, {});
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

describe.each(['sqlite', 'postgres'] as const)('migrations on %s', (dialect) => {
  test.each(MIGRATIONS.map((_, applied) => applied))('bring a database of version %i up to date, and keep its rows', async (applied) => {
    const url = await fresh[dialect]();
    await withDatabase(url, async (database) => {
      await migrate(database, MIGRATIONS.slice(0, applied));
      if (applied > 0) await database.write("INSERT INTO resource VALUES ('server', 's', 'old', '{\"a\":1}', 7, 1, 'me')");
      if (applied > 1) await database.write("INSERT INTO snapshot VALUES (4, 'bytes', 'signature', 1)");
    });
    const store = await openStore(url);
    expect((await store.get('server', 's', 'old'))?.body).toEqual(applied > 0 ? { a: 1 } : undefined);
    expect((await store.snapshots.latest())?.version).toBe(applied > 1 ? 4 : undefined);
    expect(await store.state.writeIfAbsent('k', 'v', 60_000)).toBe(true);
    await store.close();
  });

  test('are numbered without gaps', () => {
    expect(MIGRATIONS.map((migration) => migration.number)).toEqual(MIGRATIONS.map((_, index) => index + 1));
  });

  test('refuse a database newer than the program', async () => {
    const url = await fresh[dialect]();
    const next = { number: MIGRATIONS.length + 1, name: 'future', statements: ['CREATE TABLE future (a BIGINT)'] };
    await withDatabase(url, (database) => migrate(database, [...MIGRATIONS, next]));
    expect(await codeOf(openStore(url))).toBe('ERR_STORE_MIGRATION');
  });

  test('refuse a database made by other migrations', async () => {
    const url = await fresh[dialect]();
    const [first, ...rest] = MIGRATIONS;
    if (!first) throw new Error('there is no migration');
    const edited = { ...first, statements: [...first.statements, 'CREATE TABLE more (a BIGINT)'] };
    await withDatabase(url, (database) => migrate(database, [edited, ...rest]));
    expect(await codeOf(openStore(url))).toBe('ERR_STORE_MIGRATION');
  });

  test('leave nothing behind when one fails', async () => {
    const url = await fresh[dialect]();
    await withDatabase(url, async (database) => {
      const broken = { number: 2, name: 'broken', statements: ['CREATE TABLE half (a BIGINT)', 'CREATE TABLE half (a BIGINT)'] };
      expect(await codeOf(migrate(database, [...MIGRATIONS.slice(0, 1), broken]))).toBe('ERR_STORE_UNAVAILABLE');
      expect(await codeOf(database.read('SELECT * FROM half'))).toBe('ERR_STORE_UNAVAILABLE');
      expect(await codeOf(database.read('SELECT * FROM migration'))).toBe('ERR_STORE_UNAVAILABLE');
    });
    await (await openStore(url)).close();
  });

  test('run once when many start at once', async () => {
    const url = await fresh[dialect]();
    const stores = await Promise.all(Array.from({ length: 5 }, () => openStore(url)));
    await Promise.all(stores.map((store) => store.close()));
    await withDatabase(url, async (database) => {
      expect(await database.read('SELECT number FROM migration')).toHaveLength(MIGRATIONS.length);
    });
  });
});

test('SQLite writes ahead, syncs fully, and is readable by nobody else', async () => {
  const path = join(dir, 'private', 'store.db');
  const store = await openStore(`sqlite://${path}`);
  await store.put('server', 's', 'a', 1, { by: 'me' });
  for (const file of [path, `${path}-wal`, `${path}-shm`]) expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(join(dir, 'private'))).mode & 0o777).toBe(0o700);
  await withDatabase(`sqlite:${path}`, async (database) => {
    expect(await database.read('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
    for (const run of [database.read, database.write]) expect(await run('PRAGMA synchronous')).toEqual([{ synchronous: 2 }]);
    expect(await codeOf(database.read('DELETE FROM resource'))).toBe('ERR_STORE_UNAVAILABLE');
  });
  await store.close();
});

test('SQLite waits for another process that writes, and then says so', async () => {
  const url = await fresh.sqlite();
  const store = await openStore(url, { timeoutMs: 100 });
  const holder = new Sqlite(url.slice('sqlite:'.length));
  holder.run('BEGIN IMMEDIATE');
  expect(await codeOf(store.put('server', 's', 'a', 1, { by: 'me' }))).toBe('ERR_STORE_UNAVAILABLE');
  expect(await store.list('server')).toEqual([]);
  const patient = await openStore(url, { timeoutMs: 100 }).catch((error: unknown) => error);
  expect(patient).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
  const waiting = store.put('server', 's', 'a', 1, { by: 'me' });
  holder.run('ROLLBACK');
  holder.close();
  expect((await waiting).id).toBe('a');
  await store.close();
});

test('a write on the store inside its own transaction ends in an error, not in a hang', async () => {
  const url = await fresh.sqlite();
  const store = await openStore(url, { timeoutMs: 50 });
  const nested = store.transaction(() => store.put('server', 's', 'a', 1, { by: 'me' }));
  expect(await codeOf(nested)).toBe('ERR_STORE_UNAVAILABLE');
  expect((await store.put('server', 's', 'a', 1, { by: 'me' })).id).toBe('a');
  await store.close();
});

test('a file that is not a database, or cannot be one, is refused with a remedy', async () => {
  const text = join(dir, 'text.db');
  await writeFile(text, 'this is not a database, whatever its name says'.repeat(100));
  for (const path of [text, join(text, 'below-a-file.db'), dir, '/proc/sallyport/store.db']) {
    const error = await openStore(`sqlite:${path}`).catch((refused: unknown) => refused);
    expect(error).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    expect(error).toHaveProperty('remedy', expect.stringContaining('folder exist'));
  }
});

test.each([
  '', 'store.db', 'sqlite:', 'sqlite::memory:', 'sqlite://host/path', 'mysql://a:secret@127.0.0.1/x',
  'postgres://', 'postgres://127.0.0.1', 'postgres://a:secret@[/x', 'postgres://a:secret@db.example/x?sslmode=disable',
  'postgres://a:secret@db.example/x?sslmode=require', 'postgres://a:secret@10.0.0.1/x?sslmode=prefer',
])('the URL %j is refused, and not repeated', async (url) => {
  const error = await openStore(url).catch((refused: unknown) => refused);
  expect(error).toMatchObject({ code: 'ERR_CONFIG_INVALID' });
  expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('secret');
});

test.each([
  '', 'http://127.0.0.1', 'redis://', 'redis://:secret@redis.example:6379', 'redis://10.0.0.1',
])('the Redis URL %j is refused, and not repeated', async (url) => {
  const error = await openRedisState(url).catch((refused: unknown) => refused);
  expect(error).toMatchObject({ code: 'ERR_CONFIG_INVALID' });
  expect(String(error)).not.toContain('secret');
});
