import { rootCertificates } from 'node:tls';
import { LIMITS } from '../domain/limits.ts';
import type { Metrics } from './metrics.ts';
import { encodeSpans, type Attributes, type Span } from './span.ts';

export interface ExporterOptions {
  /** OTLP/HTTP, JSON encoding: the whole URL. https, or http on loopback. */
  readonly endpoint: string;
  /** PEM of further roots that the collector's certificate may be signed by. */
  readonly roots?: string;
  readonly resource: Attributes;
  readonly metrics: Pick<Metrics, 'count'>;
}

/** Sends spans in the background. Telemetry is no evidence: what can't be sent is counted and dropped, and nobody waits for it. */
export interface Exporter {
  /** Takes one finished span; drops it where too many wait. */
  add(span: Span): void;
  /** Sends what waits, once, and stops. */
  close(): Promise<void>;
}

/** What may be tried again (OTLP 1.x, "Failures"). */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const ATTEMPTS_MAX = 5;
const TLS_1_3 = 0x0304;
const ANSWER_CHARS_MAX = 64 * 1024;

export function createExporter(options: ExporterOptions): Exporter {
  const { metrics } = options;
  let waiting: Span[] = [];
  let again: { readonly spans: readonly Span[]; attempts: number } | undefined;
  let notBefore = 0;
  let sending: Promise<void> | undefined;

  const drop = (reason: string, count: number): void => metrics.count('sallyport_spans_dropped_total', [reason], count);
  const sendOne = async (): Promise<boolean> => {
    const batch = again ?? { spans: waiting.splice(0, LIMITS.spansPerExportMax), attempts: 0 };
    again = undefined;
    if (batch.spans.length === 0) return false;
    const sent = await post(options, encodeSpans(batch.spans, options.resource));
    if (sent.kind === 'taken') {
      metrics.count('sallyport_spans_exported_total', [], Math.max(0, batch.spans.length - sent.rejected));
      if (sent.rejected > 0) drop('rejected', sent.rejected);
      return true;
    }
    batch.attempts += 1;
    if (sent.kind === 'refused' || batch.attempts >= ATTEMPTS_MAX) drop(sent.kind, batch.spans.length);
    else again = batch;
    notBefore = Date.now() + sent.waitMs;
    return false;
  };
  const flush = async (): Promise<void> => {
    while (Date.now() >= notBefore && (await sendOne()));
  };
  const start = (): Promise<void> => {
    sending ??= flush().finally(() => (sending = undefined));
    return sending;
  };
  const timer = setInterval(() => void start(), LIMITS.spanExportMs);
  timer.unref();
  return {
    add(span) {
      if (waiting.length >= LIMITS.spansQueuedMax) drop('queue-full', 1);
      else waiting.push(span);
    },
    async close() {
      clearInterval(timer);
      await sending;
      await start();
      const left = waiting.length + (again?.spans.length ?? 0);
      if (left > 0) drop('closed', left);
      waiting = [];
    },
  };
}

type Sent = { readonly kind: 'taken'; readonly rejected: number } | { readonly kind: 'refused' | 'unreachable'; readonly waitMs: number };

async function post({ endpoint, roots }: ExporterOptions, body: string): Promise<Sent> {
  // `ca` replaces the runtime's roots, so they are named again.
  const ca = roots === undefined ? {} : { ca: [...rootCertificates, roots].join('\n') };
  const tls: { readonly minVersion: number; readonly rejectUnauthorized: true } = { minVersion: TLS_1_3, rejectUnauthorized: true, ...ca };
  const init: BunFetchRequestInit = {
    method: 'POST', headers: { 'content-type': 'application/json', 'user-agent': 'sallyport' }, body, redirect: 'error',
    signal: AbortSignal.timeout(LIMITS.spanExportTimeoutMs),
    ...(endpoint.startsWith('https:') ? { tls } : {}),
  };
  try {
    const response = await fetch(endpoint, init);
    const text = (await response.text()).slice(0, ANSWER_CHARS_MAX);
    if (response.ok) return { kind: 'taken', rejected: rejectedOf(text) };
    return RETRYABLE.has(response.status) ? { kind: 'unreachable', waitMs: waitOf(response) } : { kind: 'refused', waitMs: 0 };
  } catch {
    return { kind: 'unreachable', waitMs: LIMITS.spanExportMs };
  }
}

/** A partial success (OTLP 1.x): what was rejected must not be sent again. */
function rejectedOf(text: string): number {
  const found = /"rejectedSpans"\s*:\s*"?(\d{1,9})/.exec(text);
  return found?.[1] === undefined ? 0 : Number(found[1]);
}

function waitOf({ headers }: Response): number {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Math.min(Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : LIMITS.spanExportMs, LIMITS.spanExportWaitMsMax);
}
