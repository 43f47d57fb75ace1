import { SallyportError } from '../domain/errors.ts';
import type { Exchange } from '../domain/exchange.ts';
import { isObject } from '../domain/json.ts';
import type { JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { eraOf, REVISIONS, TRANSPORT_METHODS } from '../domain/message.ts';
import type { Message, RequestMessage } from '../domain/message.ts';
import type { Upstream } from '../domain/upstream.ts';
import { cancelled, undispatched } from './faults.ts';
import type { Connection, Handshake } from './connection.ts';

/** An upstream that keeps the connection and ends the handshake itself: one `initialize` (or none) per connection. */
export interface ConnectedUpstream extends Upstream {
  /** How the server introduces itself to this caller, opening the connection if need be. For choosing and bridging eras. */
  handshake(exchange: Exchange, capabilities: JsonObject, signal: AbortSignal): Promise<Handshake>;
  /** Closes every connection. */
  close(): void;
}

export interface ConnectedOptions {
  open(exchange: Exchange, capabilities: JsonObject): Promise<Connection>;
  readonly idleMs: number;
}

interface Entry {
  readonly capabilities: JsonObject;
  /** From now on nobody finds it. */
  readonly drop: () => void;
  readonly opening: Promise<Connection>;
  connection?: Connection;
  usedAt: number;
}

/**
 * Connections by principal, agent and server. One that was opened with fewer client capabilities than a caller has is
 * not used for that caller: the server would never ask what it could.
 */
export function createConnectedUpstream(options: ConnectedOptions): ConnectedUpstream {
  const entries = new Map<string, Entry[]>();

  function find(exchange: Exchange, capabilities: JsonObject): Entry {
    const identity = identityOf(exchange);
    const list = entries.get(identity) ?? [];
    const known = list.find((entry) => entry.connection?.handshake.era === 'modern' || covers(entry.capabilities, capabilities));
    if (known !== undefined) return known;
    if (count(entries) >= LIMITS.upstreamConnectionsMax) {
      throw new SallyportError('ERR_RUNNER_LIMIT', 'Too many servers are connected.', { remedy: 'Try again later.', dispatched: false });
    }
    const drop = (): void => {
      const rest = (entries.get(identity) ?? []).filter((other) => other !== entry);
      if (rest.length === 0) entries.delete(identity);
      else entries.set(identity, rest);
    };
    const opening = options.open(exchange, capabilities).catch((cause: unknown) => {
      throw undispatched(cause);
    });
    const entry: Entry = { capabilities, drop, opening, usedAt: Date.now() };
    entries.set(identity, [...list, entry]);
    entry.opening.then((connection) => {
      entry.connection = connection;
      return connection.over;
    }).then(drop, drop);
    return entry;
  }

  async function connect(exchange: Exchange, capabilities: JsonObject, signal: AbortSignal): Promise<Entry & { connection: Connection }> {
    if (signal.aborted) throw cancelled(exchange.server.id, signal);
    const entry = find(exchange, capabilities);
    entry.connection ??= await unless(signal, entry.opening, exchange.server.id);
    entry.usedAt = Date.now();
    return { ...entry, connection: entry.connection };
  }

  async function* send(message: Message, exchange: Exchange, signal: AbortSignal): AsyncGenerator<Message, void, undefined> {
    const { connection, drop } = await connect(exchange, capabilitiesOf(message, exchange), signal);
    const { mux, handshake } = connection;
    if (eraOf(message.revision) !== handshake.era) {
      throw new SallyportError('ERR_VERSION_UNSUPPORTED', `Server ${exchange.server.id} speaks ${handshake.revision}.`, { dispatched: false });
    }
    const session = exchange.session?.key;
    if (message.kind === 'notification') {
      if (message.method !== 'notifications/initialized') await mux.notify(message, session);
    } else if (message.kind !== 'request') await mux.respond(message, session);
    else if (message.method === 'initialize') yield introduce(message, handshake);
    else if (message.method === TRANSPORT_METHODS.stream) yield* mux.stream(message, session, signal);
    else if (message.method === TRANSPORT_METHODS.terminate) {
      // The state of a process is the session's; others of the same principal get a new one when they next call.
      if (mux.openCount === 0 && !isShared(exchange)) {
        drop();
        connection.close();
      }
      yield { kind: 'result', from: 'server', revision: message.revision, id: message.id, result: {} };
    } else yield* mux.request(message, session, signal);
  }

  const sweep = setInterval(() => {
    const before = Date.now() - options.idleMs;
    for (const { connection, usedAt, drop } of [...entries.values()].flat()) {
      if (connection === undefined || usedAt >= before || connection.mux.openCount > 0) continue;
      drop();
      connection.close();
    }
  }, Math.max(10, options.idleMs / 10));
  sweep.unref();

  return {
    send: (permit, exchange, signal) => send(permit.message, exchange, signal),
    handshake: async (exchange, capabilities, signal) => (await connect(exchange, capabilities, signal)).connection.handshake,
    close() {
      clearInterval(sweep);
      for (const entry of [...entries.values()].flat()) entry.opening.then((connection) => connection.close()).catch(() => undefined);
    },
  };
}

/** Who shares a connection: nobody, but the same principal through the same agent under the same entry of the server. */
export function identityOf(exchange: Exchange): string {
  const { server, onBehalfOf } = exchange;
  const caller = isShared(exchange) ? [] : [onBehalfOf.space, onBehalfOf.id, onBehalfOf.agent, onBehalfOf.actors];
  return JSON.stringify([server.space, server.id, server.endpoint, server.credentials, caller]);
}

export function isShared(exchange: Exchange): boolean {
  const { endpoint } = exchange.server;
  return endpoint.transport === 'stdio' && endpoint.launch.shared;
}

function count(entries: ReadonlyMap<string, readonly Entry[]>): number {
  let total = 0;
  for (const list of entries.values()) total += list.length;
  return total;
}

function capabilitiesOf(message: Message, exchange: Exchange): JsonObject {
  if (exchange.session !== undefined) return exchange.session.capabilities;
  const params = message.kind === 'request' ? message.params : undefined;
  const meta = params?.['_meta'];
  const declared = isObject(meta) ? meta['io.modelcontextprotocol/clientCapabilities'] : params?.['capabilities'];
  return isObject(declared) ? declared : {};
}

function covers(have: JsonObject, want: JsonObject): boolean {
  return Object.entries(want).every(([key, value]) => {
    const held = have[key];
    return held !== undefined && (!isObject(value) || !isObject(held) || covers(held, value));
  });
}

/** The client gets the revision that it asked for, unless the server's is older. */
function introduce(message: RequestMessage, handshake: Handshake): Message {
  const asked = REVISIONS.findIndex((revision) => revision === message.params?.['protocolVersion']);
  const spoken = REVISIONS.indexOf(handshake.revision);
  const protocolVersion = REVISIONS[asked === -1 ? spoken : Math.min(asked, spoken)] ?? handshake.revision;
  return { kind: 'result', from: 'server', revision: message.revision, id: message.id, result: { ...handshake.result, protocolVersion } };
}

/** The others still wait for what one caller gave up. */
function unless<T>(signal: AbortSignal, promise: Promise<T>, server: string): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(cancelled(server, signal));
  signal.addEventListener('abort', abort);
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', abort));
}
