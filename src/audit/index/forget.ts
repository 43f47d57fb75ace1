import type { Database } from 'bun:sqlite';
import { takeBack } from './activity.ts';
import type { LineReader } from './reader.ts';
import { SHARED } from './schema.ts';
import { SessionSums } from './sessions.ts';
import { rowOf } from '../query/row.ts';

/** So many records of one context are summed up again at once, at most; of a larger one the sums stay, without what names anyone. */
const SUMMED_MAX = 100_000;

/**
 * Takes records out of the index, and with them what nobody else says: names, addresses, contexts. `secure_delete` overwrites
 * what they held; the log of the database is emptied, too.
 */
export function forgetRecords(sqlite: Database, lines: LineReader, positions: readonly number[]): void {
  const list = JSON.stringify(positions);
  sqlite.run('BEGIN IMMEDIATE');
  try {
    const contexts = sqlite.query<{ space: string; context: string }, [string]>(
      `SELECT DISTINCT who.space AS space, who.context AS context FROM record CROSS JOIN who ON who.id = record.who
        WHERE record.position IN (SELECT value FROM json_each(?)) AND who.context IS NOT NULL`,
    ).all(list);
    takeBack(sqlite, list);
    for (const place of SHARED) {
      sqlite.query(`UPDATE ${place} SET records = records - gone.count FROM (SELECT ${place} AS id, count(*) AS count FROM record
        WHERE position IN (SELECT value FROM json_each(?)) GROUP BY ${place}) AS gone WHERE ${place}.id = gone.id`).run(list);
      sqlite.run(`DELETE FROM ${place} WHERE records <= 0`);
    }
    sqlite.query('DELETE FROM record WHERE position IN (SELECT value FROM json_each(?))').run(list);
    for (const { space, context } of contexts) sumAgain(sqlite, lines, space, context);
    sqlite.run('COMMIT');
  } catch (error) {
    if (sqlite.inTransaction) sqlite.run('ROLLBACK');
    throw error;
  }
  sqlite.run('PRAGMA wal_checkpoint(TRUNCATE)');
}

/** A session is what its remaining records say: they are read again. */
function sumAgain(sqlite: Database, lines: LineReader, space: string, context: string): void {
  const rows = sqlite.query<{ position: number; offset: number }, [string, string, number]>(
    `SELECT record.position AS position, record."offset" AS "offset" FROM who CROSS JOIN record INDEXED BY record_who ON record.who = who.id
      WHERE who.space = ? AND who.context = ? ORDER BY record.position LIMIT ?`,
  ).all(space, context, SUMMED_MAX);
  if (rows.length === SUMMED_MAX) return;
  sqlite.query('DELETE FROM session WHERE space = ? AND context = ?').run(space, context);
  sqlite.query('DELETE FROM visited WHERE space = ? AND context = ?').run(space, context);
  const sums = new SessionSums(sqlite);
  for (const { position, offset } of rows) {
    const found = lines.read(position, offset);
    if (found.kind === 'entry') sums.add(rowOf(found.entry), space);
  }
  sums.flush();
}
