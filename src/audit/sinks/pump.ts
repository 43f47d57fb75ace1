import type { SinkBasics, SinkNews, SinkState } from '../../domain/sink.ts';
import type { Entry } from '../entry.ts';
import { backoffMs } from './backoff.ts';
import { parkedFile, readCursor, writeCursor, writeParked } from './cursor.ts';
import type { Cursor } from './cursor.ts';
import { deliver } from './deliver.ts';
import { Feed } from './feed.ts';
import type { Batch } from './feed.ts';
import { Health } from './health.ts';
import { SinkFault, countOf, toSinkFault } from './sink.ts';
import type { Item, Parked, Sink } from './sink.ts';

/** How often the cursor is written while records flow: what a kill makes double, and no more. */
const CURSOR_MS = 250;

export interface PumpParts {
  readonly name: string;
  /** The cursor's file. */
  readonly file: string;
  readonly spec: Pick<SinkBasics, 'batch' | 'from'>;
  readonly prepare: (entry: Entry) => Item | undefined;
  readonly open: () => Promise<Sink>;
  readonly tail: (from: number, signal: AbortSignal) => AsyncIterable<Entry>;
  /** The position that the next record will have. */
  readonly next: () => number;
  readonly news: (news: SinkNews) => void;
  readonly now: () => number;
}

export interface PumpStatus {
  readonly state: SinkState;
  readonly position: number;
  readonly parked: number;
  readonly sent: number;
  /** When the oldest record that it has not acknowledged was written, as far as it was read. Epoch ms. */
  readonly oldestAt?: number;
  readonly error?: string;
  readonly errorAt?: number;
}

/** Sent, and not yet certain. */
interface Unsettled {
  readonly through: number;
  readonly parked: readonly Parked[];
  readonly oldestAt: number | undefined;
  readonly until: number;
}

/**
 * Moves records from the log to one destination: at least once, in order, from where the cursor says, at the destination's own
 * pace. A failure loses nothing: what was not acknowledged is read from the log and sent again, after a pause. Never throws.
 */
export class Pump {
  readonly #parts: PumpParts;
  readonly #health: Health;
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #cursor: Cursor | undefined;
  #written: Cursor | undefined;
  #writing: Timer | undefined;
  #feed: Feed | undefined;
  #inHand: Batch | undefined;
  #unsettled: Unsettled[] = [];
  #failedOldestAt: number | undefined;
  #sent = 0;

  constructor(parts: PumpParts) {
    this.#parts = parts;
    this.#health = new Health(parts.name, parts.news, parts.now);
    this.#start();
  }

  get status(): PumpStatus {
    const oldestAt = this.#oldestAt ?? this.#failedOldestAt;
    return {
      state: this.#health.state, position: this.#cursor?.position ?? -1, parked: this.#cursor?.parked ?? 0, sent: this.#sent, ...this.#health.lastError,
      ...(oldestAt === undefined ? {} : { oldestAt }),
    };
  }

  /** Delivers everything from `from` on, again. */
  async replay(from: number): Promise<void> {
    await this.#end();
    this.#cursor = { position: from - 1, parked: this.#cursor?.parked ?? 0 };
    this.#write();
    this.#start();
  }

  /** What is under way is given up; the cursor is on the disk when this resolves. */
  async close(): Promise<void> {
    await this.#end();
    clearTimeout(this.#writing);
    this.#write();
  }

  #start(): void {
    this.#stop = new AbortController();
    this.#running = this.#run(this.#stop.signal);
  }

  async #end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let fault: SinkFault | undefined;
      try {
        await this.#session(signal);
      } catch (error) {
        fault = toSinkFault(error);
      }
      this.#failedOldestAt = this.#oldestAt ?? this.#failedOldestAt;
      this.#feed = undefined;
      this.#inHand = undefined;
      this.#unsettled = [];
      if (signal.aborted || fault === undefined) continue;
      this.#health.failed(fault, this.#cursor?.position ?? -1);
      await pause(backoffMs(this.#health.failures, fault.retryAfterMs, this.#health.state === 'dead'), signal);
    }
  }

  /** One stretch of deliveries, from the cursor on, until it fails or is stopped. */
  async #session(signal: AbortSignal): Promise<void> {
    const { open, spec, tail } = this.#parts;
    const from = this.#begin();
    const ended = new AbortController();
    const both = AbortSignal.any([signal, ended.signal]);
    const feed = new Feed(spec.batch);
    this.#feed = feed;
    const giveUp = (): void => feed.end();
    signal.addEventListener('abort', giveUp, { once: true });
    let sink: Sink | undefined;
    try {
      const read = (): Promise<void> => this.#read(tail(from, both), feed);
      // How far behind it is must be known even where nothing can be opened; once it is, reading waits for somebody to send to.
      let reading = this.#failedOldestAt === undefined ? read() : undefined;
      sink = await open();
      reading ??= read();
      await this.#deliverAll(sink, feed, both);
      ended.abort();
      await reading;
    } finally {
      signal.removeEventListener('abort', giveUp);
      ended.abort();
      feed.end();
      await sink?.close().catch(() => undefined);
    }
  }

  /** Where to go on. Throws `SinkFault` (`gone`) where the cursor and the log don't fit together. */
  #begin(): number {
    const { file, spec, next } = this.#parts;
    this.#cursor ??= readCursor(file) ?? { position: spec.from === 'start' ? -1 : next() - 1, parked: 0 };
    if (this.#cursor.position >= next()) {
      throw new SinkFault('ERR_CURSOR_BEYOND_LOG: the log is shorter than what was delivered of it', { kind: 'gone' });
    }
    this.#write();
    return this.#cursor.position + 1;
  }

  async #read(entries: AsyncIterable<Entry>, feed: Feed): Promise<void> {
    try {
      for await (const entry of entries) {
        const room = feed.push(entry.position, this.#parts.prepare(entry));
        if (room !== undefined) await room;
      }
      feed.end();
    } catch (error) {
      feed.end(toSinkFault(error));
    }
  }

  async #deliverAll(sink: Sink, feed: Feed, signal: AbortSignal): Promise<void> {
    let settling: Timer | undefined;
    try {
      for (let batch = await feed.take(); batch !== undefined; batch = await feed.take()) {
        this.#inHand = batch;
        const parked = batch.items.length === 0 ? [] : await deliver(sink, batch.items, signal);
        if (signal.aborted) return;
        this.#sent += batch.items.length - countOf(parked);
        this.#unsettled.push({ through: batch.through, parked, oldestAt: batch.items[0]?.at, until: performance.now() + (sink.settleMs ?? 0) });
        this.#inHand = undefined;
        if (sink.settleMs === undefined) this.#settle(sink);
        // Half as long again at most, and one timer whatever the rate.
        else settling ??= setInterval(() => this.#settle(sink, feed), sink.settleMs / 2);
      }
    } finally {
      clearInterval(settling);
    }
  }

  /** What was sent long enough ago, on a connection that still lives, is delivered. */
  #settle(sink: Sink, feed?: Feed): void {
    const fault = sink.failed?.();
    if (fault !== undefined) {
      feed?.end(fault);
      return;
    }
    const now = performance.now();
    const left = this.#unsettled.findIndex(({ until }) => until > now);
    for (const one of this.#unsettled.splice(0, left === -1 ? this.#unsettled.length : left)) this.#acknowledge(one);
  }

  #acknowledge({ through, parked, oldestAt }: Unsettled): void {
    if (parked.length > 0) {
      writeParked(parkedFile(this.#parts.file), parked, this.#parts.now());
      this.#health.parked(parked);
    }
    this.#cursor = { position: through, parked: (this.#cursor?.parked ?? 0) + countOf(parked) };
    this.#failedOldestAt = undefined;
    if (oldestAt !== undefined) this.#health.delivered(through);
    this.#writing ??= setTimeout(() => this.#write(), CURSOR_MS);
  }

  #write(): void {
    clearTimeout(this.#writing);
    this.#writing = undefined;
    if (this.#cursor === undefined || this.#cursor === this.#written) return;
    try {
      writeCursor(this.#parts.file, this.#cursor);
      this.#written = this.#cursor;
    } catch {
      // A full disk: what is delivered stays delivered, and after a restart is delivered twice. The next write tries again.
    }
  }

  get #oldestAt(): number | undefined {
    return this.#unsettled.find((one) => one.oldestAt !== undefined)?.oldestAt ?? this.#inHand?.items[0]?.at ?? this.#feed?.oldestAt;
  }
}

function pause(forMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, forMs);
  const stop = (): void => resolve();
  signal.addEventListener('abort', stop, { once: true });
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  });
}
