import { SallyportError } from '../../domain/errors.ts';
import type { SinkNews, SinkStatus, SinkTest } from '../../domain/sink.ts';
import type { LogSource } from '../ocsf/to-ocsf.ts';
import { Lag } from './lag.ts';
import type { FromThread, Growth, Reports, SinksPart, ToThread } from './messages.ts';

/** Records come by the thousand a second; the thread hears of them so often. */
const GROWN_MS = 100;
/** How old an answer to "is one too far behind" may be: it is asked for each permit. */
const BEHIND_MS = 250;
const RESTART_MS = 1_000;
const CLOSE_MS = 5_000;

/** A thread, as the host needs it. */
export interface SinkThread {
  post(message: ToThread): void;
  onMessage(listener: (message: FromThread) => void): void;
  onEnd(listener: () => void): void;
  terminate(): void;
}

export interface HostParts {
  readonly home: string;
  readonly dir: string;
  readonly source: LogSource;
  readonly spawn: () => SinkThread;
  readonly growth: () => Growth;
  readonly onGrown: (listener: () => void) => () => void;
  /** Puts what happened to a sink into the log. */
  readonly news: (news: SinkNews) => void;
}

interface Known {
  readonly lag: Lag;
  readonly type: string;
  readonly behindMaxMs: number | undefined;
  report?: Reports[number];
}

/**
 * The ledger's side of its sinks: tells their thread what there is to read, knows how far each has come, and starts the thread
 * again when it ends. No thread runs while there is no sink.
 */
export class SinkHost {
  readonly #parts: HostParts;
  readonly #known = new Map<string, Known>();
  readonly #asked = new Map<number, { readonly resolve: (test: SinkTest | undefined) => void; readonly reject: (error: SallyportError) => void }>();
  #thread: SinkThread | undefined;
  #configuration: SinksPart | undefined;
  #restart: Timer | undefined;
  #grown: Timer | undefined;
  #stopGrown: (() => void) | undefined;
  #ask = 0;
  #behind: { readonly at: number; readonly names: readonly string[] } | undefined;
  #closed: PromiseWithResolvers<void> | undefined;

  constructor(parts: HostParts) {
    this.#parts = parts;
  }

  /** Replaces what was configured. */
  configure(configuration: SinksPart): void {
    const { sinks, failClosed } = configuration;
    this.#configuration = configuration;
    this.#behind = undefined;
    for (const name of this.#known.keys()) if (!Object.hasOwn(sinks, name)) this.#known.delete(name);
    for (const [name, { type, behindMaxMs }] of Object.entries(sinks)) {
      const lag = this.#known.get(name)?.lag ?? new Lag(this.#parts.growth().next, Date.now());
      const max = failClosed.includes(name) ? behindMaxMs : undefined;
      this.#known.set(name, { ...this.#known.get(name), lag, type, behindMaxMs: max });
    }
    if (this.#known.size > 0 && this.#thread === undefined) this.#start();
    else this.#thread?.post({ kind: 'configure', configuration });
  }

  /** Before anything is configured: sinks that were in `failClosed` at last, with how far behind each may be. Counted as silent from now on. */
  remember(held: ReadonlyMap<string, number>): void {
    const { next } = this.#parts.growth();
    for (const [name, behindMaxMs] of held) this.#known.set(name, { lag: new Lag(next, Date.now()), type: 'unknown', behindMaxMs });
  }

  status(): readonly SinkStatus[] {
    const { next } = this.#parts.growth();
    const now = Date.now();
    return [...this.#known].map(([name, { lag, type, behindMaxMs, report }]) => {
      const { records, ms } = lag.measure(next, now);
      const isGone = this.#thread === undefined;
      return {
        name, type, state: isGone ? 'retrying' : (report?.state ?? 'ok'), position: report?.position ?? -1, lagRecords: records, lagMs: ms,
        sent: report?.sent ?? 0, parked: report?.parked ?? 0, failClosed: behindMaxMs !== undefined,
        ...(isGone ? { error: 'ERR_SINKS_ENDED' } : report?.error === undefined ? {} : { error: report.error, errorAt: report.errorAt ?? 0 }),
      };
    });
  }

  /** Which sinks without which nothing may pass are further behind than they may be. Cheap: asked for every permit. */
  behind(): readonly string[] {
    const now = Date.now();
    if (this.#behind !== undefined && now - this.#behind.at < BEHIND_MS) return this.#behind.names;
    const { next } = this.#parts.growth();
    const late = [...this.#known].filter(([, { lag, behindMaxMs }]) => behindMaxMs !== undefined && lag.measure(next, now).ms > behindMaxMs);
    const names = late.map(([name]) => name);
    this.#behind = { at: now, names };
    return names;
  }

  /** Throws `ERR_NOT_FOUND`, `ERR_REQUEST_INVALID`, `ERR_NOT_RUNNING`. */
  async replay(name: string, from: number): Promise<void> {
    this.#need(name);
    if (from < 0 || from > this.#parts.growth().next) throw new SallyportError('ERR_REQUEST_INVALID', `the log has no position ${from}`);
    await this.#question((ask) => ({ kind: 'replay', ask, name, from }));
  }

  /** Throws `ERR_NOT_FOUND`, `ERR_NOT_RUNNING`. */
  async test(name: string): Promise<SinkTest> {
    this.#need(name);
    return (await this.#question((ask) => ({ kind: 'test', ask, name }))) ?? { ok: false, latencyMs: 0, error: 'ERR_SINKS_ENDED' };
  }

  /** Cursors are on the disk when this resolves; a thread that hangs is given up. */
  async close(): Promise<void> {
    clearTimeout(this.#restart);
    clearTimeout(this.#grown);
    this.#stopGrown?.();
    this.#closed = Promise.withResolvers<void>();
    const thread = this.#thread;
    if (thread === undefined) return;
    thread.post({ kind: 'close' });
    await Promise.race([this.#closed.promise, Bun.sleep(CLOSE_MS)]);
    this.#thread = undefined;
    thread.terminate();
    this.#rejectAsked();
  }

  #start(): void {
    const { home, dir, source, growth, onGrown, spawn } = this.#parts;
    const thread = spawn();
    this.#thread = thread;
    thread.onMessage((message) => this.#hear(message));
    thread.onEnd(() => this.#ended(thread));
    thread.post({ kind: 'start', home, dir, source, growth: growth() });
    if (this.#configuration !== undefined) thread.post({ kind: 'configure', configuration: this.#configuration });
    this.#stopGrown ??= onGrown(() => {
      this.#grown ??= setTimeout(() => {
        this.#grown = undefined;
        this.#thread?.post({ kind: 'grown', growth: growth() });
      }, GROWN_MS);
    });
  }

  #ended(thread: SinkThread): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    this.#closed?.resolve();
    this.#rejectAsked();
    if (this.#closed === undefined) this.#restart = setTimeout(() => this.#start(), RESTART_MS);
  }

  #hear(message: FromThread): void {
    switch (message.kind) {
      case 'status': return this.#take(message.reports);
      case 'news': return this.#parts.news(message.news);
      case 'closed': return this.#closed?.resolve();
      case 'answer': {
        const { ask, test, error } = message;
        const asked = this.#asked.get(ask);
        this.#asked.delete(ask);
        if (error === undefined) asked?.resolve(test);
        else asked?.reject(new SallyportError('ERR_CONFLICT', error));
      }
    }
  }

  #take(reports: Reports): void {
    const { next } = this.#parts.growth();
    const seenAt = Date.now();
    for (const report of reports) {
      const known = this.#known.get(report.name);
      if (known === undefined) continue;
      known.report = report;
      const { position, oldestAt } = report;
      known.lag.see({ position, seenAt, ...(oldestAt === undefined ? {} : { oldestAt }) }, next);
    }
  }

  #need(name: string): void {
    if (this.#known.has(name)) return;
    throw new SallyportError('ERR_NOT_FOUND', `there is no sink ${JSON.stringify(name)}`, { remedy: 'Declare it under audit.sinks of sallyport.yaml.' });
  }

  #question(make: (ask: number) => ToThread): Promise<SinkTest | undefined> {
    const thread = this.#thread;
    if (thread === undefined) throw notRunning();
    this.#ask += 1;
    const { promise, resolve, reject } = Promise.withResolvers<SinkTest | undefined>();
    this.#asked.set(this.#ask, { resolve, reject });
    thread.post(make(this.#ask));
    return promise;
  }

  #rejectAsked(): void {
    for (const { reject } of this.#asked.values()) reject(notRunning());
    this.#asked.clear();
  }
}

function notRunning(): SallyportError {
  return new SallyportError('ERR_NOT_RUNNING', 'the sinks are being started again', { remedy: 'Try again in a moment.' });
}
