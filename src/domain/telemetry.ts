import type { JournalRecord } from './record.ts';

/** The trace that one exchange belongs to (W3C Trace Context), and our own span in it. */
export interface TraceContext {
  /** As records, logs and spans have them: lower-case hex. */
  readonly ids: NonNullable<JournalRecord['trace']>;
  /** Whether our spans of it are exported. */
  readonly sampled: boolean;
  /** `tracestate` as it came, checked; it goes on with the trace and is not looked into. */
  readonly state?: string;
  /** The caller's own span, where its message says so: it goes on to the server where none of ours is exported. What only its HTTP headers say does not. */
  readonly caller?: { readonly spanId: string; readonly sampled: boolean };
}

/** What is told about traffic while it passes, and to whom. Not evidence: what can't be told is counted and dropped. */
export interface TelemetrySettings {
  /** Where spans go (OTLP/HTTP); without it none are made. */
  readonly traces?: {
    /** The whole URL, usually ending in `/v1/traces`. */
    readonly endpoint: string;
    /** Which share of the traces that begin here is exported: 0 to 1. */
    readonly ratio: number;
    /** Whether a known caller's own sampled flag decides for traces that it began. */
    readonly parentBased: boolean;
  };
  /** Whether trace context goes on to servers. */
  readonly propagate: boolean;
  /** Keys of W3C baggage that may go on to servers; all else is taken out: baggage can carry data. */
  readonly baggage: readonly string[];
  /** Whether spans name resources by their URI, without query, fragment and user. */
  readonly resourceUris: boolean;
  /** Where Prometheus finds the gateway; the other roles have the ports after it. */
  readonly metrics?: {
    readonly hostname: string;
    readonly port: number;
    /** Hex SHA-256 of the tokens of those who may read; beyond loopback one of them is needed. */
    readonly scrapers: readonly string[];
  };
}

/** Nothing is told to anybody; the ids of a trace are passed on, so that what others keep of it can be joined. */
export const NO_TELEMETRY: TelemetrySettings = { propagate: true, baggage: [], resourceUris: false };
