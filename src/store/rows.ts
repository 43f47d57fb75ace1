import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import { decodeJson, encodeJson } from './body.ts';
import { flowRowsOf } from './flow-rows.ts';
import type { Database, DatabaseRow, Statements } from './database.ts';
import type { Kind, Row, Rows, SnapshotRow, Snapshots, WriteOptions } from './store.ts';
import { KINDS } from './store.ts';
import { versionRowsOf } from './version-rows.ts';

const COLUMNS = 'kind, space, id, body, version, updated_at, updated_by';
const WHERE_KEY = 'WHERE kind = $1 AND space = $2 AND id = $3';

/** How the rows reach the database: alone, or as part of a transaction that is already open. */
interface Access {
  readonly announce: string | undefined;
  readonly read: Statements['run'];
  readonly transaction: Database['transaction'];
}

export function rowsOf(database: Database): Rows {
  return rows({ announce: database.announce, read: database.read, transaction: database.transaction });
}

export function rowsWithin(database: Database, statements: Statements): Rows {
  return rows({ announce: database.announce, read: statements.run, transaction: (work) => work(statements) });
}

function rows(access: Access): Rows {
  return {
    get: async (kind, space, id) => {
      checkKey(kind, space, id);
      return find(access.read, kind, space, id);
    },
    list: async (kind, space) => {
      checkKey(kind, space ?? '', '');
      const found = space === undefined
        ? await access.read(`SELECT ${COLUMNS} FROM resource WHERE kind = $1`, [kind])
        : await access.read(`SELECT ${COLUMNS} FROM resource WHERE kind = $1 AND space = $2`, [kind, space]);
      // Sorted here: databases differ in collation.
      return found.map(toRow).sort((a, b) => order(a.space, b.space) || order(a.id, b.id));
    },
    put: async (kind, space, id, body, options) => {
      checkKey(kind, space, id);
      const text = encodeJson(body);
      return access.transaction(async (statements) => {
        await expect(statements, kind, space, id, options);
        const version = await change(statements, access.announce);
        const updatedAt = Date.now();
        await statements.run(
          `INSERT INTO resource (${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (kind, space, id) DO UPDATE SET
          body = excluded.body, version = excluded.version, updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
          [kind, space, id, text, version, updatedAt, options.by]);
        return { kind, space, id, body, version, updatedAt, updatedBy: options.by };
      });
    },
    delete: async (kind, space, id, options) => {
      checkKey(kind, space, id);
      return access.transaction(async (statements) => {
        await expect(statements, kind, space, id, options);
        const gone = await statements.run(`DELETE FROM resource ${WHERE_KEY} RETURNING id`, [kind, space, id]);
        if (gone.length > 0) await change(statements, access.announce);
        return gone.length > 0;
      });
    },
    snapshots: snapshots(access),
    configuration: versionRowsOf(access.read, access.transaction, (statements) => change(statements, access.announce)),
    flow: flowRowsOf(access.read, access.transaction),
  };
}

function snapshots(access: Access): Snapshots {
  return {
    append: (version, bytes, signature) => access.transaction(async (statements) => {
      const last = Number((await statements.run('SELECT max(version) AS version FROM snapshot'))[0]?.['version'] ?? 0);
      if (!Number.isSafeInteger(version) || version <= last) {
        const remedy = 'Read the store again and compile from what it holds now.';
        throw new SallyportError('ERR_CONFLICT', `snapshot ${version} does not follow ${last}`, { remedy });
      }
      await statements.run('INSERT INTO snapshot (version, bytes, signature, created_at) VALUES ($1, $2, $3, $4)',
        [version, bytes, signature, Date.now()]);
      await change(statements, access.announce);
    }),
    latest: async () => (await access.read('SELECT * FROM snapshot ORDER BY version DESC LIMIT 1')).map(toSnapshot)[0],
    get: async (version) => (await access.read('SELECT * FROM snapshot WHERE version = $1', [version])).map(toSnapshot)[0],
  };
}

async function find(run: Statements['run'], kind: Kind, space: string, id: string): Promise<Row | undefined> {
  return (await run(`SELECT ${COLUMNS} FROM resource ${WHERE_KEY}`, [kind, space, id])).map(toRow)[0];
}

async function expect(statements: Statements, kind: Kind, space: string, id: string, options: WriteOptions): Promise<void> {
  if (options.expectedVersion === undefined) return;
  const found = await statements.run(`SELECT version FROM resource ${WHERE_KEY}`, [kind, space, id]);
  const version = Number(found[0]?.['version'] ?? 0);
  if (version === options.expectedVersion) return;
  throw new SallyportError('ERR_CONFLICT', `${kind} ${id} was changed by someone else meanwhile`,
    { remedy: 'Read it again, and repeat the change on what it is now.' });
}

/** The next number of the change counter. Versions come from it, so that none returns after a row is deleted. */
async function change(statements: Statements, announce: string | undefined): Promise<number> {
  const [row] = await statements.run("UPDATE counter SET value = value + 1 WHERE name = 'change' RETURNING value");
  if (announce !== undefined) await statements.run(announce);
  return Number(row?.['value']);
}

/** A NUL cannot be stored as text by PostgreSQL, nor a lone surrogate by either; refused alike on both. */
function checkKey(kind: Kind, space: string, id: string): void {
  const plain = [space, id].every((part) => part.length <= LIMITS.nameLengthMax && !part.includes('\0') && part.isWellFormed());
  if (!plain || !KINDS.includes(kind)) {
    throw new SallyportError('ERR_REQUEST_INVALID', 'a resource needs a known kind, and a space and id of plain text',
      { remedy: `Use at most ${LIMITS.nameLengthMax} characters and no control characters.` });
  }
}

function toRow(row: DatabaseRow): Row {
  return {
    kind: KINDS.find((kind) => kind === row['kind']) ?? unknownKind(String(row['kind'])),
    space: String(row['space']), id: String(row['id']), body: decodeJson(String(row['body'])),
    version: Number(row['version']), updatedAt: Number(row['updated_at']), updatedBy: String(row['updated_by']),
  };
}

function unknownKind(kind: string): never {
  throw new SallyportError('ERR_STORE_MIGRATION', `the database holds rows of kind ${kind}, which this program does not know`);
}

function toSnapshot(row: DatabaseRow): SnapshotRow {
  return {
    version: Number(row['version']), bytes: String(row['bytes']), signature: String(row['signature']), createdAt: Number(row['created_at']),
  };
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
