/** One record as a sink is handed it. */
export interface Item {
  readonly position: number;
  /** Epoch ms. */
  readonly at: number;
  /** The record's own id: what lets a destination know it again. */
  readonly id: string;
  readonly event: string;
  /** Index in `SEVERITIES`. */
  readonly severity: number;
  readonly context: string;
  readonly trace?: { readonly traceId: string; readonly spanId: string };
  /** In the sink's format, people and fields as the sink may have them; one line. */
  readonly text: string;
}

/** A record that the destination refuses for good. Its text stays in the ledger alone. */
export interface Parked {
  readonly item: Item;
  /** A code of the destination's, never what it wrote. */
  readonly reason: string;
  /** Where it said how many and not which: that many, from this one on. Default: 1. */
  readonly count?: number;
}

/** A way to one destination. Opened for each stretch of deliveries; nothing is sent on it after it failed once. */
export interface Sink {
  /** Resolves when the destination has them, with those that it refuses for good. Throws `SinkFault`; then none counts as delivered. */
  send(items: readonly Item[], signal: AbortSignal): Promise<readonly Parked[]>;
  close(): Promise<void>;
  /**
   * Where the protocol acknowledges nothing: how long what was sent may still be lost unnoticed. It counts as delivered when
   * the connection has lived that long after it.
   */
  readonly settleMs?: number;
  /** Whether the connection has failed since; asked before anything counts as settled. */
  readonly failed?: () => SinkFault | undefined;
}

export interface FaultDetail {
  /** What the destination asks for. */
  readonly retryAfterMs?: number | undefined;
  /** `too-large`: fewer might pass. `refused`: one of them can't be taken, whichever. `gone`: only a person can mend it. */
  readonly kind?: 'retry' | 'too-large' | 'refused' | 'gone';
}

/** A delivery failed. `message` is a code and where it came from: it is shown, recorded and kept, so a peer's words have no place in it. */
export class SinkFault extends Error {
  readonly kind: NonNullable<FaultDetail['kind']>;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, { kind = 'retry', retryAfterMs }: FaultDetail = {}) {
    super(message);
    this.name = 'SinkFault';
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}

export function countOf(parked: readonly Parked[]): number {
  return parked.reduce((sum, { count = 1 }) => sum + count, 0);
}

/** What an error is called; the runtime's own words may quote what a peer sent, so only codes are taken. */
export function toSinkFault(error: unknown): SinkFault {
  if (error instanceof SinkFault) return error;
  if (error instanceof Error) {
    const code = 'code' in error && typeof error.code === 'string' && /^[A-Z][A-Z0-9_]{1,80}$/.test(error.code) ? error.code : undefined;
    if (error.name === 'TimeoutError') return new SinkFault('timeout');
    return new SinkFault(code ?? (/^[A-Za-z]{1,40}$/.test(error.name) ? error.name : 'fault'));
  }
  return new SinkFault('fault');
}
