import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Database, DatabaseRow, Statements } from './database.ts';
import type { VersionRow, Versions } from './store.ts';

const COLUMNS = 'number, statement, signature, content';

/** `tell` says to other handles that something changed, within the same transaction. */
export function versionRowsOf(
  read: Statements['run'], transaction: Database['transaction'], tell: (statements: Statements) => Promise<unknown>,
): Versions {
  return {
    append: ({ number, statement, signature, content }) => transaction(async (statements) => {
      const last = Number((await statements.run('SELECT max(number) AS number FROM configuration_version'))[0]?.['number'] ?? 0);
      if (!Number.isSafeInteger(number) || number <= last) {
        const remedy = 'Read it again, and repeat the change.';
        throw new SallyportError('ERR_CONFLICT', `version ${number} of the configuration does not follow ${last}`, { remedy });
      }
      if (content.length > LIMITS.storeBodyBytesMax) {
        const message = `a version of the configuration may have ${LIMITS.storeBodyBytesMax} bytes`;
        throw new SallyportError('ERR_BODY_TOO_LARGE', message, { remedy: 'Change less at once.' });
      }
      await statements.run(`INSERT INTO configuration_version (${COLUMNS}) VALUES ($1, $2, $3, $4)`, [number, statement, signature, content]);
      await tell(statements);
    }),
    latest: async () => (await read(`SELECT ${COLUMNS} FROM configuration_version ORDER BY number DESC LIMIT 1`)).map(toVersion)[0],
    get: async (number) => (await read(`SELECT ${COLUMNS} FROM configuration_version WHERE number = $1`, [number])).map(toVersion)[0],
    after: async (number, max) =>
      (await read(`SELECT ${COLUMNS} FROM configuration_version WHERE number > $1 ORDER BY number LIMIT $2`, [number, max])).map(toVersion),
    reseal: (number, content) => transaction(async ({ run }) =>
      void (await run('UPDATE configuration_version SET content = $1 WHERE number = $2', [content, number]))),
  };
}

function toVersion(row: DatabaseRow): VersionRow {
  return { number: Number(row['number']), statement: String(row['statement']), signature: String(row['signature']), content: String(row['content']) };
}
