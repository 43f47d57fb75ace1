import { LIMITS } from '../../domain/limits.ts';
import type { SinkNews, SinkState } from '../../domain/sink.ts';
import { countOf } from './sink.ts';
import type { Parked, SinkFault } from './sink.ts';

/** Failures in a row until it is worth a record: one alone is a blip. */
const FAILURES_TOLD = 2;
const POSITIONS_TOLD = 20;

/**
 * How a sink fares, and what the log hears of it. Records about a sink are rare by construction: one when an outage lasts, one
 * when it counts as dead, one when it is over, one a minute for what is parked; a sink that flaps says so once a minute. So a
 * record about a sink, which that very sink may be sent, never keeps it busy.
 */
export class Health {
  readonly #sink: string;
  readonly #tell: (news: SinkNews) => void;
  readonly #now: () => number;
  #state: SinkState = 'ok';
  #told: SinkState = 'ok';
  #toldAt = Number.NEGATIVE_INFINITY;
  #failedAt = 0;
  #failures = 0;
  #error: { readonly error: string; readonly errorAt: number } | undefined;
  #parked: Parked[] = [];
  #parkedCount = 0;
  #parkedAt = Number.NEGATIVE_INFINITY;

  constructor(sink: string, tell: (news: SinkNews) => void, now: () => number) {
    this.#sink = sink;
    this.#tell = tell;
    this.#now = now;
  }

  get state(): SinkState {
    return this.#state;
  }

  get failures(): number {
    return this.#failures;
  }

  get lastError(): { readonly error: string; readonly errorAt: number } | undefined {
    return this.#error;
  }

  failed(fault: SinkFault, position: number): void {
    const now = this.#now();
    if (this.#failures === 0) this.#failedAt = now;
    this.#failures += 1;
    this.#error = { error: fault.message, errorAt: now };
    const isDead = fault.kind === 'gone' || now - this.#failedAt >= LIMITS.sinkDeadMs;
    this.#state = isDead ? 'dead' : 'retrying';
    const isNews = this.#told !== this.#state && (this.#failures >= FAILURES_TOLD || isDead);
    if (!isNews || (this.#told === 'ok' && now - this.#toldAt < LIMITS.sinkNewsMs)) return;
    this.#told = this.#state;
    this.#toldAt = now;
    this.#tell({ event: 'sink.failed', sink: this.#sink, detail: { state: this.#state, error: fault.message, position } });
  }

  delivered(position: number): void {
    if (this.#failures === 0) return;
    this.#failures = 0;
    this.#state = 'ok';
    if (this.#told === 'ok') return;
    this.#told = 'ok';
    this.#tell({ event: 'sink.recovered', sink: this.#sink, detail: { position, afterMs: this.#now() - this.#failedAt } });
  }

  parked(parked: readonly Parked[]): void {
    // What a destination refuses of the records about sinks is counted, and no further record.
    const others = parked.filter(({ item }) => !item.event.startsWith('sink.'));
    this.#parkedCount += countOf(others);
    this.#parked.push(...others.slice(0, Math.max(0, POSITIONS_TOLD - this.#parked.length)));
    const now = this.#now();
    if (this.#parkedCount === 0 || now - this.#parkedAt < LIMITS.sinkNewsMs) return;
    this.#parkedAt = now;
    const detail = {
      count: this.#parkedCount, positions: this.#parked.map(({ item }) => item.position), reasons: [...new Set(this.#parked.map(({ reason }) => reason))],
    };
    this.#parkedCount = 0;
    this.#parked = [];
    this.#tell({ event: 'sink.parked', sink: this.#sink, detail });
  }
}
