import type { Exchange } from '../domain/exchange.ts';
import type { JsonObject } from '../domain/json.ts';
import { eraOf, REVISIONS, type Message, type RequestMessage } from '../domain/message.ts';
import { REGISTRY_PRINCIPAL_ID } from '../domain/principal.ts';
import type { Upstream } from '../domain/upstream.ts';
import { catalogHello, catalogPage } from '../registry/catalog.ts';
import { announcing } from './announce.ts';
import { visible } from './guard.ts';
import type { InForceKeeper } from './in-force.ts';

/** Lists that are answered from what was approved; the server is not even asked (DESIGN invariant 7). */
const LISTS = {
  'tools/list': { list: 'tools', action: 'call_tool' },
  'prompts/list': { list: 'prompts', action: 'get_prompt' },
  'resources/templates/list': { list: 'templates', action: 'read_resource' },
} as const;

type Listing = (typeof LISTS)[keyof typeof LISTS];

function isListed(method: string): method is keyof typeof LISTS {
  return Object.hasOwn(LISTS, method);
}

/** How long a client may keep a filtered list. Changes are also announced, where the client listens. */
const TTL_MS = 60_000;

/** Whether this exchange is answered from the baseline. The registry's own workload reads what servers really say. */
export function answeredByCatalog(exchange: Exchange): boolean {
  const { method } = exchange.call;
  return (isListed(method) || method === 'server/discover') && exchange.principal.id !== REGISTRY_PRINCIPAL_ID;
}

/** The upstream that stands for what was approved. */
export function createCatalogAnswers(inForce: InForceKeeper): Upstream {
  return {
    async *send(permit, exchange) {
      const { message } = permit;
      if (message.kind !== 'request') return;
      const { method } = exchange.call;
      const result = isListed(method) ? page(inForce, exchange, message, LISTS[method]) : discover(inForce, exchange);
      yield { kind: 'result', from: 'server', revision: message.revision, id: message.id, result: inEra(result, message) } satisfies Message;
    },
  };
}

function page(inForce: InForceKeeper, exchange: Exchange, message: RequestMessage, { list, action }: Listing): JsonObject {
  const force = inForce.of(exchange.snapshot);
  return catalogPage(force.directory, exchange.route, list, message.params?.['cursor'], (resource) => visible(exchange, force, action, resource));
}

function discover(inForce: InForceKeeper, exchange: Exchange): JsonObject {
  const hello = catalogHello(inForce.of(exchange.snapshot).directory, exchange.route);
  return {
    supportedVersions: REVISIONS.toReversed(),
    capabilities: announcing(hello.capabilities),
    ...(hello.instructions === undefined ? {} : { instructions: hello.instructions }),
    _meta: { 'io.modelcontextprotocol/serverInfo': hello.serverInfo },
  };
}

/** A filtered list is this caller's own, whatever the server said of its list (2026-07-28, caching). */
function inEra(result: JsonObject, message: RequestMessage): JsonObject {
  return eraOf(message.revision) === 'legacy' ? result : { ...result, resultType: 'complete', ttlMs: TTL_MS, cacheScope: 'private' };
}
