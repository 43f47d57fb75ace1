import { SQLiteError } from 'bun:sqlite';
import { LIMITS } from '../../domain/limits.ts';
import type { DurableEnd } from '../query.ts';
import { Advance, isOf } from './advance.ts';
import type { ActivityAnswer, ActivityAsk, Answer, Ask, EdgesAnswer, EdgesAsk, SessionsAnswer, SessionsAsk } from './ask.ts';
import { openIndexFile, openNothing, removeIndexFile } from './database.ts';
import type { IndexFile } from './database.ts';
import { forgetRecords } from './forget.ts';
import { listActivity, listEdges } from './list-activity.ts';
import { listSessions } from './list-sessions.ts';
import { LineReader } from './reader.ts';
import { search } from './search.ts';

/** How far the ledger's files may be read, and the position of the record that comes next. */
export interface End extends DurableEnd {
  readonly position: number;
}

export type Order =
  | { readonly kind: 'search'; readonly ask: Ask }
  | { readonly kind: 'sessions'; readonly ask: SessionsAsk }
  | { readonly kind: 'activity'; readonly ask: ActivityAsk }
  | { readonly kind: 'edges'; readonly ask: EdgesAsk }
  | { readonly kind: 'forget'; readonly positions: readonly number[] };

/** What an order is answered with; null: it was carried out. */
export type Answered = Answer | SessionsAnswer | ActivityAnswer | EdgesAnswer | null;

const FAILED_WAIT_MS = 1_000;
const BLIND_RETRY_MS = 10_000;
/** After new records it waits a moment for more: a batch costs less than its records one by one. */
const GATHER_MS = 200;

/** The index and what keeps it up to date. Everything but SQLite's own steps gives way to what is asked. */
export class IndexWork {
  readonly #dir: string;
  readonly #lines: LineReader;
  #file: IndexFile;
  #advance: Advance;
  /** There is no room for an index, or no right to one. */
  #isBlind: boolean;
  #triedAt = performance.now();
  #end: End = { first: 0, bytes: 0, position: 0 };
  #wake: (() => void) | undefined;
  #turn: Promise<void> | undefined;
  #closed = false;
  /** Positions whose lines were erased without a word to us. */
  readonly #gone = new Set<number>();

  constructor(dir: string) {
    this.#dir = dir;
    this.#lines = new LineReader(dir);
    [this.#file, this.#isBlind] = open(dir);
    this.#advance = new Advance(dir, this.#file);
  }

  grown(end: End): void {
    this.#end = end;
    this.#wake?.();
  }

  async run(): Promise<void> {
    while (!this.#closed) {
      const more = await this.#step().catch((error: unknown) => this.#afterFault(error));
      await (more ? Bun.sleep(0) : this.#news());
    }
    this.#lines.close();
    this.#file.close();
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  async answer(order: Order, end: End): Promise<Answered> {
    if (end.position >= this.#end.position) this.grown(end);
    if (order.kind === 'search') return this.#search(order.ask, end);
    const until = performance.now() + LIMITS.indexCatchUpMs;
    while (this.#advance.reached.next < end.position && performance.now() < until && (await this.#step().catch(() => false))) await Bun.sleep(0);
    const { sqlite } = this.#file;
    const reach = { known: this.#advance.reached.next, end: end.position };
    if (order.kind === 'sessions') return { ...listSessions(sqlite, order.ask), ...reach };
    if (order.kind === 'activity') return { ...listActivity(sqlite, order.ask), ...reach };
    if (order.kind === 'edges') return { ...listEdges(sqlite, order.ask), ...reach };
    await this.#quiet();
    this.#forget(order.positions);
    return null;
  }

  async #search(ask: Ask, end: End): Promise<Answer> {
    const { sqlite } = this.#file;
    const answer = await search({
      dir: this.#dir, sqlite, lines: this.#lines, reached: this.#advance.reached, end, endPosition: end.position,
      onGone: (position, erased) => erased && this.#gone.add(position),
    }, ask);
    if (this.#gone.size > 0) {
      await this.#quiet();
      this.#forget([...this.#gone]);
      this.#gone.clear();
    }
    return answer;
  }

  #forget(positions: readonly number[]): void {
    forgetRecords(this.#file.sqlite, this.#lines, positions);
    // What it remembers of shared rows may be gone.
    this.#advance = new Advance(this.#dir, { ...this.#file, reached: this.#advance.reached });
  }

  /** One batch at a time, whoever asks for it. */
  async #step(): Promise<boolean> {
    await this.#quiet();
    if (this.#closed || (this.#isBlind && !this.#openAgain())) return false;
    const step = this.#advance.step(this.#end);
    this.#turn = step.then(() => undefined, () => undefined);
    try {
      return await step;
    } finally {
      this.#turn = undefined;
    }
  }

  /** Tries now and then; false while it is still in vain. */
  #openAgain(): boolean {
    if (performance.now() - this.#triedAt < BLIND_RETRY_MS) return false;
    this.#triedAt = performance.now();
    const opened = open(this.#dir);
    if (opened[1]) opened[0].close();
    else this.#begin(opened);
    return !opened[1];
  }

  #begin([file, isBlind]: Opened): void {
    if (this.#isBlind) this.#file.close();
    [this.#file, this.#isBlind] = [file, isBlind];
    this.#advance = new Advance(this.#dir, file);
  }

  async #quiet(): Promise<void> {
    while (this.#turn !== undefined) await this.#turn;
  }

  async #news(): Promise<void> {
    if (this.#closed) return;
    if (this.#isBlind) await Bun.sleep(FAILED_WAIT_MS);
    else if (this.#advance.reached.next >= this.#end.position) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
    await Bun.sleep(GATHER_MS);
  }

  /** A full or failing disk is waited for; whatever else is wrong with the index, it can be made anew. */
  async #afterFault(error: unknown): Promise<boolean> {
    await Bun.sleep(FAILED_WAIT_MS);
    if (this.#closed || !(error instanceof SQLiteError) || /^SQLITE_(?:FULL|IOERR|BUSY|NOMEM)/.test(error.code ?? '')) return false;
    this.#file.close();
    removeIndexFile(this.#dir);
    this.#begin(open(this.#dir));
    return true;
  }
}

type Opened = readonly [file: IndexFile, isBlind: boolean];

function open(dir: string): Opened {
  try {
    const file = openIndexFile(dir);
    if (isOf(dir, file.reached)) return [file, false];
    file.close();
    removeIndexFile(dir);
    return [openIndexFile(dir), false];
  } catch {
    return [openNothing(), true];
  }
}
