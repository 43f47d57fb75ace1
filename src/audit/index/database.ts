import { Database } from 'bun:sqlite';
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { INDEX_VERSION, SCHEMA } from './schema.ts';

export type Value = string | number | null;

const CACHE_KIB = 64 * 1024;

/** Where indexing goes on, and the last line that it took, by which it knows that this is still the same ledger. */
export interface Reached {
  /** All positions below are indexed. */
  readonly next: number;
  /** First position of the segment, and the byte in it where the next line begins. */
  readonly segment: number;
  readonly offset: number;
  readonly leaf: string;
  readonly leafOffset: number;
}

export const NOTHING_REACHED: Reached = { next: 0, segment: 0, offset: 0, leaf: '', leafOffset: 0 };

/** The file of the index. Derived: whatever is wrong with it, it is deleted and made anew. */
export interface IndexFile {
  readonly sqlite: Database;
  readonly reached: Reached;
  close(): void;
}

/** Opens `<dir>/index/records.sqlite`, or begins it. One of another version is begun anew. Throws what SQLite throws. */
export function openIndexFile(dir: string): IndexFile {
  mkdirSync(folderOf(dir), { recursive: true, mode: 0o700 });
  const opened = attempt(dir);
  if (opened !== undefined) return opened;
  removeIndexFile(dir);
  const begun = attempt(dir);
  if (begun === undefined) throw new Error('a new index cannot be read');
  return begun;
}

/** An index that knows nothing and stays so: what is asked is read line by line. */
export function openNothing(): IndexFile {
  const sqlite = new Database(':memory:', { strict: true });
  begin(sqlite);
  return { sqlite, reached: NOTHING_REACHED, close: () => sqlite.close() };
}

export function removeIndexFile(dir: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${pathOf(dir)}${end}`, { force: true });
}

function attempt(dir: string): IndexFile | undefined {
  // Made here so that nobody else can ever read it; the log files that SQLite adds take its mode.
  closeSync(openSync(pathOf(dir), 'a', 0o600));
  const sqlite = new Database(pathOf(dir), { readwrite: true, create: true, strict: true });
  try {
    // What is forgotten must be gone from the file, too.
    for (const pragma of ['journal_mode = WAL', 'synchronous = NORMAL', 'secure_delete = ON', `cache_size = -${CACHE_KIB}`, 'temp_store = MEMORY']) {
      sqlite.run(`PRAGMA ${pragma}`);
    }
    const fresh = sqlite.query<{ count: number }, []>('SELECT count(*) AS count FROM sqlite_schema').get()?.count === 0;
    if (fresh) begin(sqlite);
    const reached = readReached(sqlite);
    if (reached !== undefined) return { sqlite, reached, close: () => sqlite.close() };
  } catch {
    // Not a database, or a damaged one.
  }
  sqlite.close();
  return undefined;
}

function begin(sqlite: Database): void {
  for (const statement of SCHEMA) sqlite.run(statement);
  sqlite.run(`INSERT INTO state VALUES (1, ?, 0, 0, 0, '', 0)`, [INDEX_VERSION]);
}

function readReached(sqlite: Database): Reached | undefined {
  const state = sqlite.query<Reached & { version: number }, []>('SELECT * FROM state').get();
  if (state === null || state.version !== INDEX_VERSION) return undefined;
  const { next, segment, offset, leaf, leafOffset } = state;
  return { next, segment, offset, leaf, leafOffset };
}

function folderOf(dir: string): string {
  return join(dir, 'index');
}

function pathOf(dir: string): string {
  return join(folderOf(dir), 'records.sqlite');
}
