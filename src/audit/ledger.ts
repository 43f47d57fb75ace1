import { chmodSync, mkdirSync } from 'node:fs';
import { SallyportError } from '../domain/errors.ts';
import type { ErrorCode } from '../domain/errors.ts';
import type { Happening } from '../domain/happening.ts';
import { LIMITS } from '../domain/limits.ts';
import type { JournalRecord } from '../domain/record.ts';
import { Batch } from './batch.ts';
import { BodyFiles } from './bodies.ts';
import { sealHead } from './entry.ts';
import type { Entry, Origin } from './entry.ts';
import { finishErasures } from './erase.ts';
import { openLogKey } from './log/key.ts';
import type { LogIdentity, LogKey } from './log/key.ts';
import { LogKeeper, openSigned } from './log/keeper.ts';
import type { Signed } from './log/keeper.ts';
import type { TreeEdge } from './log/tree.ts';
import { ownRecord, unknownRecord, watchClock } from './own-record.ts';
import { extensionFrom, proveEntries } from './prove.ts';
import type { Extension, Proof } from './prove.ts';
import { runQuery } from './query.ts';
import type { DurableEnd, Query, QueryResult } from './query.ts';
import { recover } from './recover.ts';
import type { Recovered, Torn } from './recover.ts';
import { DiskReserve } from './reserve.ts';
import { verifyLedger } from './offline/verify.ts';
import type { Verified } from './offline/verify.ts';
import { openEdge, orRestored } from './restore.ts';
import type { Damage } from './scan.ts';
import { segmentsDir } from './segments.ts';
import type { Receipt, Standing } from './standing.ts';
import { tailEntries } from './tail.ts';
import { SegmentWriter, unavailable } from './writer.ts';

export interface LedgerOptions {
  /** Sync to the disk before an append resolves: survives a power cut, not only a kill -9. */
  readonly strict: boolean;
  /** Default: `LIMITS.segmentBytesMax`. */
  readonly segmentBytesMax?: number;
  /** Default: `LIMITS.diskReserveBytes`. */
  readonly reserveBytes?: number;
  /** How many records may wait for a checkpoint while none can be written. Default: `LIMITS.unsignedRecordsMax`. */
  readonly unsignedRecordsMax?: number;
  /** Epoch ms. Default: the system's clock. */
  readonly now?: () => number;
  /** Asked for each call that would be permitted: whether none may be, since what must have its record has not. */
  readonly isHeld?: () => boolean;
}

/** For each line of a frame its position, or why it was not taken. */
export type Placed = readonly (number | ErrorCode)[];
const DISK = 'Free disk space or repair the disk; nothing passes the gate until checkpoints can be kept.';

export interface Ledger {
  /** What was found at the start: writes that a crash cut short, and places that are not what was written. */
  readonly torn: readonly Torn[];
  readonly damage: readonly Damage[];
  /** Origin and public key of its log. */
  readonly identity: LogIdentity;
  /** The position that the next record will have. */
  readonly next: number;
  /**
   * A process introduces itself; the only way to become able to append. Exchanges that its earlier incarnations left open,
   * and those it names as `abandoned`, are closed with `call.unknown`. Resolves with how many were closed when that is
   * durable. Throws `ERR_CONFLICT` for an incarnation that a later one has superseded, `ERR_JOURNAL_*`.
   */
  hello(origin: Origin, abandoned: ReadonlySet<string>): Promise<number>;
  /**
   * Lines of one frame, stored as they are: a record's JSON, and after a tab, where it has one, its `SealedBody`'s. Resolves when
   * durable. Throws `ERR_JOURNAL_*`, and `ERR_CONFLICT` before `hello`.
   */
  appendLines(lines: readonly string[], origin: Origin): Promise<Placed>;
  /** The ledger's own records. Throws `ERR_JOURNAL_*`. */
  append(records: readonly JournalRecord[]): Promise<readonly number[]>;
  query(query: Query): Promise<QueryResult>;
  /** What is known of the permit of an exchange that is open, or that one message of it was permitted lately. */
  receipt(exchange: string): Receipt | undefined;
  /** Every durable record from a position on, then each new one, until `signal` aborts. */
  tail(from: number, signal: AbortSignal): AsyncIterable<Entry>;
  /** What `audit verify` says of what is signed now, of the lines after it, and of their payloads. */
  verify(): Promise<Verified>;
  /**
   * The last signed checkpoint, and the proof that it extends the log of `from` entries; `from` beyond it gives no proof. `covering`:
   * a position that it is to cover, if there is such a record. Throws `ERR_LOG_INCONSISTENT` where tiles are not the signed ones, `ERR_JOURNAL_UNAVAILABLE`.
   */
  checkpoint(from: number, covering?: number): Promise<Extension>;
  /** A record's line and its proof, as soon as a checkpoint covers it; `proveAll`: all under one checkpoint. Throws `ERR_NOT_FOUND`, `ERR_LOG_INCONSISTENT`. */
  prove(position: number): Promise<Proof>;
  proveAll(positions: readonly number[]): Promise<readonly Proof[]>;
  /** Where what is durable ends: nothing beyond is to be read. */
  durableEnd(): DurableEnd;
  /** Calls back after each growth of what is durable; gives the way to stop that. */
  onGrown(listener: () => void): () => void;
  /** Finishes what is under way, refuses the rest. */
  close(): Promise<void>;
}

/**
 * Opens the ledger in `dir`. What was signed is rebuilt and checked first, and what lies beyond it in the segments is signed
 * before this resolves. Throws `ERR_JOURNAL_CORRUPT` and `ERR_LOG_INCONSISTENT` where going on would not be safe.
 */
export async function openLedger(dir: string, options: LedgerOptions): Promise<Ledger> {
  mkdirSync(segmentsDir(dir), { recursive: true, mode: 0o700 });
  chmodSync(dir, 0o700);
  finishErasures(dir);
  const key = openLogKey(dir);
  const signed = openSigned(dir, key);
  const { edge, damage } = await openEdge(dir, signed);
  const recovered = await recover(dir, signed);
  const ledger = new LedgerFile(dir, options, { ...recovered, damage: [...damage, ...recovered.damage] }, { key, signed, edge });
  await ledger.start();
  return ledger;
}

interface Frame {
  readonly lines: readonly string[];
  readonly origin: Origin;
  readonly resolve: (placed: Placed) => void;
  readonly reject: (error: unknown) => void;
}

/** The log as it was signed last, and what may go on signing it. */
interface Log {
  readonly key: LogKey;
  readonly signed: Signed;
  readonly edge: TreeEdge;
}

/** What a turn has written, and the entries that it adds to the log once it is durable. */
interface Written {
  readonly placed: readonly Placed[];
  readonly leaves: readonly Uint8Array[];
}

class LedgerFile implements Ledger {
  readonly torn: readonly Torn[];
  readonly damage: readonly Damage[];
  readonly identity: LogIdentity;
  readonly #dir: string;
  readonly #strict: boolean;
  readonly #segmentBytesMax: number;
  readonly #writer: SegmentWriter;
  readonly #bodies: BodyFiles;
  readonly #batch: Batch;
  readonly #keeper: LogKeeper;
  readonly #now: () => number;
  readonly #reserve: DiskReserve;
  readonly #standing: Standing;
  readonly #self: Origin = { role: 'ledger', node: 'ledger', incarnation: Bun.randomUUIDv7() };
  readonly #listeners = new Set<() => void>();
  readonly #recovered: Recovered;
  /** What readers may see: in strict mode that is less than what has been written. */
  #durable: DurableEnd = { first: 0, bytes: 0 };
  #next: number;
  readonly #jumped: () => number;
  #queue: Frame[] = [];
  #queuedLines = 0;
  #scheduled = false;
  #turn: Promise<void> | undefined;
  #closed = false;
  #closing: Promise<void> | undefined;

  constructor(dir: string, options: LedgerOptions, recovered: Recovered, log: Log) {
    this.torn = recovered.torn;
    this.damage = recovered.damage;
    this.#dir = dir;
    this.#strict = options.strict;
    this.#segmentBytesMax = options.segmentBytesMax ?? LIMITS.segmentBytesMax;
    this.#writer = new SegmentWriter(dir, options.strict);
    this.#reserve = new DiskReserve(dir, options.reserveBytes ?? LIMITS.diskReserveBytes);
    this.#standing = recovered.standing;
    this.#recovered = recovered;
    this.#next = recovered.next;
    this.identity = log.key;
    this.#now = options.now ?? Date.now;
    this.#jumped = watchClock(this.#now);
    this.#bodies = new BodyFiles(dir, options.strict);
    this.#batch = new Batch(this.#standing, this.#bodies, options.isHeld);
    this.#keeper = new LogKeeper({
      dir, strict: options.strict, unsignedMax: options.unsignedRecordsMax ?? LIMITS.unsignedRecordsMax, ...log,
      settle: () => this.#settle(),
      onFailed: (error) => void this.#note({ event: 'checkpoint.failed', category: 'error', code: 'ERR_JOURNAL_UNAVAILABLE', reason: String(error) }),
    });
  }

  get next(): number {
    return this.#next;
  }

  /** Nothing is repaired silently: what was cut and what is damaged becomes a record. */
  async start(): Promise<void> {
    const { segment, leaves, latestAt } = this.#recovered;
    // Before anything is answered: whoever saw these records acknowledged is to see them signed.
    this.#keeper.append(leaves);
    if (segment === undefined) this.#rotate();
    else this.#writer.resume(segment.first, segment.bytes);
    await this.#keeper.publish().catch(() => undefined);
    this.#durable = { first: this.#writer.first, bytes: this.#writer.bytes };
    this.#standing.enter(this.#self);
    const now = this.#now();
    await this.append([
      ...this.torn.map((torn) => ownRecord({ event: 'record.torn', category: 'error', code: 'ERR_JOURNAL_CORRUPT', detail: { ...torn } }, now)),
      ...this.damage.map((damage) => ownRecord({ event: 'record.corrupt', category: 'error', code: 'ERR_JOURNAL_CORRUPT', detail: { ...damage } }, now)),
    ]);
    if (latestAt - now >= LIMITS.clockJumpMs) await this.#note({ event: 'clock.jumped', category: 'error', detail: { byMs: now - latestAt, latestAt } });
  }

  async hello(origin: Origin, abandoned: ReadonlySet<string>): Promise<number> {
    if (this.#standing.isRetired(origin)) throw superseded(origin);
    if (!this.#standing.enter(origin)) throw new SallyportError('ERR_JOURNAL_BACKLOG', 'the ledger knows too many nodes');
    const dangling = this.#standing.dangling(origin, abandoned);
    await this.append(dangling.map((call) => unknownRecord(call, this.#now())));
    return dangling.length;
  }

  appendLines(lines: readonly string[], origin: Origin): Promise<Placed> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new SallyportError('ERR_JOURNAL_UNAVAILABLE', 'the ledger is stopping');
      if (this.#keeper.isBehind) throw new SallyportError('ERR_JOURNAL_UNAVAILABLE', 'too many records wait for a checkpoint', { remedy: DISK });
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
    return this.#standing.receiptOf(exchange, this.#now());
  }

  verify(): Promise<Verified> {
    return verifyLedger(this.#dir, { key: this.identity.noteKey });
  }

  async checkpoint(from: number, covering = -1): Promise<Extension> {
    const signed = covering < this.#next ? await this.#keeper.covers(covering) : this.#keeper.signed;
    return orRestored(this.#dir, signed, this.#tell, () => extensionFrom(this.#dir, signed, this.identity.vkey, from));
  }

  async prove(position: number): Promise<Proof> {
    for (const proof of await this.proveAll([position])) return proof;
    throw new SallyportError('ERR_NOT_FOUND', `there is no record ${position}`);
  }

  async proveAll(positions: readonly number[]): Promise<readonly Proof[]> {
    const last = Math.max(...positions);
    if (last >= this.#next) throw new SallyportError('ERR_NOT_FOUND', `there is no record ${last}`);
    const signed = await this.#keeper.covers(last);
    return orRestored(this.#dir, signed, this.#tell, () => proveEntries(this.#dir, signed, positions));
  }

  durableEnd(): DurableEnd {
    return this.#durable;
  }

  onGrown(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tail(from: number, signal: AbortSignal): AsyncIterable<Entry> {
    return tailEntries(this.#dir, from, signal, this);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#closed = true;
    while (this.#turn !== undefined || this.#queue.length > 0) await (this.#turn ?? Bun.sleep(0));
    await this.#keeper.close();
    await this.#settle();
    this.#writer.close();
    this.#bodies.close();
  }

  async #settle(): Promise<void> {
    // In strict mode that was done before the records were acknowledged.
    if (this.#strict) return;
    await this.#syncBodies();
    await this.#writer.sync();
  }

  async #syncBodies(): Promise<void> {
    try {
      await this.#bodies.sync();
    } catch (cause) {
      this.#writer.fail(cause);
      throw unavailable('payloads cannot be made durable', cause);
    }
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
      // Under way before anything is placed: placing may add a record of the ledger's own, and turns must never overlap.
      this.#turn = Promise.resolve(frames).then((due) => this.#commitSynced(due)).finally(() => {
        this.#turn = undefined;
        if (this.#queue.length > 0) this.#schedule();
      });
    });
  }

  async #commitSynced(frames: readonly Frame[]): Promise<void> {
    const written = this.#place(frames);
    try {
      if (written !== undefined) await Promise.all([this.#syncBodies(), this.#writer.sync()]);
      this.#commit(frames, written);
    } catch (error) {
      for (const frame of frames) frame.reject(error);
    }
  }

  #commit(frames: readonly Frame[], written: Written | undefined): void {
    if (written === undefined) return;
    this.#durable = { first: this.#writer.first, bytes: this.#writer.bytes };
    if (written.leaves.length > 0) this.#keeper.append(written.leaves);
    for (const [index, frame] of frames.entries()) frame.resolve(written.placed[index] ?? []);
    for (const listener of this.#listeners) listener();
  }

  /** Writes what the frames hold; undefined when it could not be written and the frames have been told so. */
  #place(frames: readonly Frame[]): Written | undefined {
    try {
      const byMs = this.#jumped();
      if (byMs !== 0) void this.#note({ event: 'clock.jumped', category: 'error', detail: { byMs } });
      this.#reserve.restore();
      if (this.#writer.bytes >= this.#segmentBytesMax && this.#next > this.#writer.first) this.#rotate();
      const batch = this.#batch;
      batch.begin(this.#next, this.#reserve.isHeld, this.#now());
      const placed = frames.map(({ lines, origin }) => batch.admit(lines, origin));
      if (batch.isEmpty) return { placed, leaves: [] };
      this.#reserve.around(() => this.#write(batch));
      this.#next = batch.next;
      return { placed, leaves: batch.settle(this.#now()) };
    } catch (error) {
      this.#bodies.drop();
      for (const frame of frames) frame.reject(error);
      return undefined;
    }
  }

  /** Payloads and lines stay together, or neither does. */
  #write(batch: Batch): void {
    this.#bodies.write();
    this.#writer.write(batch.bytes);
    this.#bodies.keep();
  }

  /** Nothing is repaired silently. */
  readonly #tell = async (damage: readonly Damage[]): Promise<void> => {
    for (const each of damage) await this.#note({ event: 'record.corrupt', category: 'error', code: 'ERR_LOG_INCONSISTENT', detail: { ...each } });
  };

  /** A record of its own that nobody waits for. */
  async #note(of: Omit<Happening, 'space'>): Promise<void> {
    await this.append([ownRecord(of, this.#now())]).catch(() => undefined);
  }

  #rotate(): void {
    const root = Buffer.from(this.#keeper.root()).toString('base64url');
    const head = sealHead({ first: this.#next, createdAt: this.#now(), root, standing: this.#standing.toJson() });
    this.#reserve.around(() => this.#writer.begin(this.#next, head));
  }
}

function superseded(origin: Origin): SallyportError {
  return new SallyportError('ERR_CONFLICT', `a later start of node ${origin.node} has taken its place`, { remedy: 'Stop the older process.' });
}
