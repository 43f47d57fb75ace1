import { SallyportError } from '../../domain/errors.ts';
import type { Exchange } from '../../domain/exchange.ts';
import { isObject, type JsonObject } from '../../domain/json.ts';
import { eraOf, TRANSPORT_METHODS, type Message, type RequestMessage } from '../../domain/message.ts';
import type { Server } from '../../domain/server.ts';
import { declaredCapabilities } from '../../mcp/bridge/requests.ts';
import { acknowledged, listenEnded, onListen, wishesOf } from '../../mcp/bridge/wishes.ts';
import { aggregateInstances } from '../../registry/catalog.ts';
import { followSubscriptions } from './follow.ts';
import { listenToMembers } from './listen-members.ts';
import type { BridgeParts } from './parts.ts';

type Answers = AsyncGenerator<Message, void, undefined>;

/**
 * What concerns a toolset as a whole. Its pinned lists come from the catalog; its resources are what its members list, each
 * asked in an exchange of its own that is decided and recorded as if the caller had asked the member.
 */
export async function* answerAsToolset(parts: BridgeParts, message: RequestMessage, exchange: Exchange, signal: AbortSignal): Answers {
  switch (message.method) {
    case TRANSPORT_METHODS.stream:
      yield* followSubscriptions(parts, exchange, signal, (uris, until) => {
        const wishes = { resourcesListChanged: true, resourceSubscriptions: uris };
        return listenToMembers(parts, membersWithResources(exchange), wishes, exchange.session?.capabilities ?? {}, exchange, until);
      });
      return;
    case 'subscriptions/listen':
      yield* listenToToolset(parts, message, exchange, signal);
      return;
    case 'resources/list':
      yield listed(message, await resourcesOf(parts, exchange, signal));
      return;
    default:
      throw new SallyportError('ERR_METHOD_UNKNOWN', 'Method not found');
  }
}

function listed({ id, revision }: RequestMessage, resources: readonly JsonObject[]): Message {
  const inEra = eraOf(revision) === 'legacy' ? {} : { resultType: 'complete', ttlMs: 0, cacheScope: 'private' };
  return { kind: 'result', from: 'server', revision, id, result: { resources, ...inEra } };
}

async function* listenToToolset(parts: BridgeParts, message: RequestMessage, exchange: Exchange, signal: AbortSignal): Answers {
  const capabilities = declaredCapabilities(message);
  for await (const said of listenToMembers(parts, membersWithResources(exchange), wishesOf(message), capabilities, exchange, signal)) {
    if (said.kind !== 'notification') continue;
    const honoured = said.method === 'notifications/subscriptions/acknowledged' ? said.params?.['notifications'] : undefined;
    yield isObject(honoured) ? acknowledged(message, honoured) : onListen(message, said);
  }
  yield listenEnded(message);
}

/** Those whose resources the toolset shows. */
function membersWithResources({ members, route, snapshot }: Exchange): readonly Server[] {
  const toolset = snapshot.toolsets.find(({ id, space }) => id === route.name && space === route.space);
  const shown = new Set(toolset?.members.filter(({ resources }) => resources).map(({ server }) => server));
  return (members ?? []).filter(({ id, baseline }) => shown.has(id) && baseline?.surface.capabilities['resources'] !== undefined);
}

/** A member that fails has no resources to show; the others have. */
async function resourcesOf(parts: BridgeParts, exchange: Exchange, signal: AbortSignal): Promise<readonly JsonObject[]> {
  const lists = await Promise.all(
    membersWithResources(exchange).map(async (member) => {
      try {
        return aggregateInstances(member.id, await parts.listResources(member, exchange, signal));
      } catch {
        return [];
      }
    }),
  );
  return lists.flat();
}
