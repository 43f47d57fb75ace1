import type { Exchange } from '../domain/exchange.ts';
import type { Inbound } from '../domain/inbound.ts';
import { isObject } from '../domain/json.ts';
import { TRANSPORT_METHODS, type Message } from '../domain/message.ts';
import type { TraceContext } from '../domain/telemetry.ts';
import { attributesOf, errorTypeOf, isSpoken, labelsOf, spanName, type Ended } from './describe.ts';
import type { Telling } from './telemetry.ts';
import { isInShare, newSpanId, newTraceId, readCaller, type Caller } from './trace-context.ts';

/** What begins an observation; `trace`: of the exchange for which the gate itself asks. */
export type Begun = Partial<Pick<Inbound, 'headers' | 'trace' | 'internal' | 'address'>>;

/** One message from downstream, and what became of it: the SERVER span of the MCP conventions. */
export interface Observation {
  /** By what comes in up to now; from the first time that it is asked for it stays. */
  readonly trace: TraceContext;
  said(message: Message): void;
  /** Who calls is known: their sampled flag counts from now on, no stranger's does. */
  known(): void;
  belongsTo(exchange: Exchange): void;
  /** Its last message. */
  answered(answer: Message): void;
  /** It was refused, denied or broke. `rpcCode`: as the client was told. */
  failed(code: string, rpcCode: number): void;
  end(): void;
}

export function observeServer(telling: Telling, begun: Begun): Observation {
  const startedAt = telling.now();
  const ambient = callerOf(begun.headers);
  let own: Caller | undefined;
  let link: Caller | undefined;
  let trace: TraceContext | undefined;
  let exchange: Exchange | undefined;
  let ended: Ended | undefined;
  let isKnown = begun.internal !== undefined;
  let isOver = false;
  const settle = (): TraceContext => (trace ??= begun.internal === undefined ? begin(telling, ambient, own) : below(telling, begun.trace));
  return {
    get trace() {
      return settle();
    },
    said(message) {
      if (trace !== undefined) return;
      own = callerIn(message);
      if (own !== undefined && ambient !== undefined && ambient.spanId !== own.spanId) link = ambient;
    },
    known: () => void (isKnown = true),
    belongsTo: (one) => void (exchange = one),
    answered: (answer) => void (ended ??= errorTypeOf(answer)),
    failed: (code, rpcCode) => void (ended ??= { errorType: String(rpcCode), rpcCode, code }),
    end() {
      if (isOver || exchange === undefined) return;
      isOver = true;
      const endedAt = telling.now();
      const outcome = ended ?? {};
      if (begun.internal === undefined && telling.metrics.isRead) count(telling, exchange, outcome, (endedAt - startedAt) / 1_000);
      const { ids, sampled, state } = settle();
      if (!sampled || !isSpoken(exchange.call.method) || (!isKnown && !isInShare(ids.traceId, telling.settings().traces?.ratio ?? 0))) return;
      telling.tell({
        ...ids, ...(state === undefined ? {} : { state }), startedAt, endedAt,
        name: spanName(exchange), kind: begun.internal === undefined ? 'server' : 'internal',
        attributes: {
          ...attributesOf(exchange, exchange.revision, outcome, telling),
          'network.transport': 'tcp', 'network.protocol.name': 'http', ...(begun.address === undefined ? {} : { 'client.address': begun.address }),
        },
        links: link === undefined ? [] : [{ traceId: link.traceId, spanId: link.spanId }],
        isError: outcome.errorType !== undefined,
      });
    },
  };
}

function count({ metrics }: Telling, exchange: Exchange, outcome: Ended, seconds: number): void {
  const { session, call, revision } = exchange;
  if (call.method === TRANSPORT_METHODS.terminate && session?.openedAt !== undefined && outcome.errorType === undefined) {
    const age = (Date.now() - session.openedAt) / 1_000;
    metrics.observe('mcp_server_session_duration_seconds', [revision], age);
    if (session.upstream !== undefined) metrics.observe('mcp_client_session_duration_seconds', [revision], age);
  }
  if (isSpoken(call.method)) metrics.observe('mcp_server_operation_duration_seconds', labelsOf(exchange, revision, outcome), seconds);
}

/** The trace goes on where its caller says so; else it begins here. */
function begin({ settings }: Telling, ambient: Caller | undefined, own: Caller | undefined): TraceContext {
  const { traces } = settings();
  const parent = own ?? ambient;
  const traceId = parent?.traceId ?? newTraceId();
  const isOurs = parent === undefined || traces?.parentBased === false;
  const sampled = traces !== undefined && (isOurs ? isInShare(traceId, traces.ratio) : parent.sampled);
  return {
    ids: { traceId, spanId: newSpanId(), ...(parent === undefined ? {} : { parentId: parent.spanId }) },
    sampled, ...(parent?.state === undefined ? {} : { state: parent.state }),
    ...(own === undefined ? {} : { caller: { spanId: own.spanId, sampled: own.sampled } }),
  };
}

/** What the gate asks for one exchange belongs to that one; without spans they are the same. */
function below(telling: Telling, outer: TraceContext | undefined): TraceContext {
  if (outer === undefined) return begin(telling, undefined, undefined);
  return outer.sampled ? { ...outer, ids: { traceId: outer.ids.traceId, spanId: newSpanId(), parentId: outer.ids.spanId } } : outer;
}

function callerOf(headers: Headers | undefined): Caller | undefined {
  const traceparent = headers?.get('traceparent') ?? undefined;
  return traceparent === undefined ? undefined : readCaller(traceparent, headers?.get('tracestate'));
}

function callerIn(message: Message): Caller | undefined {
  const meta = message.kind === 'request' || message.kind === 'notification' ? message.params?.['_meta'] : undefined;
  return isObject(meta) && meta['traceparent'] !== undefined ? readCaller(meta['traceparent'], meta['tracestate']) : undefined;
}
