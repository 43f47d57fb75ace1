import type { Exchange } from '../domain/exchange.ts';
import { eraOf, TRANSPORT_METHODS } from '../domain/message.ts';
import type { Upstream } from '../domain/upstream.ts';
import { answeredByCatalog } from './catalog-answers.ts';
import type { Sessions } from './sessions.ts';

export interface Ways {
  readonly catalog: Upstream;
  readonly bridge: Upstream;
  readonly http: Upstream;
  readonly sse: Upstream;
  readonly stdio: Upstream;
  readonly sessions: Sessions;
}

/** How a permit travels: from the baseline, straight to a server that speaks the caller's era, or over the bridge. */
export function createDispatch(ways: Ways): Upstream {
  return {
    async *send(permit, exchange, signal) {
      if (answeredByCatalog(exchange)) {
        yield* ways.catalog.send(permit, exchange, signal);
        return;
      }
      // The end is remembered first: a server that fails to end its session must not keep ours alive.
      if (exchange.call.method === TRANSPORT_METHODS.terminate && exchange.session !== undefined) await ways.sessions.end(exchange.space, exchange.session);
      const way = needsBridge(exchange) ? ways.bridge : ways[exchange.server.endpoint.transport];
      yield* way.send(permit, exchange, signal);
    },
  };
}

/** A server that was never read is spoken to in whatever era the registry tries. */
function needsBridge(exchange: Exchange): boolean {
  if (exchange.members !== undefined) return true;
  const eras = exchange.server.baseline?.surface.eras;
  return eras !== undefined && !eras.includes(eraOf(exchange.revision));
}
