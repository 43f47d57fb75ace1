import type { DatabaseRow, Value } from './database.ts';
import { openDatabase } from './open.ts';
import type { StoreOptions } from './store.ts';
import { BACKED_TABLES } from './tables.ts';
import type { BackedTable } from './tables.ts';

export interface Dump {
  readonly from: 'sqlite' | 'postgres';
  readonly migrations: number;
  /** Version of the newest snapshot; 0: there is none. */
  readonly snapshot: number;
  /** Rows of one table, some at a time. */
  readonly rows: () => AsyncGenerator<{ readonly table: string; readonly rows: readonly DatabaseRow[] }>;
  readonly close: () => Promise<void>;
}

/**
 * The whole store as it is at one moment, while others go on writing, a few rows at a time; the same rows from either
 * database. Throws `ERR_STORE_UNAVAILABLE`.
 */
export async function openDump(url: string, options: StoreOptions): Promise<Dump> {
  const database = await openDatabase(url, options);
  const { run, end } = await database.freeze();
  const close = async (): Promise<void> => {
    await end();
    await database.close();
  };
  try {
    const count = async (statement: string): Promise<number> => Number((await run(statement))[0]?.['n'] ?? 0);
    return {
      from: url.startsWith('postgres') ? 'postgres' : 'sqlite',
      migrations: await count('SELECT count(*) AS n FROM migration'),
      snapshot: await count('SELECT coalesce(max(version), 0) AS n FROM snapshot'),
      rows: async function* rows() {
        for (const table of BACKED_TABLES) for await (const some of rowsOf(table, run)) yield { table: table.name, rows: some };
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

type Run = (statement: string, values?: readonly Value[]) => Promise<readonly DatabaseRow[]>;

async function* rowsOf({ name, columns, key, numbers, atOnce }: BackedTable, run: Run): AsyncGenerator<readonly DatabaseRow[]> {
  const [order, places] = [key.join(', '), key.map((_, index) => `$${index + 1}`).join(', ')];
  const select = `SELECT ${columns.join(', ')} FROM ${name}`;
  let after: readonly Value[] | undefined;
  for (;;) {
    const where = after === undefined ? '' : ` WHERE (${order}) > (${places})`;
    const found = await run(`${select}${where} ORDER BY ${order} LIMIT ${atOnce}`, after ?? []);
    const last = found.at(-1);
    if (last === undefined) return;
    after = key.map((column) => last[column] ?? null);
    yield found.map((row) => Object.fromEntries(columns.map((column) => [column, numbers.includes(column) ? Number(row[column]) : (row[column] ?? null)])));
  }
}
