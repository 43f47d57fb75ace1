import type { Database } from './database.ts';
import type { StateRows } from './store.ts';

/** Each method is one statement: atomic without a transaction, so that replicas do not wait for each other's writes. */
export function stateRowsOf(database: Database): StateRows {
  const now = database.nowMs;
  const upsert = `INSERT INTO state (key, value, expires_at) VALUES ($1, $2, ${now} + $3) ON CONFLICT (key) DO UPDATE SET`;
  const take = `${upsert} value = excluded.value, expires_at = excluded.expires_at`;
  const ended = `state.expires_at <= ${now}`;
  const sum = 'CAST(CAST(state.value AS BIGINT) + CAST(excluded.value AS BIGINT) AS TEXT)';
  return {
    read: async (key) => {
      const statement = `SELECT value, expires_at - ${now} AS ttl FROM state WHERE key = $1 AND expires_at > ${now}`;
      const [row] = await database.read(statement, [key]);
      return row && { value: String(row['value']), ttlMs: Number(row['ttl']) };
    },
    write: async (key, value, ttlMs) => {
      await database.write(take, [key, value, ttlMs]);
    },
    writeIfAbsent: async (key, value, ttlMs) => {
      const taken = await database.write(`${take} WHERE ${ended} RETURNING key`, [key, value, ttlMs]);
      return taken.length > 0;
    },
    add: async (key, by, ttlMs) => {
      const [row] = await database.write(
        `${upsert} value = CASE WHEN ${ended} THEN excluded.value ELSE ${sum} END,
        expires_at = CASE WHEN ${ended} THEN excluded.expires_at ELSE state.expires_at END RETURNING value, expires_at - ${now} AS ttl`,
        [key, String(by), ttlMs]);
      return { sum: Number(row?.['value']), ttlMs: Number(row?.['ttl']) };
    },
    remove: async (key) => {
      await database.write('DELETE FROM state WHERE key = $1', [key]);
    },
    sweep: async () => {
      await database.write(`DELETE FROM state WHERE expires_at <= ${now}`);
    },
  };
}
