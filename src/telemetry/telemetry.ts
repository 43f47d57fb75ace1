import type { Exchange } from '../domain/exchange.ts';
import type { Message } from '../domain/message.ts';
import { NO_TELEMETRY, type TelemetrySettings } from '../domain/telemetry.ts';
import { createExporter, type Exporter } from './export.ts';
import type { Metrics } from './metrics.ts';
import { observeClient, type Sending } from './observe-client.ts';
import { observeServer, type Begun, type Observation } from './observe-server.ts';
import type { Span } from './span.ts';

/** Spans and metrics of calls, and the context by which others join them to theirs. */
export interface Telemetry {
  /** Something came in. Cheap: two ids, until somebody wants spans. */
  begin(begun: Begun): Observation;
  /** A message leaves for a server, with the trace context that it may carry. */
  send(message: Message, exchange: Exchange): Sending;
  /** What is told from now on, and to whom. */
  configure(settings: TelemetrySettings | undefined, roots: string | undefined): void;
  close(): Promise<void>;
}

/** What observations need of this room. */
export interface Telling {
  readonly metrics: Metrics;
  readonly settings: () => TelemetrySettings;
  /** Epoch ms with fractions. */
  readonly now: () => number;
  readonly tell: (span: Span) => void;
  /** What an exchange is about, as a record may name it. */
  readonly nameOf: (exchange: Exchange) => string;
}

export interface TelemetryOptions extends Pick<Telling, 'metrics' | 'nameOf'> {
  readonly node: string;
  readonly version: string;
}

const CLOCK_MS = 60_000;

export function createTelemetry({ metrics, nameOf, node, version }: TelemetryOptions): Telemetry {
  const resource = { 'service.name': 'sallyport', 'service.namespace': 'sallyport', 'service.version': version, 'service.instance.id': node };
  let settings = NO_TELEMETRY;
  let exporter: { readonly to: string; readonly exporter: Exporter } | undefined;
  const telling: Telling = { metrics, nameOf, settings: () => settings, now: createClock(), tell: (span) => exporter?.exporter.add(span) };
  return {
    begin: (begun) => observeServer(telling, begun),
    send: (message, exchange) => observeClient(telling, message, exchange),
    configure(next, roots) {
      settings = next ?? NO_TELEMETRY;
      const to = settings.traces === undefined ? undefined : `${settings.traces.endpoint}\n${roots ?? ''}`;
      if (to === exporter?.to) return;
      void exporter?.exporter.close();
      exporter = to === undefined || settings.traces === undefined
        ? undefined
        : { to, exporter: createExporter({ endpoint: settings.traces.endpoint, resource, metrics, ...(roots === undefined ? {} : { roots }) }) };
    },
    async close() {
      await exporter?.exporter.close();
      exporter = undefined;
    },
  };
}

/** Wall time with the monotonic clock's fractions: spans of one call are in order, and none has a negative length. */
function createClock(): () => number {
  let setAt = Number.NEGATIVE_INFINITY;
  let offset = 0;
  return () => {
    const monotonic = performance.now();
    if (monotonic - setAt > CLOCK_MS) {
      setAt = monotonic;
      offset = Date.now() - monotonic;
    }
    return offset + monotonic;
  };
}
