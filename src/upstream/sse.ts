import { SallyportError } from '../domain/errors.ts';
import type { Exchange } from '../domain/exchange.ts';
import type { JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Codec, SseEvent } from './codec.ts';
import { createConnectedUpstream } from './connected.ts';
import type { ConnectedUpstream } from './connected.ts';
import { openConnection } from './connection.ts';
import type { Connection, Pipe } from './connection.ts';
import { protocolFault, toFault } from './faults.ts';
import { mediaType, readChunks } from './http-answer.ts';
import { discard, ignoreProxyVariables, remote, request, toStatusFault } from './http-request.ts';
import type { Wire } from './http-request.ts';

export interface SseUpstreamOptions extends Wire {
  readonly codec: Codec;
  readonly idleMs?: number;
}

/**
 * The HTTP+SSE transport of 2024-11-05: a GET stream whose first event names the endpoint to POST to, and on which every
 * answer comes. One connection per principal, agent and server, initialised once; many calls share it.
 */
export function createSseUpstream(options: SseUpstreamOptions): ConnectedUpstream {
  ignoreProxyVariables();
  return createConnectedUpstream({
    idleMs: options.idleMs ?? LIMITS.streamIdleMs,
    open: (exchange, capabilities) => open(options, exchange, capabilities),
  });
}

async function open(options: SseUpstreamOptions, exchange: Exchange, capabilities: JsonObject): Promise<Connection> {
  const pipe = await openPipe(options, exchange);
  return openConnection(pipe, { codec: options.codec, server: exchange.server.id, shared: false, capabilities, probe: false });
}

async function openPipe(options: SseUpstreamOptions, exchange: Exchange): Promise<Pipe> {
  const server = exchange.server.id;
  const controller = new AbortController();
  const { signal } = controller;
  const late = setTimeout(() => controller.abort(new DOMException('no endpoint event', 'TimeoutError')), LIMITS.connectTimeoutMs);
  try {
    const { url } = remote(exchange);
    const response = await request(options, { method: 'GET', url, headers: { accept: 'text/event-stream' } }, exchange, signal);
    if (!response.ok) throw await failed(options, response, exchange);
    if (mediaType(response) !== 'text/event-stream') {
      await discard(response);
      throw protocolFault(server, `content type ${mediaType(response).slice(0, 100)}`);
    }
    const chunks = readChunks({ response, server, signal });
    const events = options.codec.parseSse(chunks, { eventBytesMax: LIMITS.sseEventBytesMax })[Symbol.asyncIterator]();
    const endpoint = await readEndpoint(events, url, server);
    let carried = exchange;
    return {
      lines: readLines(events, server, signal),
      carry: (next) => {
        carried = next;
      },
      send: (text) => post(options, endpoint, text, carried, signal),
      close: () => controller.abort(),
    };
  } catch (cause) {
    const fault = toFault(cause, server, signal);
    controller.abort();
    throw fault;
  } finally {
    clearTimeout(late);
  }
}

/** The first event says where to POST, under the same origin: an endpoint elsewhere would get our credential. */
async function readEndpoint(events: AsyncIterator<SseEvent>, base: string, server: string): Promise<string> {
  const first = await events.next();
  if (first.done === true || first.value.event !== 'endpoint' || !URL.canParse(first.value.data, base)) throw protocolFault(server, 'no endpoint event');
  const endpoint = new URL(first.value.data, base);
  if (endpoint.origin === new URL(base).origin && endpoint.username === '' && endpoint.password === '') return endpoint.href;
  throw new SallyportError('ERR_UPSTREAM_REDIRECT', `Server ${server} names an endpoint on another origin.`, { dispatched: false });
}

async function* readLines(events: AsyncIterator<SseEvent>, server: string, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  try {
    for (;;) {
      const { done, value } = await events.next();
      if (done === true) return;
      if (value.data !== '' && (value.event ?? 'message') === 'message') yield value.data;
    }
  } catch (cause) {
    const fault = toFault(cause, server, signal);
    throw fault.code.startsWith('ERR_UPSTREAM_') ? fault : protocolFault(server, fault.code, fault);
  }
}

async function post(wire: Wire, url: string, body: string, exchange: Exchange, signal: AbortSignal): Promise<void> {
  const response = await request(wire, { method: 'POST', url, headers: { 'content-type': 'application/json' }, body }, exchange, signal);
  if (!response.ok) throw await failed(wire, response, exchange);
  await discard(response);
}

async function failed(wire: Wire, response: Response, exchange: Exchange): Promise<SallyportError> {
  await discard(response);
  return toStatusFault(response.status, wire, exchange);
}
