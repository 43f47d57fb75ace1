import { chmodSync, mkdirSync } from 'node:fs';
import { SallyportError } from '../domain/errors.ts';
import type { ErrorCode } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import type { JournalRecord } from '../domain/record.ts';
import { isUnauthenticated, readRecord } from './admit.ts';
import { CHAIN_START, sealEntry, sealHead, writerFields } from './entry.ts';
import type { Entry, Origin } from './entry.ts';
import { runQuery } from './query.ts';
import type { DurableEnd, Query, QueryResult } from './query.ts';
import { recover } from './recover.ts';
import type { Recovered, Torn } from './recover.ts';
import { DiskReserve } from './reserve.ts';
import type { Damage } from './scan.ts';
import { segmentsDir } from './segments.ts';
import { definedOf } from './standing.ts';
import type { OpenCall, Receipt, Standing } from './standing.ts';
import { tailEntries } from './tail.ts';
import { verifyJournal } from './verify.ts';
import { SegmentWriter } from './writer.ts';

export interface LedgerOptions {
  /** Sync to the disk before an append resolves: survives a power cut, not only a kill -9. */
  readonly strict: boolean;
  /** Default: `LIMITS.segmentBytesMax`. */
  readonly segmentBytesMax?: number;
  /** Default: `LIMITS.diskReserveBytes`. */
  readonly reserveBytes?: number;
}

/** For each line of a frame its position, or why it was not taken. */
export type Placed = readonly (number | ErrorCode)[];

export interface Ledger {
  /** What was found at the start: writes that a crash cut short, and places that are not what was written. */
  readonly torn: readonly Torn[];
  readonly damage: readonly Damage[];
  /** The position that the next record will have. */
  readonly next: number;
  /**
   * A process introduces itself; the only way to become able to append. Exchanges that its earlier incarnations left open,
   * and those it names as `abandoned`, are closed with `call.unknown`. Resolves with how many were closed when that is
   * durable. Throws `ERR_CONFLICT` for an incarnation that a later one has superseded, `ERR_JOURNAL_*`.
   */
  hello(origin: Origin, abandoned: ReadonlySet<string>): Promise<number>;
  /** Lines of one frame, stored as they are. Resolves when durable. Throws `ERR_JOURNAL_*`, and `ERR_CONFLICT` before `hello`. */
  appendLines(lines: readonly string[], origin: Origin): Promise<Placed>;
  /** The ledger's own records. Throws `ERR_JOURNAL_*`. */
  append(records: readonly JournalRecord[]): Promise<readonly number[]>;
  query(query: Query): Promise<QueryResult>;
  /** What is known of the permit of an exchange that is open, or that one message of it was permitted lately. */
  receipt(exchange: string): Receipt | undefined;
  /** Every durable record from a position on, then each new one, until `signal` aborts. */
  tail(from: number, signal: AbortSignal): AsyncIterable<Entry>;
  /** Every place of what is durable now that is not what was written. */
  verify(): AsyncIterable<Damage>;
  /** Finishes what is under way, refuses the rest. */
  close(): Promise<void>;
}

/** Opens the journal in `dir` (segments in `<dir>/segments`). Throws `ERR_JOURNAL_CORRUPT` where going on would not be safe. */
export async function openLedger(dir: string, options: LedgerOptions): Promise<Ledger> {
  mkdirSync(segmentsDir(dir), { recursive: true, mode: 0o700 });
  chmodSync(dir, 0o700);
  const recovered = await recover(dir, CHAIN_START);
  const ledger = new LedgerFile(dir, options, recovered);
  await ledger.start();
  return ledger;
}

interface Frame {
  readonly lines: readonly string[];
  readonly origin: Origin;
  readonly resolve: (placed: Placed) => void;
  readonly reject: (error: unknown) => void;
}

interface Fresh {
  readonly position: number;
  readonly origin: Origin;
  readonly record: JournalRecord;
}

/** What one write will add, before it is certain that it can be written. */
interface Batch {
  text: string;
  chain: string;
  next: number;
  readonly fresh: Fresh[];
  readonly ids: Map<string, number>;
}

class LedgerFile implements Ledger {
  readonly torn: readonly Torn[];
  readonly damage: readonly Damage[];
  readonly #dir: string;
  readonly #strict: boolean;
  readonly #segmentBytesMax: number;
  readonly #writer: SegmentWriter;
  readonly #reserve: DiskReserve;
  readonly #standing: Standing;
  readonly #self: Origin = { role: 'ledger', node: 'ledger', incarnation: Bun.randomUUIDv7() };
  readonly #listeners = new Set<() => void>();
  readonly #resumed: Recovered['segment'];
  /** What readers may see: in strict mode that is less than what has been written. */
  #durable: DurableEnd = { first: 0, bytes: 0 };
  #next: number;
  #chain: string;
  #queue: Frame[] = [];
  #queuedLines = 0;
  #scheduled = false;
  #turn: Promise<void> | undefined;
  #closed = false;
  #closing: Promise<void> | undefined;

  constructor(dir: string, options: LedgerOptions, recovered: Recovered) {
    this.torn = recovered.torn;
    this.damage = recovered.damage;
    this.#dir = dir;
    this.#strict = options.strict;
    this.#segmentBytesMax = options.segmentBytesMax ?? LIMITS.segmentBytesMax;
    this.#writer = new SegmentWriter(dir, options.strict);
    this.#reserve = new DiskReserve(dir, options.reserveBytes ?? LIMITS.diskReserveBytes);
    this.#standing = recovered.standing;
    this.#resumed = recovered.segment;
    this.#next = recovered.next;
    this.#chain = recovered.chain;
  }

  get next(): number {
    return this.#next;
  }

  /** Nothing is repaired silently: what was cut and what is damaged becomes a record. */
  async start(): Promise<void> {
    if (this.#resumed === undefined) this.#rotate();
    else this.#writer.resume(this.#resumed.first, this.#resumed.bytes);
    this.#durable = { first: this.#writer.first, bytes: this.#writer.bytes };
    this.#standing.enter(this.#self);
    await this.append([
      ...this.torn.map((torn) => this.#ownRecord({ event: 'record.torn', category: 'error', code: 'ERR_JOURNAL_CORRUPT', detail: { ...torn } })),
      ...this.damage.map((damage) => this.#ownRecord({ event: 'record.corrupt', category: 'error', code: 'ERR_JOURNAL_CORRUPT', detail: { ...damage } })),
    ]);
  }

  async hello(origin: Origin, abandoned: ReadonlySet<string>): Promise<number> {
    if (this.#standing.isRetired(origin)) throw superseded(origin);
    if (!this.#standing.enter(origin)) throw new SallyportError('ERR_JOURNAL_BACKLOG', 'the ledger knows too many nodes');
    const dangling = this.#standing.dangling(origin, abandoned);
    await this.append(dangling.map((call) => this.#unknown(call)));
    return dangling.length;
  }

  appendLines(lines: readonly string[], origin: Origin): Promise<Placed> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new SallyportError('ERR_JOURNAL_UNAVAILABLE', 'the ledger is stopping');
      if (this.#queuedLines + lines.length > LIMITS.ledgerBacklogMax) throw new SallyportError('ERR_JOURNAL_BACKLOG', 'too many records wait to be written');
      this.#queuedLines += lines.length;
      this.#queue.push({ lines, origin, resolve, reject });
      this.#schedule();
    });
  }

  async append(records: readonly JournalRecord[]): Promise<readonly number[]> {
    if (records.length === 0) return [];
    const placed = await this.appendLines(records.map((record) => JSON.stringify(record)), this.#self);
    return placed.map((place) => {
      if (typeof place === 'number') return place;
      throw new SallyportError(place, 'the ledger refused a record of its own');
    });
  }

  query(query: Query): Promise<QueryResult> {
    return runQuery(this.#dir, query, this.#durable);
  }

  receipt(exchange: string): Receipt | undefined {
    return this.#standing.receiptOf(exchange, Date.now());
  }

  verify(): AsyncIterable<Damage> {
    return verifyJournal(this.#dir, this.#durable);
  }

  tail(from: number, signal: AbortSignal): AsyncIterable<Entry> {
    return tailEntries(this.#dir, from, signal, { durableEnd: () => this.#durable, onGrown: (listener) => subscribe(this.#listeners, listener) });
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#closed = true;
    while (this.#turn !== undefined || this.#queue.length > 0) await (this.#turn ?? Bun.sleep(0));
    await this.#writer.sync();
    this.#writer.close();
  }

  /** Once a turn of the event loop, so that everything that came in it, on whatever connection, is one write and one sync. */
  #schedule(): void {
    if (this.#scheduled || this.#turn !== undefined) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      const frames = this.#queue;
      this.#queue = [];
      this.#queuedLines = 0;
      if (!this.#strict) {
        this.#commit(frames, this.#place(frames));
        return;
      }
      this.#turn = this.#commitSynced(frames).finally(() => {
        this.#turn = undefined;
        if (this.#queue.length > 0) this.#schedule();
      });
    });
  }

  async #commitSynced(frames: readonly Frame[]): Promise<void> {
    const placed = this.#place(frames);
    try {
      if (placed !== undefined) await this.#writer.sync();
      this.#commit(frames, placed);
    } catch (error) {
      for (const frame of frames) frame.reject(error);
    }
  }

  #commit(frames: readonly Frame[], placed: readonly Placed[] | undefined): void {
    if (placed === undefined) return;
    this.#durable = { first: this.#writer.first, bytes: this.#writer.bytes };
    for (const [index, frame] of frames.entries()) frame.resolve(placed[index] ?? []);
    for (const listener of this.#listeners) listener();
  }

  /** Writes what the frames hold; undefined when it could not be written and the frames have been told so. */
  #place(frames: readonly Frame[]): readonly Placed[] | undefined {
    try {
      this.#reserve.restore();
      if (this.#writer.bytes >= this.#segmentBytesMax && this.#next > this.#writer.first) this.#rotate();
      const batch: Batch = { text: '', chain: this.#chain, next: this.#next, fresh: [], ids: new Map() };
      const placed = frames.map((frame) => this.#admitFrame(batch, frame));
      if (batch.fresh.length > 0) this.#keep(batch);
      return placed;
    } catch (error) {
      for (const frame of frames) frame.reject(error);
      return undefined;
    }
  }

  #admitFrame(batch: Batch, { lines, origin }: Frame): Placed {
    if (!this.#standing.isCurrent(origin)) return lines.map(() => 'ERR_CONFLICT');
    const writer = writerFields(origin);
    return lines.map((line) => this.#admit(batch, line, origin, writer));
  }

  #admit(batch: Batch, line: string, origin: Origin, writer: string): number | ErrorCode {
    const record = readRecord(line, origin);
    if (typeof record === 'string') return record;
    const known = this.#standing.positionOf(record.id) ?? batch.ids.get(record.id);
    if (known !== undefined) return known;
    if (!this.#reserve.isHeld && isUnauthenticated(record)) return 'ERR_JOURNAL_UNAVAILABLE';
    if (record.event === 'call.permitted' && this.#standing.openCount + batch.fresh.length >= LIMITS.ledgerOpenMax) return 'ERR_JOURNAL_BACKLOG';
    const position = batch.next;
    const sealed = sealEntry(batch.chain, position, writer, line);
    batch.text += `${sealed.line}\n`;
    batch.chain = sealed.chain;
    batch.next = position + 1;
    batch.ids.set(record.id, position);
    batch.fresh.push({ position, origin, record });
    return position;
  }

  #keep(batch: Batch): void {
    const bytes = Buffer.from(batch.text);
    this.#withReserve(() => this.#writer.write(bytes));
    this.#chain = batch.chain;
    this.#next = batch.next;
    const at = Date.now();
    for (const { position, origin, record } of batch.fresh) this.#standing.apply(position, origin, record, at);
  }

  #rotate(): void {
    const sealed = sealHead({ first: this.#next, createdAt: Date.now(), previous: this.#chain, standing: this.#standing.toJson() });
    this.#withReserve(() => this.#writer.begin(this.#next, Buffer.from(`${sealed.line}\n`)));
    this.#chain = sealed.chain;
  }

  #withReserve(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!isDiskFull(error) || !this.#reserve.release()) throw error;
      write();
    }
  }

  #unknown(call: OpenCall): JournalRecord {
    const { role, incarnation, ...opened } = call;
    const reason = 'the process that made this call ended before its outcome was recorded';
    return { ...this.#ownRecord({ event: 'call.unknown', category: 'execution', reason, detail: { role, incarnation } }), ...definedOf(opened) };
  }

  #ownRecord(of: Pick<JournalRecord, 'event' | 'category'> & Partial<JournalRecord>): JournalRecord {
    return { id: Bun.randomUUIDv7(), at: Date.now(), node: 'ledger', space: 'default', exchange: '', ...of };
  }
}

function superseded(origin: Origin): SallyportError {
  return new SallyportError('ERR_CONFLICT', `a later start of node ${origin.node} has taken its place`, { remedy: 'Stop the older process.' });
}

function isDiskFull(error: unknown): boolean {
  const cause = error instanceof SallyportError ? error.cause : error;
  return cause instanceof Error && 'code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT');
}

function subscribe(listeners: Set<() => void>, listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
