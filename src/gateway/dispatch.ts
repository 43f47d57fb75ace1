import type { Exchange } from '../domain/exchange.ts';
import { eraOf, TRANSPORT_METHODS, type Message } from '../domain/message.ts';
import { REGISTRY_PRINCIPAL_ID } from '../domain/principal.ts';
import type { Upstream } from '../domain/upstream.ts';
import type { Permit } from '../domain/verdict.ts';
import { answeredByCatalog } from './catalog-answers.ts';
import type { OpenExchanges } from './open-exchanges.ts';
import type { Sessions } from './sessions.ts';

export interface Ways {
  readonly catalog: Upstream;
  readonly bridge: Upstream;
  readonly http: Upstream;
  readonly sse: Upstream;
  readonly stdio: Upstream;
  readonly sessions: Sessions;
  readonly open: OpenExchanges;
}

/** How a permit travels: from the baseline, straight to a server that speaks the caller's era, or over the bridge. */
export function createDispatch(ways: Ways): Upstream {
  return {
    send(permit, exchange, signal) {
      if (answeredByCatalog(exchange)) return ways.catalog.send(permit, exchange, signal);
      const way = needsBridge(exchange) ? ways.bridge : ways[exchange.server.endpoint.transport];
      if (exchange.session !== undefined && exchange.call.method === TRANSPORT_METHODS.terminate) return terminate(ways, way, permit, exchange, signal);
      if (exchange.session !== undefined && exchange.call.method === 'notifications/cancelled') return cancel(ways, way, permit, exchange, signal);
      if (namesNobody(exchange)) return nothing();
      return way.send(permit, exchange, signal);
    },
  };
}

type Sent = AsyncGenerator<Message, void, undefined>;

/** The end is remembered first: a server that fails to end its session must not keep ours alive. */
async function* terminate(ways: Ways, way: Upstream, permit: Permit, exchange: Exchange, signal: AbortSignal): Sent {
  if (exchange.session !== undefined) {
    await ways.sessions.end(exchange.space, exchange.session);
    ways.open.endSession(exchange.session.key, exchange.id);
  }
  yield* way.send(permit, exchange, signal);
}

/**
 * Where there is no session, ids that clients choose name each other's calls, and a server knows the gate by one credential:
 * over HTTP a call is cancelled by closing its stream, and by nothing else (2026-07-28, cancellation).
 */
function namesNobody({ session, call, server }: Exchange): boolean {
  return session === undefined && call.method === 'notifications/cancelled' && server.endpoint.transport !== 'stdio';
}

async function* nothing(): Sent {
  // It was heard and recorded; there is nobody to tell.
}

/** A server may never answer a request that was cancelled, so our side of it ends as well. */
async function* cancel(ways: Ways, way: Upstream, permit: Permit, exchange: Exchange, signal: AbortSignal): Sent {
  yield* way.send(permit, exchange, signal);
  const { message } = permit;
  if (message.kind === 'notification') ways.open.cancel(exchange.session?.key ?? '', message.params?.['requestId']);
}

/** The registry finds out in which eras a server itself answers: it is spoken to in the one that is tried, read before or not. */
function needsBridge(exchange: Exchange): boolean {
  if (exchange.principal.id === REGISTRY_PRINCIPAL_ID) return false;
  if (exchange.members !== undefined) return true;
  // A legacy session on a toolset is with the gateway, whatever its members speak.
  if (exchange.route.kind === 'toolset' && eraOf(exchange.revision) === 'legacy') return true;
  const eras = exchange.server.baseline?.surface.eras;
  return eras !== undefined && !eras.includes(eraOf(exchange.revision));
}
