import type { Database, Statement } from 'bun:sqlite';
import { keyOf } from '../query/key.ts';
import { rowOf } from '../query/row.ts';
import type { Placed, Row } from '../query/row.ts';
import { ActivitySums } from './activity.ts';
import type { Reached, Value } from './database.ts';
import { BLOCK, SHARED } from './schema.ts';
import { SessionSums } from './sessions.ts';
import { SharedRows } from './shared.ts';

/** A record with the byte of its segment where its line begins. */
export interface Located extends Placed {
  readonly offset: number;
}

/** A place that is not what was written; `position`: of the next record after it. */
export interface Spot {
  readonly segment: number;
  readonly offset: number;
  readonly position: number;
}

/** Writes into the index, some records at a time: each batch wholly or not at all. */
export class IndexWriter {
  readonly #sqlite: Database;
  readonly #shared: readonly [SharedRows, SharedRows, SharedRows];
  readonly #sessions: SessionSums;
  readonly #activity: ActivitySums;
  readonly #insert: Statement<unknown, Value[]>;
  readonly #block: Statement<unknown, [number, number, number]>;
  readonly #spot: Statement<unknown, [number, number, number]>;
  readonly #state: Statement<unknown, Value[]>;

  constructor(sqlite: Database) {
    this.#sqlite = sqlite;
    const [who, what, how] = SHARED;
    this.#shared = [new SharedRows(sqlite, who), new SharedRows(sqlite, what), new SharedRows(sqlite, how)];
    this.#sessions = new SessionSums(sqlite);
    this.#activity = new ActivitySums(sqlite);
    this.#insert = sqlite.query(`INSERT INTO record VALUES (?${', ?'.repeat(9)})`);
    this.#block = sqlite.query(`INSERT INTO block VALUES (?, ?, ?)
      ON CONFLICT (block) DO UPDATE SET earliest = min(earliest, excluded.earliest), latest = max(latest, excluded.latest)`);
    this.#spot = sqlite.query('INSERT OR IGNORE INTO damage VALUES (?, ?, ?)');
    this.#state = sqlite.query('UPDATE state SET next = ?, segment = ?, "offset" = ?, leaf = ?, leafOffset = ?');
  }

  take(records: readonly Located[], spots: readonly Spot[], reached: Reached): void {
    this.#whole(() => {
      const blocks = new Map<number, { earliest: number; latest: number }>();
      for (const record of records) {
        const row = rowOf(record);
        this.#add(record, row);
        const { at } = record.record;
        const block = Math.floor(record.position / BLOCK);
        const { earliest, latest } = blocks.get(block) ?? { earliest: at, latest: at };
        blocks.set(block, { earliest: Math.min(earliest, at), latest: Math.max(latest, at) });
      }
      for (const shared of this.#shared) shared.flush();
      this.#sessions.flush();
      this.#activity.flush();
      for (const [block, { earliest, latest }] of blocks) this.#block.run(block, earliest, latest);
      for (const { segment, offset, position } of spots) this.#spot.run(segment, offset, position);
      this.#state.run(reached.next, reached.segment, reached.offset, reached.leaf, reached.leafOffset);
    });
  }

  #add(record: Located, row: Row): void {
    const { space } = record.record;
    const [who, what, how] = this.#shared;
    this.#sessions.add(row, space);
    this.#activity.add(row, space);
    this.#insert.run(
      record.position, record.offset, record.record.at, who.add(row, space), what.add(row, space), how.add(row, space),
      keyIn(row.exchange), keyIn(row.trace), numberIn(row.latency), numberIn(row.size),
    );
  }

  #whole(work: () => void): void {
    this.#sqlite.run('BEGIN IMMEDIATE');
    try {
      work();
      this.#sqlite.run('COMMIT');
    } catch (error) {
      if (this.#sqlite.inTransaction) this.#sqlite.run('ROLLBACK');
      for (const shared of this.#shared) shared.forget();
      this.#sessions.forget();
      this.#activity.forget();
      throw error;
    }
  }
}

function keyIn(id: Row[keyof Row]): number | null {
  return typeof id === 'string' ? keyOf(id) : null;
}

function numberIn(value: Row[keyof Row]): number | null {
  return typeof value === 'number' ? value : null;
}
