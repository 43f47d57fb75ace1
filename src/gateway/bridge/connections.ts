import { SallyportError } from '../../domain/errors.ts';
import type { Exchange, Session } from '../../domain/exchange.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { openLegacy, type Conversation } from '../conversation.ts';
import { audienceOf } from '../doors.ts';
import type { Gateway } from '../gateway.ts';
import { registryPrincipal } from '../reader.ts';
import type { Sessions } from '../sessions.ts';

/** Sessions with legacy servers that the gateway opens itself, for callers whose own protocol has none. */
export interface Connections {
  /** The session for this caller and these capabilities; opened by one `initialize`, however many ask at once. */
  session(exchange: Exchange, capabilities: JsonObject): Promise<Session>;
  /** The server refused the session before it dispatched anything: the next `session` opens another. */
  drop(session: Session): void;
  /** Ends sessions that nobody used for a while. */
  sweep(now: number): void;
}

interface Entry {
  readonly opening: Promise<{ readonly session: Session; readonly conversation: Conversation | undefined }>;
  key: string | undefined;
  usedAt: number;
}

/** Never aborted: a session outlives the call that opened it. Each step of the handshake has the path's own deadline. */
const UNENDING = new AbortController().signal;

export function createConnections(gateway: () => Gateway, sessions: Sessions): Connections {
  const entries = new Map<string, Entry>();

  const open = async (exchange: Exchange, capabilities: JsonObject): Promise<Awaited<Entry['opening']>> => {
    const revision = exchange.server.baseline?.surface.revision ?? '2025-11-25';
    // A local or HTTP+SSE server is initialised once per connection, by the connection: it has no session to open.
    if (exchange.server.endpoint.transport !== 'http') {
      return { session: { key: crypto.randomUUID(), revision, capabilities, clientInfo: {} }, conversation: undefined };
    }
    const principal = registryPrincipal(exchange.space, Date.now());
    const asking = { gateway: gateway(), space: exchange.space, server: exchange.server.id, internal: { principal, onBehalfOf: exchange.onBehalfOf }, signal: UNENDING };
    const conversation = await openLegacy(asking, capabilities);
    const target = audienceOf({ kind: 'server', space: exchange.space, name: exchange.server.id });
    const opened = await sessions.open(principal, target, conversation.session ?? '', Date.now());
    return { session: { ...opened, capabilities }, conversation };
  };

  return {
    async session(exchange, capabilities) {
      const id = keyOf(exchange, capabilities);
      let entry = entries.get(id);
      if (entry === undefined) {
        if (entries.size >= LIMITS.upstreamConnectionsMax) throw new SallyportError('ERR_LIMIT_OPEN_EXCHANGES', 'Too many sessions with servers are open.', { remedy: 'Try again later.', dispatched: false });
        entry = { opening: open(exchange, capabilities), key: undefined, usedAt: Date.now() };
        entries.set(id, entry);
      }
      entry.usedAt = Date.now();
      try {
        const { session } = await entry.opening;
        entry.key = session.key;
        return session;
      } catch (fault) {
        if (entries.get(id) === entry) entries.delete(id);
        throw fault;
      }
    },
    drop(session) {
      for (const [id, entry] of entries) if (entry.key === session.key) entries.delete(id);
    },
    sweep(now) {
      for (const [id, entry] of entries) {
        if (now - entry.usedAt < LIMITS.sessionIdleMs) continue;
        entries.delete(id);
        entry.opening.then(({ conversation }) => conversation?.end()).catch(() => undefined);
      }
    },
  };
}

/** Nobody shares a session but the same principal through the same agent, with the same capabilities, at the same approval. */
function keyOf(exchange: Exchange, capabilities: JsonObject): string {
  const { server, onBehalfOf } = exchange;
  return JSON.stringify([
    server.space, server.id, server.endpoint, server.credentials, server.baseline?.digest ?? '',
    onBehalfOf.id, onBehalfOf.agent, onBehalfOf.actors, onBehalfOf.credential, sorted(capabilities),
  ]);
}

function sorted(capabilities: JsonObject): readonly [string, unknown][] {
  return Object.entries(capabilities).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
