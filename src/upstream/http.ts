import { SallyportError } from '../domain/errors.ts';
import type { Exchange } from '../domain/exchange.ts';
import { LIMITS } from '../domain/limits.ts';
import { eraOf, TRANSPORT_METHODS } from '../domain/message.ts';
import type { ErrorMessage, Message, RequestMessage, ResultMessage, Revision, RpcId } from '../domain/message.ts';
import type { Upstream } from '../domain/upstream.ts';
import type { Permit } from '../domain/verdict.ts';
import type { Codec, SseEvent } from './codec.ts';
import { cancelled, protocolFault, toFault } from './faults.ts';
import { mediaType, readBody, readChunks } from './http-answer.ts';
import type { Answered } from './http-answer.ts';
import { discard, ignoreProxyVariables, remote, request, toStatusFault } from './http-request.ts';
import type { Wire } from './http-request.ts';

export interface HttpUpstreamOptions extends Wire {
  readonly codec: Codec;
}

const SESSION = /^[\x21-\x7e]+$/;
const CONTROLS = /[\p{Cc}]/u;

/**
 * Streamable HTTP to one server, in the era that the message is written in (protocol.md 1.2, 1.3). The upstream session is
 * the exchange's; the one that an `initialize` hands out comes back as `session` of its result. A JSON-RPC error under
 * a 4xx or 5xx is yielded with its `httpStatus`; every other failing status throws. The iteration ends with the answer,
 * whether or not the server closes its stream; a legacy stream that ends early after event ids ends without an answer
 * (the client resumes it).
 */
export function createHttpUpstream(options: HttpUpstreamOptions): Upstream {
  ignoreProxyVariables();
  return { send: (permit, exchange, signal) => send(options, permit, exchange, signal) };
}

async function* send(options: HttpUpstreamOptions, permit: Permit, exchange: Exchange, signal: AbortSignal): AsyncGenerator<Message, void, undefined> {
  const { message } = permit;
  if (signal.aborted) throw cancelled(exchange.server.id, signal);
  if (!isCancellable(message)) {
    yield* exchanged(options, message, exchange, signal);
    return;
  }
  const call: Call = { resumable: false, isOver: false };
  try {
    for await (const answer of exchanged(options, message, exchange, signal, call)) {
      call.isOver ||= answer.kind === 'result' || answer.kind === 'error';
      yield answer;
    }
  } finally {
    if (!call.isOver && signal.aborted && !(call.resumable && isClientGone(signal))) void cancel(options, message, exchange);
  }
}

interface Call {
  /** The server gave event ids, so the client may come back for the answer. */
  resumable: boolean;
  isOver: boolean;
}

/** A legacy request that a server works at until it is told to stop: a closed stream tells it nothing (2025-11-25, transports). */
function isCancellable(message: Message): message is RequestMessage {
  return message.kind === 'request' && eraOf(message.revision) === 'legacy' && !UNCANCELLABLE.has(message.method);
}

const UNCANCELLABLE: ReadonlySet<string> = new Set(['initialize', ...Object.values(TRANSPORT_METHODS)]);

function isClientGone({ reason }: AbortSignal): boolean {
  return reason instanceof SallyportError && reason.code === 'ERR_UPSTREAM_CLOSED';
}

/** Tells the server to stop, as far as it can be told. */
async function cancel(options: HttpUpstreamOptions, { id, revision }: RequestMessage, exchange: Exchange): Promise<void> {
  const told: Message = { kind: 'notification', from: 'client', revision, method: 'notifications/cancelled', params: { requestId: id } };
  try {
    await discard(await request(options, toRequest(options.codec, told, exchange), exchange, AbortSignal.timeout(LIMITS.upstreamCancelMs)));
  } catch {
    // The call is over for its caller whether or not the server hears of it.
  }
}

async function* exchanged(
  options: HttpUpstreamOptions, message: Message, exchange: Exchange, signal: AbortSignal, call?: Call,
): AsyncGenerator<Message, void, undefined> {
  const server = exchange.server.id;
  const response = await request(options, toRequest(options.codec, message, exchange), exchange, signal);
  const answered: Answered = { response, server, signal };
  if (!response.ok) {
    yield await readFailure(options, answered, message, exchange);
    return;
  }
  if (message.kind !== 'request') {
    await discard(response);
    return;
  }
  if (message.method === TRANSPORT_METHODS.terminate) {
    await discard(response);
    yield { kind: 'result', from: 'server', revision: message.revision, id: message.id, result: {} };
    return;
  }
  const type = mediaType(response);
  if (type === 'text/event-stream') {
    yield* readEvents(options.codec, answered, message, call);
    return;
  }
  if (type !== 'application/json' || message.method === TRANSPORT_METHODS.stream) {
    await discard(response);
    throw protocolFault(server, `status ${response.status}, content type ${type.slice(0, 100)}`);
  }
  const answer = decode(options.codec, await readBody(answered), message.revision, server);
  if (answer.kind === 'request' || answer.kind === 'notification') throw protocolFault(server, `a ${answer.kind} instead of an answer`);
  yield final(answer, message, answered);
}

function toRequest(codec: Codec, message: Message, exchange: Exchange): Parameters<typeof request>[1] {
  const { url } = remote(exchange);
  const headers = codec.encodeHeaders(message);
  const session = exchange.session?.upstream;
  if (session !== undefined) headers['mcp-session-id'] = checkSession(session, exchange.server.id);
  if (message.kind === 'request') {
    if (message.method === TRANSPORT_METHODS.stream) {
      headers['accept'] = 'text/event-stream';
      const last = message.params?.['lastEventId'];
      if (typeof last === 'string') headers['last-event-id'] = eventIdHeader(last);
      return { method: 'GET', url, headers };
    }
    if (message.method === TRANSPORT_METHODS.terminate) return { method: 'DELETE', url, headers };
  }
  headers['accept'] = 'application/json, text/event-stream';
  headers['content-type'] = 'application/json';
  return { method: 'POST', url, headers, body: codec.encodeBody(message) };
}

async function* readEvents(codec: Codec, answered: Answered, message: RequestMessage, call?: Call): AsyncGenerator<Message, void, undefined> {
  const { server, signal } = answered;
  const legacy = eraOf(message.revision) === 'legacy';
  const isStream = message.method === TRANSPORT_METHODS.stream;
  if (isStream) yield { kind: 'notification', from: 'server', revision: message.revision, method: TRANSPORT_METHODS.opened };
  let resumable = isStream;
  try {
    for await (const event of codec.parseSse(readChunks(answered), { eventBytesMax: LIMITS.sseEventBytesMax })) {
      const read = readEvent(codec, event, message.revision, server);
      if (legacy && event.id !== undefined && event.id !== '') resumable = true;
      if (call !== undefined) call.resumable = resumable;
      if (read === undefined) continue;
      if (read.kind !== 'result' && read.kind !== 'error') {
        yield read;
        continue;
      }
      yield isStream ? resumed(read, message, server) : final(read, message, answered);
      return;
    }
  } catch (cause) {
    const fault = asUpstream(toFault(cause, server, signal), server);
    if (!resumable || fault.code !== 'ERR_UPSTREAM_CLOSED' || signal.aborted) throw fault;
  }
  if (!resumable) throw new SallyportError('ERR_UPSTREAM_CLOSED', `Server ${server} ended its stream before it answered.`);
}

/** One event as a message; `undefined` for what carries none. Event ids exist in the legacy era only. */
function readEvent(codec: Codec, event: SseEvent, revision: Revision, server: string): Message | undefined {
  if (event.event !== undefined && event.event !== '' && event.event !== 'message') return undefined;
  const id = eraOf(revision) === 'legacy' && event.id !== '' ? event.id : undefined;
  if (event.data === '') {
    if (id === undefined) return undefined;
    return marked({ kind: 'notification', from: 'server', revision, method: TRANSPORT_METHODS.opened }, id, event.retry);
  }
  const message = decode(codec, event.data, revision, server);
  return id === undefined ? message : marked(message, id, event.retry);
}

function marked(message: Message, eventId: string, retryMs: number | undefined): Message {
  return retryMs === undefined ? { ...message, eventId } : { ...message, eventId, retryMs };
}

/** A resumed stream may replay the answer to an earlier request (2025-11-25); a fresh one may hold none. */
function resumed(answer: ResultMessage | ErrorMessage, message: RequestMessage, server: string): Message {
  if (typeof message.params?.['lastEventId'] === 'string') return answer;
  throw protocolFault(server, 'an answer on a stream that answers nothing');
}

function final(answer: ResultMessage | ErrorMessage, message: RequestMessage, { response, server }: Answered): Message {
  if (!answers(answer, message.id)) throw protocolFault(server, 'an answer to another request');
  if (answer.kind === 'error' || message.method !== 'initialize') return answer;
  const session = response.headers.get('mcp-session-id');
  return session === null ? answer : { ...answer, session: checkSession(session, server) };
}

function answers(answer: ResultMessage | ErrorMessage, id: RpcId | undefined): boolean {
  return answer.id === id || (answer.kind === 'error' && answer.id === null);
}

/** What a failing status means. Returns the server's own JSON-RPC error if the body is one; otherwise throws. */
async function readFailure(options: HttpUpstreamOptions, answered: Answered, message: Message, exchange: Exchange): Promise<Message> {
  const { response, server } = answered;
  const { status } = response;
  if (status === 401 || status === 403) {
    await discard(response);
    throw toStatusFault(status, options, exchange);
  }
  const error = mediaType(response) === 'application/json' ? await readError(options.codec, answered, message) : undefined;
  if (error === undefined) await discard(response);
  // In a session 404 says that the session is gone, whatever the body; only an unknown method also uses it.
  if (status === 404 && exchange.session?.upstream !== undefined && error?.error.code !== -32601) {
    throw new SallyportError('ERR_UPSTREAM_SESSION', `The session with server ${server} has ended.`, { internal: 'status 404', dispatched: false });
  }
  if (error !== undefined) return { ...error, httpStatus: status };
  const isTransport = message.kind === 'request' && (message.method === TRANSPORT_METHODS.stream || message.method === TRANSPORT_METHODS.terminate);
  if (status === 405 && isTransport) {
    const { id, revision } = message;
    return { kind: 'error', from: 'server', revision, id, error: { code: -32000, message: 'Method not allowed' }, httpStatus: status };
  }
  throw toStatusFault(status, options, exchange);
}

async function readError(codec: Codec, answered: Answered, message: Message): Promise<ErrorMessage | undefined> {
  const body = await readBody(answered);
  try {
    const answer = codec.decodeBody(body, 'server', message.revision);
    return answer.kind === 'error' && answers(answer, message.kind === 'request' ? message.id : undefined) ? answer : undefined;
  } catch {
    // Not JSON-RPC: the status alone speaks.
    return undefined;
  }
}

function decode(codec: Codec, body: Uint8Array | string, revision: Revision, server: string): Message {
  try {
    return codec.decodeBody(body, 'server', revision);
  } catch (cause) {
    throw asUpstream(cause, server);
  }
}

/** A decoding error of an upstream message is the server's fault, never the client's. */
function asUpstream(cause: unknown, server: string): SallyportError {
  if (!(cause instanceof SallyportError)) return protocolFault(server, 'undecodable', cause);
  if (cause.code.startsWith('ERR_UPSTREAM_') || cause.code === 'ERR_DEADLINE' || cause.code === 'ERR_KILLED') return cause;
  if (cause.code === 'ERR_BODY_TOO_LARGE') {
    return new SallyportError('ERR_UPSTREAM_TOO_LARGE', `An event of server ${server} is too large.`, { internal: cause.code, cause });
  }
  return protocolFault(server, cause.code, cause);
}

function checkSession(session: string, server: string): string {
  if (session.length <= LIMITS.sessionIdBytesMax && SESSION.test(session)) return session;
  throw protocolFault(server, 'session id');
}

/** WHATWG event sources send the id as UTF-8; header values are bytes. */
function eventIdHeader(id: string): string {
  if (CONTROLS.test(id) || id.length > LIMITS.sessionIdBytesMax) {
    throw new SallyportError('ERR_PARAMS_INVALID', 'The Last-Event-ID is not one that was given out.', { dispatched: false });
  }
  return Buffer.from(id, 'utf8').toString('latin1');
}
