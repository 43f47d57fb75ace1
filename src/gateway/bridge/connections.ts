import { SallyportError } from '../../domain/errors.ts';
import type { Exchange, Session } from '../../domain/exchange.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { openLegacy, type Conversation } from '../conversation.ts';
import { audienceOf } from '../../identity/metadata.ts';
import type { Gateway } from '../gateway.ts';
import { registryPrincipal } from '../reader.ts';
import type { Sessions } from '../sessions.ts';
import { createStanding, type Standing } from './standing.ts';

/** A session with a legacy server that the gateway itself opened. */
export interface LegacySession {
  readonly session: Session;
  readonly standing: Standing;
  /** The log level that was last set in it. */
  logLevel?: string;
}

/** Sessions with legacy servers that the gateway opens itself, for callers whose own protocol has none. */
export interface Connections {
  /** The session for this caller and these capabilities; opened by one `initialize`, however many ask at once. */
  session(exchange: Exchange, capabilities: JsonObject): Promise<LegacySession>;
  /** The server does not know the session any more: the next `session` opens another. */
  drop(session: LegacySession): void;
  /** Ends sessions that nobody used for a while, and those whose principal or server `ended` names. */
  sweep(now: number, ended: (exchange: Exchange) => boolean): void;
  /** Ends all. */
  close(): void;
}

interface Opened {
  readonly held: LegacySession;
  readonly conversation: Conversation | undefined;
}

interface Entry {
  readonly caller: string;
  /** Who opened it; all others that use it are the same caller. */
  readonly exchange: Exchange;
  readonly opening: Promise<Opened>;
  held: LegacySession | undefined;
  usedAt: number;
}

/** Never aborted: a session outlives the call that opened it. Each step of the handshake has the path's own deadline. */
const UNENDING = new AbortController().signal;

export function createConnections(gateway: () => Gateway, sessions: Sessions): Connections {
  const entries = new Map<string, Entry>();

  const open = async (exchange: Exchange, capabilities: JsonObject): Promise<Opened> => {
    const revision = exchange.server.baseline?.surface.revision ?? '2025-11-25';
    // A local or HTTP+SSE server is initialised once per connection, by the connection: it has no session to open.
    if (exchange.server.endpoint.transport !== 'http') {
      const session = { key: crypto.randomUUID(), revision, capabilities, clientInfo: {} };
      return { held: { session, standing: createStanding() }, conversation: undefined };
    }
    const principal = registryPrincipal(exchange.space, Date.now());
    const internal = { principal, onBehalfOf: exchange.onBehalfOf };
    const asking = { gateway: gateway(), space: exchange.space, server: exchange.server.id, internal, signal: UNENDING };
    const conversation = await openLegacy(asking, capabilities);
    const target = audienceOf({ kind: 'server', name: exchange.server.id });
    const opened = await sessions.open(principal, target, conversation.session ?? '', Date.now());
    return { held: { session: { ...opened, capabilities }, standing: createStanding() }, conversation };
  };
  const end = (id: string, entry: Entry): void => {
    entries.delete(id);
    entry.held?.standing.close();
    entry.opening.then(({ conversation }) => conversation?.end()).catch(() => undefined);
  };

  /** Clients say what they can do, in any words: a caller who always says something else must not take the place of all. */
  const makeRoom = (caller: string): void => {
    const own = [...entries].filter(([, entry]) => entry.caller === caller);
    if (own.length >= LIMITS.connectionsPerCallerMax) {
      const idle = own.filter(([, entry]) => entry.held?.standing.isUsed() === false).toSorted(([, a], [, b]) => a.usedAt - b.usedAt)[0];
      if (idle === undefined) throw tooMany();
      end(...idle);
    }
    if (entries.size >= LIMITS.upstreamConnectionsMax) throw tooMany();
  };

  return {
    async session(exchange, capabilities) {
      const caller = callerOf(exchange);
      const id = JSON.stringify([caller, sorted(capabilities)]);
      let entry = entries.get(id);
      if (entry === undefined) {
        makeRoom(caller);
        entry = { caller, exchange, opening: open(exchange, capabilities), held: undefined, usedAt: Date.now() };
        entries.set(id, entry);
      }
      entry.usedAt = Date.now();
      try {
        const { held } = await entry.opening;
        entry.held = held;
        return held;
      } catch (fault) {
        if (entries.get(id) === entry) entries.delete(id);
        throw fault;
      }
    },
    drop(session) {
      session.standing.close();
      for (const [id, entry] of entries) if (entry.held === session) entries.delete(id);
    },
    sweep(now, ended) {
      for (const [id, entry] of entries) {
        if (entry.held?.standing.isUsed() === true) entry.usedAt = now;
        if (now - entry.usedAt >= LIMITS.sessionIdleMs || ended(entry.exchange)) end(id, entry);
      }
    },
    close() {
      for (const [id, entry] of entries) end(id, entry);
    },
  };
}

function tooMany(): SallyportError {
  return new SallyportError('ERR_LIMIT_OPEN_EXCHANGES', 'Too many sessions with servers are open.', { remedy: 'Try again later.', dispatched: false });
}

/** Nobody shares a session but the same principal through the same agent, at the same approval, with the same capabilities. */
function callerOf({ server, onBehalfOf }: Exchange): string {
  return JSON.stringify([
    server.space, server.id, server.endpoint, server.credentials, server.baseline?.digest ?? '',
    onBehalfOf.id, onBehalfOf.agent, onBehalfOf.actors, onBehalfOf.credential,
  ]);
}

function sorted(capabilities: JsonObject): readonly [string, unknown][] {
  return Object.entries(capabilities).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
