import type { Exchange } from '../domain/exchange.ts';
import { eraOf } from '../domain/message.ts';
import type { Upstream } from '../domain/upstream.ts';
import { answeredByCatalog } from './catalog-answers.ts';

export interface Ways {
  readonly catalog: Upstream;
  readonly bridge: Upstream;
  readonly http: Upstream;
  readonly sse: Upstream;
  readonly stdio: Upstream;
}

/** How a permit travels: from the baseline, straight to a server that speaks the caller's era, or over the bridge. */
export function createDispatch(ways: Ways): Upstream {
  return {
    send(permit, exchange, signal) {
      if (answeredByCatalog(exchange)) return ways.catalog.send(permit, exchange, signal);
      const way = needsBridge(exchange) ? ways.bridge : ways[exchange.server.endpoint.transport];
      return way.send(permit, exchange, signal);
    },
  };
}

/** A server that was never read is spoken to in whatever era the registry tries. */
function needsBridge(exchange: Exchange): boolean {
  if (exchange.members !== undefined) return true;
  const eras = exchange.server.baseline?.surface.eras;
  return eras !== undefined && !eras.includes(eraOf(exchange.revision));
}
