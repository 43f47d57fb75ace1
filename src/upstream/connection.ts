import { SallyportError } from '../domain/errors.ts';
import type { Exchange } from '../domain/exchange.ts';
import { isArray } from '../domain/json.ts';
import type { JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { REVISIONS } from '../domain/message.ts';
import type { Era, ErrorMessage, ResultMessage, Revision } from '../domain/message.ts';
import type { Codec } from './codec.ts';
import { protocolFault } from './faults.ts';
import { Mux } from './mux.ts';

const LEGACY: Revision = '2025-11-25';
const MODERN: Revision = '2026-07-28';
const SELF = { name: 'sallyport', version: '0.1.0' };

/** A two-way carrier of messages to one server: a process or an HTTP+SSE pair. */
export interface Pipe {
  send(text: string): Promise<void>;
  /** Says for which exchange is sent from now on: a credential is released against its permit, not against that of the first one. */
  carry?(exchange: Exchange): void;
  /** One message as text each. Ends, or throws `SallyportError`, when the connection is over. */
  readonly lines: AsyncIterable<string>;
  close(): void;
}

/** How a server that is initialised once per connection introduced itself: its `initialize` or `server/discover` result. */
export interface Handshake {
  readonly era: Era;
  readonly revision: Revision;
  readonly result: JsonObject;
}

export interface Connection {
  readonly mux: Mux;
  readonly handshake: Handshake;
  /** The client capabilities that the connection was opened with. */
  readonly capabilities: JsonObject;
  /** Settles, never rejects, when the connection is over. */
  readonly over: Promise<void>;
  /** Called before each message of an exchange. */
  carry(exchange: Exchange): void;
  close(): void;
}

export interface OpenOptions {
  readonly codec: Codec;
  readonly server: string;
  readonly shared: boolean;
  readonly capabilities: JsonObject;
  /** Whether to ask `server/discover` first (stdio); HTTP+SSE exists in the legacy era only. */
  readonly probe: boolean;
}

/** Reads a pipe and shakes hands over it. Throws `ERR_UPSTREAM_*` or the pipe's own fault; the pipe is then closed. */
export async function openConnection(pipe: Pipe, options: OpenOptions): Promise<Connection> {
  const { codec, server } = options;
  const mux = new Mux({ server, shared: options.shared, send: (message) => pipe.send(codec.encodeBody(message)) });
  let revision = LEGACY;
  const over = read(pipe, mux, codec, server, () => revision);
  try {
    const handshake = await shakeHands(mux, options);
    ({ revision } = handshake);
    if (handshake.era === 'legacy') await mux.notify({ kind: 'notification', from: 'client', revision, method: 'notifications/initialized' }, undefined);
    return { mux, handshake, capabilities: options.capabilities, over, carry: (exchange) => pipe.carry?.(exchange), close: () => pipe.close() };
  } catch (cause) {
    pipe.close();
    throw cause;
  }
}

async function read(pipe: Pipe, mux: Mux, codec: Codec, server: string, revision: () => Revision): Promise<void> {
  let error = new SallyportError('ERR_UPSTREAM_CLOSED', `The connection to server ${server} ended.`);
  try {
    for await (const line of pipe.lines) receive(line, mux, codec, revision());
  } catch (cause) {
    error = cause instanceof SallyportError ? cause : new SallyportError('ERR_UPSTREAM_CLOSED', error.message, { cause });
  }
  mux.fail(error);
}

function receive(line: string, mux: Mux, codec: Codec, revision: Revision): void {
  try {
    mux.receive(codec.decodeBody(line, 'server', revision));
  } catch (cause) {
    mux.malformed(cause);
  }
}

/**
 * Modern first, as the specification says for stdio: any answer but a modern one, or none in time, means `initialize`. A
 * slow starter may have missed the probe, so a refused `initialize` is followed by one more.
 */
async function shakeHands(mux: Mux, options: OpenOptions): Promise<Handshake> {
  const probed = options.probe ? await discover(mux, options) : undefined;
  if (probed !== undefined) return probed;
  const params = { protocolVersion: LEGACY, capabilities: options.capabilities, clientInfo: SELF };
  const answer = await ask(mux, 'initialize', params, LIMITS.stdioStartMs, LEGACY);
  if (answer?.kind === 'result') {
    const revision = REVISIONS.find((known) => known === answer.result['protocolVersion'] && known !== MODERN);
    if (revision === undefined) throw protocolFault(options.server, 'protocol version of initialize');
    return { era: 'legacy', revision, result: answer.result };
  }
  const again = options.probe ? await discover(mux, options) : undefined;
  if (again !== undefined) return again;
  if (answer !== undefined) throw protocolFault(options.server, `initialize refused with ${answer.error.code}`);
  throw new SallyportError('ERR_UPSTREAM_TIMEOUT', `Server ${options.server} did not start in time.`, { dispatched: false });
}

async function discover(mux: Mux, { capabilities }: OpenOptions): Promise<Handshake | undefined> {
  const envelope = {
    'io.modelcontextprotocol/protocolVersion': MODERN,
    'io.modelcontextprotocol/clientCapabilities': capabilities,
    'io.modelcontextprotocol/clientInfo': SELF,
  };
  const answer = await ask(mux, 'server/discover', { _meta: envelope }, LIMITS.stdioProbeMs, MODERN);
  if (answer?.kind !== 'result') return undefined;
  const versions = answer.result['supportedVersions'];
  return isArray(versions) && versions.includes(MODERN) ? { era: 'modern', revision: MODERN, result: answer.result } : undefined;
}

/** `undefined` when no answer came in time. */
async function ask(
  mux: Mux, method: string, params: JsonObject, timeoutMs: number, revision: Revision,
): Promise<ResultMessage | ErrorMessage | undefined> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    for await (const message of mux.request({ kind: 'request', from: 'client', revision, id: method, method, params }, undefined, timeout)) {
      if (message.kind === 'result' || message.kind === 'error') return message;
    }
  } catch (cause) {
    if (!timeout.aborted) throw cause;
  }
  return undefined;
}
