import { SallyportError } from '../domain/errors.ts';
import type { Exchange } from '../domain/exchange.ts';
import { isObject } from '../domain/json.ts';
import type { JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Connection } from './connection.ts';
import { cancelled, undispatched } from './faults.ts';

export interface PoolOptions {
  open(exchange: Exchange, capabilities: JsonObject): Promise<Connection>;
  /** A connection on which nothing is open is closed after this long. */
  readonly idleMs: number;
}

interface Entry {
  readonly identity: string;
  readonly capabilities: JsonObject;
  readonly opening: Promise<Connection>;
  connection?: Connection;
  usedAt: number;
}

/**
 * Connections by principal, agent and server. One that was opened with fewer client capabilities than a caller has is
 * not used for that caller: the server would never ask what it could.
 */
export class Pool {
  readonly #options: PoolOptions;
  readonly #entries = new Map<string, readonly Entry[]>();
  readonly #sweep: Timer;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#sweep = setInterval(() => this.#closeIdle(), Math.max(10, options.idleMs / 10));
    this.#sweep.unref();
  }

  /** Throws what opening threw (not dispatched), `ERR_RUNNER_LIMIT`, or the reason of `signal`; the opening goes on for others. */
  async connect(exchange: Exchange, capabilities: JsonObject, signal: AbortSignal): Promise<Connection> {
    if (signal.aborted) throw cancelled(exchange.server.id, signal);
    const entry = this.#find(exchange, capabilities);
    entry.connection ??= await unless(signal, entry.opening, exchange.server.id);
    entry.usedAt = Date.now();
    return entry.connection;
  }

  /** Ends a connection; from now on nobody finds it. */
  retire(connection: Connection): void {
    for (const entry of this.#all()) if (entry.connection === connection) this.#drop(entry);
    connection.close();
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const entry of this.#all()) entry.opening.then((connection) => connection.close()).catch(() => undefined);
  }

  #find(exchange: Exchange, capabilities: JsonObject): Entry {
    const identity = identityOf(exchange);
    const list = this.#entries.get(identity) ?? [];
    const known = list.find((entry) => entry.connection?.handshake.era === 'modern' || covers(entry.capabilities, capabilities));
    if (known !== undefined) return known;
    this.#makeRoom(list);
    const opening = this.#options.open(exchange, capabilities).catch((cause: unknown) => {
      throw undispatched(cause);
    });
    const entry: Entry = { identity, capabilities, opening, usedAt: Date.now() };
    this.#entries.set(identity, [...(this.#entries.get(identity) ?? []), entry]);
    const drop = (): void => this.#drop(entry);
    opening.then((connection) => {
      entry.connection = connection;
      return connection.over;
    }).then(drop, drop);
    return entry;
  }

  /** Clients say what they can do, in any words: a caller who always says something else must not take the place of all. */
  #makeRoom(own: readonly Entry[]): void {
    if (own.length >= LIMITS.connectionsPerCallerMax) {
      const idle = own.flatMap(({ connection, usedAt }) => (connection?.mux.openCount === 0 ? [{ connection, usedAt }] : []));
      const oldest = idle.toSorted((a, b) => a.usedAt - b.usedAt)[0];
      if (oldest === undefined) throw tooMany();
      this.retire(oldest.connection);
    }
    if (this.#all().length >= LIMITS.upstreamConnectionsMax) throw tooMany();
  }

  #drop(entry: Entry): void {
    const rest = (this.#entries.get(entry.identity) ?? []).filter((other) => other !== entry);
    if (rest.length === 0) this.#entries.delete(entry.identity);
    else this.#entries.set(entry.identity, rest);
  }

  #closeIdle(): void {
    const before = Date.now() - this.#options.idleMs;
    for (const { connection, usedAt } of this.#all()) {
      if (connection !== undefined && usedAt < before && connection.mux.openCount === 0) this.retire(connection);
    }
  }

  #all(): readonly Entry[] {
    return [...this.#entries.values()].flat();
  }
}

function tooMany(): SallyportError {
  return new SallyportError('ERR_RUNNER_LIMIT', 'Too many servers are connected.', { remedy: 'Try again later.', dispatched: false });
}

/** Who shares a connection: nobody, but the same principal through the same agent under the same entry of the server. */
export function identityOf(exchange: Exchange): string {
  const { server, onBehalfOf } = exchange;
  const caller = isShared(exchange) ? [] : [onBehalfOf.space, onBehalfOf.id, onBehalfOf.agent, onBehalfOf.actors];
  // What is sent to examine a server has another credential or origin: it never shares a connection.
  const examined = exchange.examine === undefined ? [] : [exchange.examine];
  return JSON.stringify([server.space, server.id, server.endpoint, server.credentials, caller, ...examined]);
}

export function isShared(exchange: Exchange): boolean {
  const { endpoint } = exchange.server;
  return endpoint.transport === 'stdio' && endpoint.launch.shared;
}

function covers(have: JsonObject, want: JsonObject): boolean {
  return Object.entries(want).every(([key, value]) => {
    const held = have[key];
    return held !== undefined && (!isObject(value) || !isObject(held) || covers(held, value));
  });
}

/** The others still wait for what one caller gave up. */
function unless<T>(signal: AbortSignal, promise: Promise<T>, server: string): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(cancelled(server, signal));
  signal.addEventListener('abort', abort);
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', abort));
}
