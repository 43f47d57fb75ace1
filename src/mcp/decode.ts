import { SallyportError } from '../domain/errors.ts';
import type { Inbound } from '../domain/inbound.ts';
import { isObject, type JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { eraOf, REVISIONS, TRANSPORT_METHODS, type Message, type Peer, type RequestMessage, type Revision } from '../domain/message.ts';
import { assumedRevision, initializeRevision, isRevision } from './eras/legacy.ts';
import { checkDirection, checkEnvelope, claimedVersion } from './eras/modern.ts';
import { checkMediaTypes, mismatch, readHeaders, refuseRepeated, type MessageHeaders } from './headers.ts';
import { parseJson } from './json.ts';
import { findMethod } from './methods.ts';
import { attributed } from './origin.ts';
import { idOf, readRpc, type Rpc } from './rpc.ts';

/** GET and DELETE have no JSON-RPC id; answers to them go by HTTP alone. */
const TRANSPORT_ID = 0;

/**
 * One HTTP exchange from downstream → the one message it carries (invariant 2). Checked in this order: media types, JSON,
 * JSON-RPC, agreement of headers and body (SEP-2243), revision, direction, envelope, target. Headers that contradict the
 * body are refused in either era, those that a modern request lacks in the modern one. Throws `SallyportError`; its
 * `origin` holds the id and revision to answer under.
 */
export function decodeInbound(inbound: Inbound): Message {
  const { headers, httpMethod } = inbound;
  const said = headers.get('mcp-protocol-version');
  // Until the body is read, the header is the best guess at what the client understands.
  const guess: Revision = said !== null && isRevision(said) ? said : assumedRevision;
  return attributed({ id: null, revision: guess }, () => {
    refuseRepeated(headers);
    if (httpMethod !== 'POST') return decodeTransport(inbound, httpMethod);
    checkMediaTypes(headers);
    const json = parseJson(inbound.body, 'client');
    const id = idOf(json);
    return attributed({ id, revision: guess }, () => {
      const rpc = readRpc(json, 'client');
      const read = readHeaders(headers);
      const message = compose(rpc, readRevision(rpc, read), read);
      return attributed({ id, revision: message.revision }, () => check(message, read));
    });
  });
}

/**
 * One message that came without HTTP headers of its own meaning: from upstream, or a line of stdio. `revision` is what the
 * connection speaks. Throws `SallyportError`: ERR_BODY_*, ERR_JSON_*, ERR_RPC_*, ERR_METHOD_UNKNOWN, ERR_ENVELOPE_MISSING.
 */
export function decodeBody(bytes: Uint8Array | string, from: Peer, revision: Revision): Message {
  const json = parseJson(bytes, from, from === 'server' ? LIMITS.responseBytesMax : LIMITS.bodyBytesMax);
  return attributed({ id: idOf(json), revision }, () => {
    const message: Message = { ...readRpc(json, from), from, revision };
    return check(message, undefined);
  });
}

function compose(rpc: Rpc, revision: Revision, { parameters }: MessageHeaders): Message {
  const message: Message = { ...rpc, from: 'client', revision };
  // Before 2026-07-28 these headers mean nothing, so they are not carried on.
  return parameters === undefined || eraOf(revision) === 'legacy' ? message : { ...message, parameters };
}

/** The revision a POST is written in: by its own envelope, by its `initialize`, by the header, in this order. */
function readRevision(rpc: Rpc, { version }: MessageHeaders): Revision {
  if (rpc.kind === 'request' || rpc.kind === 'notification') {
    const claimed = claimedVersion(rpc.params);
    if (claimed !== undefined) return modernRevision(claimed, version);
    if (rpc.method === 'initialize' && rpc.kind === 'request') {
      if (headerRevision(version) === '2026-07-28') throw mismatch('mcp-protocol-version', 'names a revision that has no initialize');
      return initializeRevision(rpc.params?.['protocolVersion']);
    }
  }
  return headerRevision(version) ?? assumedRevision;
}

function modernRevision(claimed: unknown, version: string | undefined): Revision {
  if (version === undefined) throw mismatch('mcp-protocol-version', 'is missing');
  if (version !== claimed) throw mismatch('mcp-protocol-version', 'differs from the version in params._meta');
  if (!isRevision(version) || eraOf(version) === 'legacy') throw unsupported(version);
  return version;
}

function headerRevision(version: string | undefined): Revision | undefined {
  if (version === undefined || isRevision(version)) return version;
  throw unsupported(version);
}

function unsupported(requested: string): SallyportError {
  return new SallyportError('ERR_VERSION_UNSUPPORTED', 'Unsupported protocol version', {
    remedy: 'Use one of the supported versions.',
    data: { supported: REVISIONS.toReversed(), requested: requested.slice(0, LIMITS.methodLengthMax) },
  });
}

/** The rules of the message's revision. `headers` is undefined where the transport has none. */
function check(message: Message, headers: MessageHeaders | undefined): Message {
  if (headers !== undefined) checkAgreement(message, headers);
  if (eraOf(message.revision) === 'modern') {
    checkDirection(message);
    if (message.kind === 'request' && message.from === 'client') checkEnvelope(message.params);
  }
  if (message.kind === 'request' && message.from === 'client') nameIn(message);
  return message;
}

function checkAgreement(message: Message, { method, name }: MessageHeaders): void {
  if (message.kind === 'result' || message.kind === 'error') return;
  const required = message.kind === 'request' && eraOf(message.revision) === 'modern';
  if (method === undefined ? required : method !== message.method) {
    throw mismatch('mcp-method', method === undefined ? 'is missing' : 'differs from the method in the body');
  }
  const info = findMethod(message);
  const named = info?.nameIn === undefined ? undefined : message.params?.[info.nameIn];
  if (name === undefined) {
    if (required && info?.mirrored === true && named !== undefined) throw mismatch('mcp-name', 'is missing');
  } else if (info !== undefined && name !== named) throw mismatch('mcp-name', 'differs from the name in the body');
}

/** What a method acts on must be named, and by text. */
function nameIn(message: RequestMessage): void {
  const member = findMethod(message)?.nameIn;
  if (member === undefined) return;
  const name = message.params?.[member];
  const given = message.params?.['arguments'];
  // Here, where nothing is known yet of what is named: the same answer whether or not it exists.
  if (member === 'name' && given !== undefined && !isObject(given)) throw new SallyportError('ERR_PARAMS_INVALID', 'params.arguments must be an object');
  const lengthMax = member === 'uri' ? LIMITS.uriLengthMax : LIMITS.nameLengthMax;
  if (typeof name === 'string' && name !== '' && name.length <= lengthMax) return;
  throw new SallyportError('ERR_PARAMS_INVALID', `params.${member} must be a string of 1 to ${lengthMax} characters`);
}

/** GET opens a legacy session's stream, DELETE ends the session; the modern era has neither (405). */
function decodeTransport({ headers }: Inbound, httpMethod: 'GET' | 'DELETE'): Message {
  const revision = headerRevision(headers.get('mcp-protocol-version') ?? undefined) ?? assumedRevision;
  if (eraOf(revision) === 'modern') throw new SallyportError('ERR_METHOD_NOT_ALLOWED', 'This revision is served by POST only');
  if (httpMethod === 'DELETE') return { kind: 'request', from: 'client', revision, id: TRANSPORT_ID, method: TRANSPORT_METHODS.terminate };
  if (!STREAM.test(headers.get('accept') ?? '')) {
    throw new SallyportError('ERR_ACCEPT', 'A stream is answered as text/event-stream only', { remedy: 'Send Accept: text/event-stream.' });
  }
  const lastEventId = headers.get('last-event-id');
  const params: { readonly params?: JsonObject } = lastEventId === null ? {} : { params: { lastEventId: readEventId(lastEventId) } };
  return { kind: 'request', from: 'client', revision, id: TRANSPORT_ID, method: TRANSPORT_METHODS.stream, ...params };
}

const STREAM = /text\/(?:event-stream|\*)|\*\/\*/i;

/** Event sources send the id as UTF-8 bytes, which `Headers` shows one character a byte. */
function readEventId(value: string): string {
  const bytes = Buffer.from(value, 'latin1');
  if (bytes.length <= LIMITS.sessionIdBytesMax && bytes.toString('latin1') === value) {
    const text = bytes.toString('utf8');
    if (Buffer.from(text, 'utf8').equals(bytes)) return text;
  }
  throw new SallyportError('ERR_HEADER_ENCODING', 'Last-Event-ID is not one that was given out');
}
