import { Database as Sqlite, SQLiteError } from 'bun:sqlite';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { LIMITS } from '../domain/limits.ts';
import type { Database, DatabaseRow, Statements, Value } from './database.ts';
import { unavailable, within } from './database.ts';
import { createQueue } from './queue.ts';
import type { StoreOptions } from './store.ts';

const REMEDY = 'Check that the file and its folder exist, belong to this user and have free space, and that no other program holds it.';

/**
 * SQLite through `bun:sqlite` and not `Bun.SQL`: the latter runs a statement from outside a transaction inside whichever
 * transaction is open. One connection writes, one thing after the other; another reads what is committed.
 */
export async function openSqlite(path: string, options: StoreOptions): Promise<Database> {
  const timeoutMs = options.timeoutMs ?? LIMITS.storeTimeoutMs;
  const queue = createQueue(timeoutMs);
  let writer: Sqlite | undefined;
  let reader: Sqlite | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // Made here so that nobody else can ever read it; the log files that SQLite adds take its mode.
    closeSync(openSync(path, 'a', 0o600));
    writer = connect(path);
    await patiently(writer, timeoutMs, 'PRAGMA journal_mode = WAL');
    reader = connect(path);
    reader.run('PRAGMA query_only = ON');
  } catch (error) {
    writer?.close();
    throw unavailable('the database file cannot be opened', error, REMEDY);
  }
  const [writing, reading] = [writer, reader];
  return {
    nowMs: "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
    lookMs: 200,
    read: (statement, values) => patiently(reading, timeoutMs, statement, values),
    write: (statement, values) => queue.run(() => patiently(writing, timeoutMs, statement, values)),
    transaction: (work) => queue.run(() => transact(writing, timeoutMs, work)),
    freeze: () => freeze(path, timeoutMs),
    close: () => queue.run(() => {
      reading.close();
      writing.close();
      return Promise.resolve();
    }),
  };
}

function connect(path: string): Sqlite {
  const sqlite = new Sqlite(path, { readwrite: true, create: true, strict: true });
  // SQLite would wait for a lock by stopping this whole process, which may itself hold that lock through another handle:
  // wait here only for what other processes finish in an instant, and beyond that in `patiently`.
  sqlite.run('PRAGMA busy_timeout = 20');
  sqlite.run('PRAGMA synchronous = FULL');
  sqlite.run('PRAGMA foreign_keys = ON');
  return sqlite;
}

/** A connection of its own: what it reads is what was committed when it first read, as long as its transaction is open. */
async function freeze(path: string, timeoutMs: number): ReturnType<Database['freeze']> {
  const sqlite = connect(path);
  sqlite.run('PRAGMA query_only = ON');
  await patiently(sqlite, timeoutMs, 'BEGIN');
  await patiently(sqlite, timeoutMs, 'SELECT count(*) FROM sqlite_master');
  return {
    run: (statement, values) => patiently(sqlite, timeoutMs, statement, values),
    end: async () => {
      if (sqlite.inTransaction) sqlite.run('ROLLBACK');
      sqlite.close();
    },
  };
}

async function transact<T>(sqlite: Sqlite, timeoutMs: number, work: (statements: Statements) => Promise<T>): Promise<T> {
  await patiently(sqlite, timeoutMs, 'BEGIN IMMEDIATE');
  let open = true;
  const run: Statements['run'] = (statement, values) => {
    if (!open) return Promise.reject(unavailable('the transaction has ended', undefined));
    return patiently(sqlite, timeoutMs, statement, values);
  };
  try {
    const result = await within(LIMITS.storeTransactionMs, work({ run }));
    open = false;
    await patiently(sqlite, timeoutMs, 'COMMIT');
    return result;
  } catch (error) {
    open = false;
    // SQLite itself ends the transaction on some errors (disk full); then there is nothing to roll back.
    if (sqlite.inTransaction) sqlite.run('ROLLBACK');
    throw error;
  }
}

async function patiently(
  sqlite: Sqlite, timeoutMs: number, statement: string, values: readonly Value[] = [],
): Promise<readonly DatabaseRow[]> {
  const until = Date.now() + timeoutMs;
  for (let waitMs = 2; ; waitMs = Math.min(waitMs * 2, 50)) {
    try {
      return sqlite.query<DatabaseRow, Value[]>(statement).all(...values);
    } catch (error) {
      const busy = error instanceof SQLiteError && error.code?.startsWith('SQLITE_BUSY') === true;
      if (!busy) throw unavailable('the database failed', error, REMEDY);
      if (Date.now() > until) throw unavailable('the database is held by another writer', error, REMEDY);
    }
    await Bun.sleep(waitMs);
  }
}
