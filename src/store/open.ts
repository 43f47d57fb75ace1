import { SallyportError } from '../domain/errors.ts';
import type { Database } from './database.ts';
import { FILLING } from './filling.ts';
import { migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations/migrations.ts';
import { openPostgres } from './postgres.ts';
import { rowsOf, rowsWithin } from './rows.ts';
import { openSqlite } from './sqlite.ts';
import { stateRowsOf } from './state-rows.ts';
import type { Store, StoreOptions } from './store.ts';
import { watch } from './watch.ts';

/**
 * Opens the store and brings its schema up to date. `url`: `sqlite:<path>` or `postgres://user:password@host/database`
 * (beyond loopback always with TLS and a verified certificate). Throws `ERR_CONFIG_INVALID` for any other URL,
 * `ERR_STORE_UNAVAILABLE`, `ERR_STORE_MIGRATION`. No error holds the URL: it may carry a password.
 */
export async function openStore(url: string, options: StoreOptions = {}): Promise<Store> {
  const database = await openDatabase(url, options);
  try {
    await migrate(database, MIGRATIONS);
    // Whoever uses it takes it as it is: a restore that has just filled it is over.
    await database.write(`DELETE FROM counter WHERE name = '${FILLING}'`);
  } catch (error) {
    await database.close();
    throw error;
  }
  const stops = new Set<() => Promise<void>>();
  return {
    ...rowsOf(database),
    state: stateRowsOf(database),
    transaction: (work) => database.transaction((statements) => work(rowsWithin(database, statements))),
    listen: async (onChange) => {
      const stop = await watch(database, onChange);
      stops.add(stop);
      return async () => {
        stops.delete(stop);
        await stop();
      };
    },
    close: async () => {
      await Promise.all([...stops].map((stop) => stop()));
      await database.close();
    },
  };
}

export async function openDatabase(url: string, options: StoreOptions): Promise<Database> {
  if (/^postgres(ql)?:\/\//.test(url)) return openPostgres(url, options);
  const path = /^sqlite:(?:\/\/(?=\/))?(.+)$/.exec(url)?.[1];
  if (path === undefined || path === ':memory:' || path.startsWith('//')) {
    throw new SallyportError('ERR_CONFIG_INVALID', 'the database URL is not one of sqlite:<path> and postgres://…',
      { remedy: 'Set DATABASE_URL to postgres://user:password@host:5432/database, or unset it to use SQLite.' });
  }
  return openSqlite(path, options);
}
