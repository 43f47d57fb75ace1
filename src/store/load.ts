import { SallyportError } from '../domain/errors.ts';
import type { Database, DatabaseRow } from './database.ts';
import { FILLING } from './filling.ts';
import { migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations/migrations.ts';
import { openDatabase } from './open.ts';
import { rowsOf } from './rows.ts';
import type { Rows, StoreOptions } from './store.ts';
import { BACKED_TABLES } from './tables.ts';

/** An empty database that a backup is read into. */
export interface Filling {
  /** What was added so far, as a store has it. */
  readonly rows: Rows;
  /** All of it or nothing of it. Throws `ERR_BACKUP_INVALID` for rows that are none of ours. */
  add(table: string, rows: readonly DatabaseRow[]): Promise<void>;
  /** Nothing was lost: from now on it is a store. */
  done(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a database that holds nothing, or only what an earlier attempt with the same `mark` left half-way. Throws `ERR_CONFLICT`
 * for one that holds anything, `ERR_STORE_MIGRATION` for a backup of a newer program.
 */
export async function fillStore(url: string, options: StoreOptions, mark: number, migrations: number): Promise<Filling> {
  if (migrations > MIGRATIONS.length) {
    throw new SallyportError('ERR_STORE_MIGRATION', `the backup's store has ${migrations} migrations, and this program knows ${MIGRATIONS.length}`, {
      remedy: 'Restore with the version of Sallyport that made the backup, or a newer one.',
    });
  }
  const database = await openDatabase(url, options);
  try {
    await migrate(database, MIGRATIONS);
    await begin(database, mark);
  } catch (error) {
    await database.close();
    throw error;
  }
  return {
    rows: rowsOf(database),
    add: (table, rows) => database.transaction(async ({ run }) => {
      const known = BACKED_TABLES.find(({ name }) => name === table);
      if (known === undefined) throw invalid(`there is no table ${JSON.stringify(table)}`);
      const { columns, key, numbers } = known;
      const places = columns.map((_, index) => `$${index + 1}`).join(', ');
      const rest = columns.filter((column) => !key.includes(column)).map((column) => `${column} = excluded.${column}`).join(', ');
      for (const row of rows) {
        const isSound = columns.every((column) => typeof row[column] === (numbers.includes(column) ? 'number' : 'string'));
        if (!isSound || Object.keys(row).length !== columns.length) throw invalid(`a row of ${table} is none`);
        await run(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places}) ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${rest}`,
          columns.map((column) => row[column] ?? null));
      }
    }),
    done: async () => void (await database.write(`DELETE FROM counter WHERE name = '${FILLING}'`)),
    close: () => database.close(),
  };
}

async function begin(database: Database, mark: number): Promise<void> {
  await database.transaction(async ({ run }) => {
    const [filling] = await run(`SELECT value FROM counter WHERE name = '${FILLING}'`);
    if (filling === undefined || Number(filling['value']) !== mark) {
      const [held] = await run('SELECT (SELECT count(*) FROM resource) + (SELECT count(*) FROM snapshot) AS n');
      if (Number(held?.['n'] ?? 0) > 0 || filling !== undefined) {
        throw new SallyportError('ERR_CONFLICT', 'the database that is to be restored to is not empty', {
          remedy: 'Name an empty one in DATABASE_URL; nothing was changed.',
        });
      }
    }
    for (const table of ['state', ...BACKED_TABLES.map(({ name }) => name)]) await run(`DELETE FROM ${table}`);
    await run(`INSERT INTO counter (name, value) VALUES ('${FILLING}', $1)`, [mark]);
  });
}

function invalid(why: string): SallyportError {
  return new SallyportError('ERR_BACKUP_INVALID', `the archive cannot be used: ${why}`, { remedy: 'Take an older backup.' });
}
