import type { Severity } from './finding.ts';
import type { Json } from './json.ts';
import type { RecordCategory } from './record.ts';

export const SINK_FORMATS = ['json', 'ocsf', 'cef'] as const;
export type SinkFormat = (typeof SINK_FORMATS)[number];

/** Which records a sink is for; what is absent is no condition. */
export interface SinkFilter {
  readonly categories?: readonly RecordCategory[];
  readonly events?: readonly string[];
  /** At least this: of the gravest finding on the record, `info` where there is none. */
  readonly severity?: Severity;
  readonly spaces?: readonly string[];
}

/** What every sink has, whatever it speaks. */
export interface SinkBasics {
  readonly format: SinkFormat;
  /** Where a sink that is new begins: with what is written from then on, or with the first record. */
  readonly from: 'now' | 'start';
  readonly filter: SinkFilter;
  /** Fields by name, or by path (`detail.id`): left out, or replaced by a keyed hash. */
  readonly fields: { readonly drop: readonly string[]; readonly hash: readonly string[] };
  /** People under their own names, not under pseudonyms. */
  readonly reveal: boolean;
  readonly batch: { readonly records: number; readonly bytes: number; readonly waitMs: number };
  readonly timeoutMs: number;
  /** Where nothing passes without it (`audit.failClosed`): how far behind it may be until that holds. */
  readonly behindMaxMs: number;
  /** Until when records may cross a network unencrypted, epoch ms. */
  readonly cleartextUntil?: number;
  /** PEM: roots besides the runtime's own. */
  readonly roots?: string;
  /** PEM of a certificate, its chain and its key. */
  readonly clientCertificate?: string;
}

/** How a sink that speaks HTTP is reached. */
export interface HttpSink extends SinkBasics {
  readonly url: string;
  readonly proxy?: string;
}

export interface FileSink extends SinkBasics {
  readonly type: 'file';
  readonly directory: string;
  readonly rotate: { readonly bytes: number; readonly everyMs: number };
  readonly compress: 'none' | 'gzip' | 'zstd';
}

export interface SyslogSink extends SinkBasics {
  readonly type: 'syslog';
  readonly host: string;
  readonly port: number;
  /** RFC 5424, table 1. */
  readonly facility: number;
  readonly appName: string;
  /** False: plain TCP, as far as cleartext is allowed there. */
  readonly tls: boolean;
}

export interface SplunkSink extends HttpSink {
  readonly type: 'splunk';
  readonly token: string;
  readonly acknowledge: boolean;
  readonly index?: string;
  readonly source?: string;
  readonly sourcetype?: string;
}

export interface ElasticSink extends HttpSink {
  readonly type: 'elastic';
  readonly dataStream: string;
  readonly apiKey?: string;
  readonly username?: string;
  readonly password?: string;
}

export interface OtlpSink extends HttpSink {
  readonly type: 'otlp';
  readonly headers: Readonly<Record<string, string>>;
}

export interface WebhookSink extends HttpSink {
  readonly type: 'webhook';
  readonly secret: string;
}

export interface KafkaSink extends SinkBasics {
  readonly type: 'kafka';
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly tls: boolean;
  readonly sasl?: { readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'; readonly username: string; readonly password: string };
  /** `log`: all records in the order of the log, in one partition. `context`: ordered for each flow context. */
  readonly key: 'log' | 'context';
  readonly compression: 'none' | 'gzip' | 'zstd';
}

/** One that can't run as it is: it delivers nothing and forgets nothing, and where nothing passes without it, nothing does. */
export interface BrokenSink extends SinkBasics {
  readonly type: 'broken';
  readonly error: string;
}

/**
 * What control sends of all sinks: each in the manifest's form with its secrets in clear, or, where one can't be read, with its
 * references as they are and the code of why. `roots`: PEM.
 */
export interface SinksSent {
  readonly roots?: string;
  readonly sinks: Readonly<Record<string, { readonly spec: Json; readonly error?: string }>>;
}

/** A sink as the ledger runs it: every default written out, its secrets in clear. Never written down. */
export type SinkSpec = BrokenSink | FileSink | SyslogSink | SplunkSink | ElasticSink | OtlpSink | WebhookSink | KafkaSink;

/** `dead`: it has failed for long, and is tried seldom; or something must be decided by a person first. */
export type SinkState = 'ok' | 'retrying' | 'dead';

export interface SinkStatus {
  readonly name: string;
  readonly type: string;
  readonly state: SinkState;
  /** The last record that it is certain to have; −1: none. What comes next is one more. */
  readonly position: number;
  readonly lagRecords: number;
  readonly lagMs: number;
  /** Records handed over since the start, and records that the destination refuses for good. */
  readonly sent: number;
  readonly parked: number;
  /** A code and where it came from; never what a peer wrote. */
  readonly error?: string;
  readonly errorAt?: number;
  readonly failClosed: boolean;
}

/** How one record of a trial fared. */
export interface SinkTest {
  readonly ok: boolean;
  readonly latencyMs: number;
  readonly error?: string;
}

/** What happened to a sink and belongs into the log. */
export interface SinkNews {
  readonly event: 'sink.failed' | 'sink.recovered' | 'sink.parked';
  readonly sink: string;
  readonly detail: Readonly<Record<string, Json>>;
}
