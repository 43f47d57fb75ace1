import type { Exchange } from '../domain/exchange.ts';
import { isObject, type JsonObject } from '../domain/json.ts';
import type { Message } from '../domain/message.ts';
import type { TelemetrySettings, TraceContext } from '../domain/telemetry.ts';
import { attributesOf, errorTypeOf, isSpoken, labelsOf, spanName, type Ended } from './describe.ts';
import type { Telling } from './telemetry.ts';
import { allowedBaggage, newSpanId, writeParent } from './trace-context.ts';

/** One message on its way to a server, and what came back: the CLIENT span of the MCP conventions. */
export interface Sending {
  /** With our trace context, and without what of the caller's may not go on. */
  readonly message: Message;
  /** Whether anybody wants to know what becomes of it. */
  readonly isFollowed: boolean;
  heard(answer: Message): void;
  failed(code: string): void;
  end(): void;
}

const QUIET = (): void => undefined;

export function observeClient(telling: Telling, message: Message, exchange: Exchange): Sending {
  const settings = telling.settings();
  const { trace } = exchange;
  const spanId = trace?.sampled === true ? newSpanId() : undefined;
  const sent = withContext(message, settings, trace, spanId);
  if (spanId === undefined && !telling.metrics.isRead) return { message: sent, isFollowed: false, heard: QUIET, failed: QUIET, end: QUIET };
  const startedAt = telling.now();
  const method = message.kind === 'request' || message.kind === 'notification' ? message.method : undefined;
  let ended: Ended | undefined;
  return {
    message: sent,
    isFollowed: true,
    heard(answer) {
      if (answer.kind === 'result' || answer.kind === 'error') ended ??= errorTypeOf(answer);
    },
    failed: (code) => void (ended = { errorType: code, code }),
    end() {
      if (method === undefined || !isSpoken(method)) return;
      const endedAt = telling.now();
      const outcome = ended ?? {};
      telling.metrics.observe('mcp_client_operation_duration_seconds', labelsOf(exchange, message.revision, outcome, method), (endedAt - startedAt) / 1_000);
      if (trace === undefined || spanId === undefined) return;
      telling.tell({
        traceId: trace.ids.traceId, spanId, parentId: trace.ids.spanId, ...(trace.state === undefined ? {} : { state: trace.state }),
        name: spanName(exchange, method), kind: 'client', startedAt, endedAt, links: [], isError: outcome.errorType !== undefined,
        attributes: { ...attributesOf(exchange, message.revision, outcome, telling, method), ...placeOf(exchange) },
      });
    },
  };
}

/** Hosts of registered servers; never the path or query of an endpoint. */
function placeOf({ server: { endpoint } }: Exchange): Readonly<Record<string, string | number>> {
  if (endpoint.transport === 'stdio') return { 'network.transport': 'pipe' };
  const { hostname, port, protocol } = new URL(endpoint.url);
  const usual = protocol === 'https:' ? 443 : 80;
  return {
    'network.transport': 'tcp', 'network.protocol.name': 'http',
    'server.address': hostname.replace(/^\[|\]$/g, ''), 'server.port': port === '' ? usual : Number(port),
  };
}

/** Always made anew: what the caller wrote is never sent on as it came. */
function withContext(message: Message, settings: TelemetrySettings, trace: TraceContext | undefined, spanId: string | undefined): Message {
  if (message.kind !== 'request' && message.kind !== 'notification') return message;
  const known = message.params?.['_meta'];
  const meta = isObject(known) ? known : undefined;
  const context = settings.propagate && trace !== undefined ? contextOf(settings, trace, spanId) : undefined;
  const isClean = meta === undefined || (meta['traceparent'] === undefined && meta['tracestate'] === undefined && meta['baggage'] === undefined);
  if (context === undefined && isClean) return message;
  const { traceparent: _theirs, tracestate: _state, baggage, ...rest } = meta ?? {};
  const carried = settings.propagate ? allowedBaggage(baggage, settings.baggage) : undefined;
  const next: JsonObject = { ...rest, ...context, ...(carried === undefined ? {} : { baggage: carried }) };
  const { _meta: _before, ...params } = message.params ?? {};
  return { ...message, params: Object.keys(next).length === 0 ? params : { ...params, _meta: next } };
}

/**
 * Our span where it is told to somebody; else the caller's own, so that no trace hangs on a span that nobody ever sees. A trace
 * that began here and is told to nobody is not passed on.
 */
function contextOf({ traces }: TelemetrySettings, { ids, caller, state }: TraceContext, spanId: string | undefined): JsonObject | undefined {
  const ours = traces === undefined ? undefined : ids.spanId;
  const parent = spanId ?? caller?.spanId ?? ours;
  if (parent === undefined) return undefined;
  const isSampled = spanId === undefined ? caller?.sampled === true : true;
  return { traceparent: writeParent(ids.traceId, parent, isSampled), ...(state === undefined ? {} : { tracestate: state }) };
}
