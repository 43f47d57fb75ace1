import { createHash } from 'node:crypto';
import { SallyportError } from '../domain/errors.ts';
import type { Database } from './database.ts';

export interface Migration {
  readonly number: number;
  readonly name: string;
  /** In order; written for SQLite and PostgreSQL alike. */
  readonly statements: readonly string[];
}

/**
 * Brings the schema forward, in one transaction that only one starter runs at a time. `ERR_STORE_MIGRATION` when the
 * database was made by a newer program, or by a program whose migrations differ from ours.
 */
export async function migrate(database: Database, migrations: readonly Migration[]): Promise<void> {
  await database.transaction(async (statements) => {
    await statements.run(`CREATE TABLE IF NOT EXISTS migration (
      number BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)`);
    const applied = await statements.run('SELECT number, name, checksum FROM migration ORDER BY number');
    for (const row of applied) verify(migrations, Number(row['number']), String(row['name']), String(row['checksum']));
    for (const migration of migrations.slice(applied.length)) {
      for (const statement of migration.statements) await statements.run(statement);
      await statements.run('INSERT INTO migration (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4)',
        [migration.number, migration.name, checksumOf(migration), Date.now()]);
    }
  });
}

function verify(migrations: readonly Migration[], number: number, name: string, checksum: string): void {
  const known = migrations[number - 1];
  if (!known) {
    throw new SallyportError('ERR_STORE_MIGRATION', `the database has migration ${number} (${name}), which this program does not know`,
      { remedy: 'A newer Sallyport made this database: run that version, or restore a backup from before the upgrade.' });
  }
  if (checksumOf(known) !== checksum) {
    throw new SallyportError('ERR_STORE_MIGRATION', `migration ${number} (${name}) of the database is not the one that this program has`,
      { remedy: 'The database was made by a changed program: run that one, or restore a backup.' });
  }
}

function checksumOf(migration: Migration): string {
  return createHash('sha256').update(JSON.stringify([migration.number, migration.name, migration.statements])).digest('hex');
}
