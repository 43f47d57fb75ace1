import { SQL } from 'bun';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Database, DatabaseRow, Statements, Value } from './database.ts';
import { unavailable, within } from './database.ts';
import { createQueue } from './queue.ts';
import type { StoreOptions } from './store.ts';

const CHANNEL = 'sallyport_change';
/** Any constant that no other program on the same database takes: the letters `sallyprt`. */
const WRITER_LOCK = '8314317648213307764';
const POOL_SIZE = 8;
const GRACE_MS = 500;
const TLS_NEEDED = 'Give it a certificate and append ?sslmode=verify-full; STORE_ROOTS names the file of a root that the system does not have.';

/** PostgreSQL through `Bun.SQL`. Every wait ends: the server's own timeouts first, ours when the server does not answer. */
export async function openPostgres(url: string, given: StoreOptions): Promise<Database> {
  const timeoutMs = given.timeoutMs ?? LIMITS.storeTimeoutMs;
  const options = optionsOf(url, timeoutMs, given.roots);
  // The server's own timeout comes first: its error leaves the connection usable.
  const answerMs = timeoutMs + GRACE_MS;
  // Writers take turns anyway: waiting here, they do not use up the pool that readers need.
  const queue = createQueue(timeoutMs);
  let pool = connect(options);
  // A connection whose server went silent would hold its place in the pool until TCP gives up, minutes later.
  const replace = (silent: SQL) => (): void => {
    if (pool === silent) pool = connect(options);
    void silent.close({ timeout: 0 }).catch(() => {});
  };
  const run = (statement: string, values?: readonly Value[]): Promise<readonly DatabaseRow[]> => {
    const used = pool;
    return within(answerMs, ask(used, statement, values), replace(used));
  };
  try {
    await run('SELECT 1');
  } catch (error) {
    await pool.close({ timeout: 0 });
    throw error;
  }
  return {
    nowMs: 'CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)',
    lookMs: 5_000,
    read: run,
    write: run,
    transaction: (work) => queue.run(() => {
      const used = pool;
      return within(LIMITS.storeTransactionMs + answerMs, transact(used, answerMs, replace(used), work), replace(used));
    }),
    freeze: async () => {
      const own = new SQL({ ...options, max: 1 });
      const end = (): Promise<void> => own.close({ timeout: 0 });
      try {
        const held = await within(answerMs, own.reserve());
        const asked = (statement: string, values?: readonly Value[]): Promise<readonly DatabaseRow[]> =>
          within(answerMs, ask(held, statement, values), () => void end().catch(() => {}));
        await asked('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
        return { run: asked, end };
      } catch (error) {
        await end();
        throw unavailable('the database failed', error);
      }
    },
    announce: `SELECT pg_notify('${CHANNEL}', '')`,
    awaken: async (wake) => {
      // Apart from the pool, which may be replaced; `wake` also runs whenever the subscription is made anew.
      const listener = new SQL({ ...options, max: 1 });
      await within(answerMs, listener.listen(CHANNEL, wake, wake)).catch((error: unknown) => {
        void listener.close({ timeout: 0 });
        throw unavailable('the database cannot be listened to', error);
      });
      return () => listener.close({ timeout: 0 });
    },
    close: () => pool.close({ timeout: 1 }),
  };
}

async function transact<T>(pool: SQL, answerMs: number, silent: () => void, work: (statements: Statements) => Promise<T>): Promise<T> {
  let failure: { readonly error: unknown } | undefined;
  let open = true;
  try {
    return await pool.begin(async (transaction) => {
      const run: Statements['run'] = (statement, values) => {
        if (!open) return Promise.reject(unavailable('the transaction has ended', undefined));
        return within(answerMs, ask(transaction, statement, values), silent);
      };
      try {
        // One writer at a time, as in SQLite: what a transaction reads stays true until it commits.
        await run(`SELECT pg_advisory_xact_lock(${WRITER_LOCK})`);
        return await within(LIMITS.storeTransactionMs, work({ run }));
      } catch (error) {
        failure = { error };
        throw error;
      } finally {
        open = false;
      }
    });
  } catch (error) {
    throw failure ? failure.error : unavailable('the database failed', error);
  }
}

async function ask(sql: SQL, statement: string, values: readonly Value[] = []): Promise<readonly DatabaseRow[]> {
  try {
    return await sql.unsafe<DatabaseRow[]>(statement, [...values]);
  } catch (error) {
    throw unavailable('the database failed', error);
  }
}

function connect(options: SQL.PostgresOrMySQLOptions): SQL {
  return new SQL({ ...options, max: POOL_SIZE });
}

function optionsOf(url: string, timeoutMs: number, roots: string | undefined): SQL.PostgresOrMySQLOptions {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || parsed.hostname === '' || parsed.pathname.length < 2) {
    const remedy = 'Use postgres://user:password@host:5432/database.';
    throw new SallyportError('ERR_CONFIG_INVALID', 'the database URL is not complete', { remedy });
  }
  const loopback = ['127.0.0.1', '[::1]', 'localhost'].includes(parsed.hostname);
  const mode = parsed.searchParams.get('sslmode') ?? (loopback ? 'disable' : 'verify-full');
  if (mode !== 'verify-full' && !(loopback && mode === 'disable')) {
    throw new SallyportError('ERR_CONFIG_INVALID', 'the database beyond this machine needs sslmode=verify-full', { remedy: TLS_NEEDED });
  }
  return {
    adapter: 'postgres',
    hostname: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: Number(parsed.port || 5432),
    username: decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
    database: decodeURIComponent(parsed.pathname.slice(1)),
    tls: mode === 'verify-full' ? { rejectUnauthorized: true, ...(roots === undefined ? {} : { ca: roots }) } : false,
    connectionTimeout: timeoutMs / 1000,
    idleTimeout: 60,
    connection: {
      application_name: 'sallyport',
      statement_timeout: timeoutMs,
      lock_timeout: timeoutMs,
      idle_in_transaction_session_timeout: LIMITS.storeTransactionMs,
    },
  };
}
