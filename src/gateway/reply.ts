import type { Inbound } from '../domain/inbound.ts';
import type { JsonObject } from '../domain/json.ts';
import { isObject } from '../domain/json.ts';
import { TRANSPORT_METHODS, type ErrorMessage, type Message } from '../domain/message.ts';
import { encodeBody } from '../mcp/encode.ts';
import { refusalOf } from '../mcp/ladder.ts';
import { formatEvent } from '../mcp/sse.ts';
import type { Gateway } from './gateway.ts';

const JSON_HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store' };
const STREAM_HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
const METHODS_ALLOWED = 'POST, GET, DELETE';
const KEEP_ALIVE_MS = 15_000;

type Messages = AsyncGenerator<Message, void, undefined>;

/**
 * Messages → one HTTP response: JSON when the first message is the final one, an event stream when more may come, 202
 * when there is nothing to say. `longLived` lifts the idle timeout of the connection; `tell` is what headers say of authorization.
 */
export async function reply(messages: Messages, inbound: Inbound, longLived: () => void, tell: Gateway['tell']): Promise<Response> {
  let first = await messages.next();
  // A session's id is a header: what comes before the answer to `initialize`, the only legacy request without one, waits.
  while (first.done !== true && isOpened(first.value) && inbound.httpMethod === 'POST' && !inbound.headers.has('mcp-session-id')) first = await messages.next();
  const told = tell(first.done === true ? undefined : first.value, inbound);
  if (first.done === true) return new Response(null, { status: inbound.httpMethod === 'DELETE' ? 204 : 202, headers: told });
  const message = first.value;
  if (message.kind !== 'result' && message.kind !== 'error') {
    longLived();
    return new Response(eventStream(message, messages), { headers: { ...STREAM_HEADERS, ...told } });
  }
  // The exchange closes its records in its own `finally`; the client need not wait for that.
  void messages.return();
  if (inbound.httpMethod === 'DELETE' && message.kind === 'result') return new Response(null, { status: 204, headers: told });
  // GET and DELETE have no JSON-RPC id that an answer could repeat.
  const body = inbound.httpMethod !== 'POST' && message.kind === 'error' ? { ...message, id: null } : message;
  return new Response(encodeBody(body), { status: statusOf(message), headers: { ...headersOf(message), ...told } });
}

function eventStream(first: Message, messages: Messages): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let timer: Timer | undefined;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(eventOf(first)));
      timer = setInterval(() => controller.enqueue(encoder.encode(': keep-alive\n\n')), KEEP_ALIVE_MS);
    },
    async pull(controller) {
      const next = await messages.next();
      if (next.done === true) {
        clearInterval(timer);
        controller.close();
        return;
      }
      controller.enqueue(encoder.encode(eventOf(next.value)));
    },
    async cancel() {
      clearInterval(timer);
      await messages.return();
    },
  });
}

function eventOf(message: Message): string {
  return formatEvent({
    data: isOpened(message) ? '' : encodeBody(message),
    ...(message.eventId === undefined ? {} : { id: message.eventId }),
    ...(message.retryMs === undefined ? {} : { retry: message.retryMs }),
  });
}

/** A stream that is open, or an event that carries only its id. */
function isOpened(message: Message): boolean {
  return message.kind === 'notification' && message.method === TRANSPORT_METHODS.opened;
}

function statusOf(message: Message): number {
  return message.kind === 'error' ? (message.httpStatus ?? 200) : 200;
}

function headersOf(message: Message): Record<string, string> {
  if (message.kind === 'result' && message.session !== undefined) return { ...JSON_HEADERS, 'mcp-session-id': message.session };
  if (message.kind !== 'error') return JSON_HEADERS;
  if (message.httpStatus === 429) return { ...JSON_HEADERS, ...retryAfter(message) };
  return message.httpStatus === 405 ? { ...JSON_HEADERS, allow: METHODS_ALLOWED } : JSON_HEADERS;
}

/** When to try again, in whole seconds (RFC 9110, section 10.2.3), where the refusal says it. */
function retryAfter({ error }: ErrorMessage): Record<string, string> {
  const waitMs = isObject(error.data) ? error.data['retryAfterMs'] : undefined;
  return typeof waitMs === 'number' ? { 'retry-after': String(Math.ceil(waitMs / 1000)) } : {};
}

/** A request that never became a message. What it still has to say is not waited for: the connection ends with this answer. */
export function turnedAway(message: ErrorMessage, told: Readonly<Record<string, string>>): Response {
  return new Response(encodeBody(message), { status: message.httpStatus ?? 500, headers: { ...headersOf(message), connection: 'close', ...told } });
}

/** A route's metadata (RFC 9728): public, and the same for everybody. */
export function described(document: JsonObject): Response {
  return new Response(JSON.stringify(document), { headers: { 'content-type': 'application/json', 'cache-control': 'max-age=60' } });
}

/** The listener itself failed: nothing could be recorded, and there is nothing to tell. */
export function broken(): Response {
  const message = refusalOf({ code: 'ERR_INTERNAL', message: '' }, { id: null, revision: '2025-11-25', exchange: undefined, transport: true });
  return new Response(encodeBody(message), { status: 500, headers: JSON_HEADERS });
}
