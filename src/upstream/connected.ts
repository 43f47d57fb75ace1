import { SallyportError } from '../domain/errors.ts';
import type { Exchange } from '../domain/exchange.ts';
import { isObject } from '../domain/json.ts';
import type { JsonObject } from '../domain/json.ts';
import { eraOf, REVISIONS, TRANSPORT_METHODS } from '../domain/message.ts';
import type { Message, RequestMessage } from '../domain/message.ts';
import type { Upstream } from '../domain/upstream.ts';
import type { Handshake } from './connection.ts';
import { isShared, Pool } from './pool.ts';
import type { PoolOptions } from './pool.ts';

/** An upstream that keeps the connection and ends the handshake itself: one `initialize` (or none) per connection. */
export interface ConnectedUpstream extends Upstream {
  /** How the server introduces itself to this caller, opening the connection if need be. For choosing and bridging eras. */
  handshake(exchange: Exchange, capabilities: JsonObject, signal: AbortSignal): Promise<Handshake>;
  /** Closes every connection. */
  close(): void;
}

/** Messages over pooled connections; the handshake's own messages are answered here. */
export function createConnectedUpstream(options: PoolOptions): ConnectedUpstream {
  const pool = new Pool(options);
  return {
    send: (permit, exchange, signal) => send(pool, permit.message, exchange, signal),
    handshake: async (exchange, capabilities, signal) => (await pool.connect(exchange, capabilities, signal)).handshake,
    close: () => pool.close(),
  };
}

async function* send(pool: Pool, message: Message, exchange: Exchange, signal: AbortSignal): AsyncGenerator<Message, void, undefined> {
  const connection = await pool.connect(exchange, capabilitiesOf(message, exchange), signal);
  const { mux, handshake } = connection;
  if (eraOf(message.revision) !== handshake.era) {
    throw new SallyportError('ERR_VERSION_UNSUPPORTED', `Server ${exchange.server.id} speaks ${handshake.revision}.`, { dispatched: false });
  }
  connection.carry(exchange);
  const session = exchange.session?.key ?? callerOf(exchange);
  if (message.kind === 'notification') {
    if (message.method !== 'notifications/initialized') await mux.notify(message, session);
  } else if (message.kind !== 'request') await mux.respond(message, session);
  else if (message.method === 'initialize') yield introduce(message, handshake);
  else if (message.method === TRANSPORT_METHODS.stream) yield* mux.stream(message, session, signal);
  else if (message.method === TRANSPORT_METHODS.terminate) {
    // The state of a process is the session's; others of the same principal get a new one when they next call.
    if (mux.openCount === 0 && !isShared(exchange)) pool.retire(connection);
    yield { kind: 'result', from: 'server', revision: message.revision, id: message.id, result: {} };
  } else yield* mux.request(message, session, signal);
}

/** Whose messages are whose where there are no sessions: on a shared connection, ids that clients choose name each other's calls. */
function callerOf({ principal, onBehalfOf }: Exchange): string {
  return JSON.stringify([principal.id, principal.agent, onBehalfOf.id, onBehalfOf.agent, onBehalfOf.actors]);
}

function capabilitiesOf(message: Message, exchange: Exchange): JsonObject {
  // Nobody can be asked anything over a connection that several share, whatever each could answer.
  if (isShared(exchange)) return {};
  if (exchange.session !== undefined) return exchange.session.capabilities;
  const params = message.kind === 'request' ? message.params : undefined;
  const meta = params?.['_meta'];
  const declared = isObject(meta) ? meta['io.modelcontextprotocol/clientCapabilities'] : params?.['capabilities'];
  return isObject(declared) ? declared : {};
}

/** The client gets the revision that it asked for, unless the server's is older. */
function introduce(message: RequestMessage, handshake: Handshake): Message {
  const asked = REVISIONS.findIndex((revision) => revision === message.params?.['protocolVersion']);
  const spoken = REVISIONS.indexOf(handshake.revision);
  const protocolVersion = REVISIONS[asked === -1 ? spoken : Math.min(asked, spoken)] ?? handshake.revision;
  return { kind: 'result', from: 'server', revision: message.revision, id: message.id, result: { ...handshake.result, protocolVersion } };
}
