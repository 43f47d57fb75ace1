import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StoreOptions } from '../../store/store.ts';

/** Where control keeps its store: as `up` does, by DATABASE_URL and STORE_ROOTS, else in the state folder. */
export function databaseOf(home: string, env: Readonly<Record<string, string | undefined>>): { readonly url: string; readonly options: StoreOptions } {
  return namedDatabase(env) ?? { url: `sqlite:${join(home, 'control', 'store.db')}`, options: {} };
}

/** The database that the environment names, if it names one. */
export function namedDatabase(env: Readonly<Record<string, string | undefined>>): { readonly url: string; readonly options: StoreOptions } | undefined {
  const { DATABASE_URL: url, STORE_ROOTS: roots } = env;
  return url === undefined ? undefined : { url, options: roots === undefined ? {} : { roots: readFileSync(roots, 'utf8') } };
}
