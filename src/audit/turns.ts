import { SallyportError } from '../domain/errors.ts';
import type { ErrorCode } from '../domain/errors.ts';
import type { Happening } from '../domain/happening.ts';
import { LIMITS } from '../domain/limits.ts';
import { Batch } from './batch.ts';
import { BodyFiles } from './bodies.ts';
import { sealHead } from './entry.ts';
import type { Origin } from './entry.ts';
import type { LogKey } from './log/key.ts';
import { LogKeeper } from './log/keeper.ts';
import type { Signed } from './log/keeper.ts';
import type { TreeEdge } from './log/tree.ts';
import { watchClock } from './own-record.ts';
import type { DurableEnd } from './query.ts';
import type { Recovered } from './recover.ts';
import { DiskReserve } from './reserve.ts';
import type { Standing } from './standing.ts';
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

interface TurnsOptions extends LedgerOptions {
  readonly now: () => number;
  /** Makes a record of the ledger's own that nobody waits for. */
  readonly note: (of: Omit<Happening, 'space'>) => void;
}

/** For each line of a frame its position, or why it was not taken. */
export type Placed = readonly (number | ErrorCode)[];

const DISK = 'Free disk space or repair the disk; nothing passes the gate until checkpoints can be kept.';

interface Frame {
  readonly lines: readonly string[];
  readonly origin: Origin;
  readonly resolve: (placed: Placed) => void;
  readonly reject: (error: unknown) => void;
}

/** The log as it was signed last, and what may go on signing it. */
export interface Log {
  readonly key: LogKey;
  readonly signed: Signed;
  readonly edge: TreeEdge;
}

/** What a turn has written, and the entries that it adds to the log once it is durable. */
interface Written {
  readonly placed: readonly Placed[];
  readonly leaves: readonly Uint8Array[];
}

/**
 * The writing side of a ledger: what comes in one turn of the event loop, on whatever connection, is one write, one sync, and one
 * step of the log. Turns never overlap.
 */
export class Turns {
  readonly keeper: LogKeeper;
  readonly #options: TurnsOptions;
  readonly #writer: SegmentWriter;
  readonly #bodies: BodyFiles;
  readonly #batch: Batch;
  readonly #reserve: DiskReserve;
  readonly #standing: Standing;
  readonly #jumped: () => number;
  readonly #listeners = new Set<() => void>();
  #durable: DurableEnd = { first: 0, bytes: 0 };
  #next: number;
  #queue: Frame[] = [];
  #queuedLines = 0;
  #scheduled = false;
  #turn: Promise<void> | undefined;
  #closed = false;

  constructor(dir: string, options: TurnsOptions, { standing, next }: Pick<Recovered, 'standing' | 'next'>, log: Log) {
    const { strict, now, note } = options;
    this.#options = options;
    this.#writer = new SegmentWriter(dir, strict);
    this.#reserve = new DiskReserve(dir, options.reserveBytes ?? LIMITS.diskReserveBytes);
    this.#standing = standing;
    this.#next = next;
    this.#jumped = watchClock(now);
    this.#bodies = new BodyFiles(dir, strict);
    this.#batch = new Batch(standing, this.#bodies, options.isHeld);
    this.keeper = new LogKeeper({
      dir, strict, unsignedMax: options.unsignedRecordsMax ?? LIMITS.unsignedRecordsMax, ...log,
      settle: () => this.#settle(),
      onFailed: (error) => note({ event: 'checkpoint.failed', category: 'error', code: 'ERR_JOURNAL_UNAVAILABLE', reason: String(error) }),
    });
  }

  /** The position that the next record will have. */
  get next(): number {
    return this.#next;
  }

  /** What readers may see: in strict mode that is less than what has been written. */
  get durable(): DurableEnd {
    return this.#durable;
  }

  /** Goes on where the last process ended, whose records are signed before anything is answered: whoever saw them acknowledged is to see that. */
  async start(segment: Recovered['segment'], leaves: Recovered['leaves']): Promise<void> {
    this.keeper.append(leaves);
    if (segment === undefined) this.#rotate();
    else this.#writer.resume(segment.first, segment.bytes);
    await this.keeper.publish().catch(() => undefined);
    this.#durable = { first: this.#writer.first, bytes: this.#writer.bytes };
  }

  /** Resolves when the lines are durable; see `Ledger.appendLines`. */
  add(lines: readonly string[], origin: Origin): Promise<Placed> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new SallyportError('ERR_JOURNAL_UNAVAILABLE', 'the ledger is stopping');
      if (this.keeper.isBehind) throw new SallyportError('ERR_JOURNAL_UNAVAILABLE', 'too many records wait for a checkpoint', { remedy: DISK });
      if (this.#queuedLines + lines.length > LIMITS.ledgerBacklogMax) throw new SallyportError('ERR_JOURNAL_BACKLOG', 'too many records wait to be written');
      this.#queuedLines += lines.length;
      this.#queue.push({ lines, origin, resolve, reject });
      this.#schedule();
    });
  }

  onGrown(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Finishes what is under way, refuses the rest. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#turn !== undefined || this.#queue.length > 0) await (this.#turn ?? Bun.sleep(0));
    await this.keeper.close();
    await this.#settle();
    this.#writer.close();
    this.#bodies.close();
  }

  async #settle(): Promise<void> {
    // In strict mode that was done before the records were acknowledged.
    if (this.#options.strict) return;
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
      if (!this.#options.strict) {
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
    if (written.leaves.length > 0) this.keeper.append(written.leaves);
    for (const [index, frame] of frames.entries()) frame.resolve(written.placed[index] ?? []);
    for (const listener of this.#listeners) listener();
  }

  /** Writes what the frames hold; undefined when it could not be written and the frames have been told so. */
  #place(frames: readonly Frame[]): Written | undefined {
    try {
      const byMs = this.#jumped();
      if (byMs !== 0) this.#options.note({ event: 'clock.jumped', category: 'error', detail: { byMs } });
      this.#reserve.restore();
      if (this.#writer.bytes >= (this.#options.segmentBytesMax ?? LIMITS.segmentBytesMax) && this.#next > this.#writer.first) this.#rotate();
      const batch = this.#batch;
      batch.begin(this.#next, this.#reserve.isHeld, this.#options.now());
      const placed = frames.map(({ lines, origin }) => batch.admit(lines, origin));
      if (batch.isEmpty) return { placed, leaves: [] };
      this.#reserve.around(() => this.#write(batch));
      this.#next = batch.next;
      return { placed, leaves: batch.settle(this.#options.now()) };
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

  #rotate(): void {
    const root = Buffer.from(this.keeper.root()).toString('base64url');
    const head = sealHead({ first: this.#next, createdAt: this.#options.now(), root, standing: this.#standing.toJson() });
    this.#reserve.around(() => this.#writer.begin(this.#next, head));
  }
}
