import { SallyportError } from '../../domain/errors.ts';
import type { Exchange } from '../../domain/exchange.ts';
import type { JsonObject } from '../../domain/json.ts';
import { TRANSPORT_METHODS, type Message, type RequestMessage } from '../../domain/message.ts';
import { aggregateInstances } from '../../registry/catalog.ts';
import { acknowledged, wishesOf } from './listen-legacy.ts';
import type { BridgeParts } from './parts.ts';

/**
 * What concerns a toolset as a whole. Its pinned lists come from the catalog; its resources are what its members list, each
 * asked in an exchange of its own that is decided and recorded as if the caller had asked the member.
 */
export async function* answerAsToolset(parts: BridgeParts, message: RequestMessage, exchange: Exchange, signal: AbortSignal): AsyncGenerator<Message, void, undefined> {
  const answer = (result: JsonObject): Message => ({ kind: 'result', from: 'server', revision: message.revision, id: message.id, result });
  switch (message.method) {
    case TRANSPORT_METHODS.stream:
      yield { kind: 'notification', from: 'server', revision: message.revision, method: TRANSPORT_METHODS.opened };
      await untilAborted(signal);
      return;
    case 'subscriptions/listen':
      yield acknowledged(message, wishesOf(message));
      await untilAborted(signal);
      return;
    case 'resources/list':
      yield answer({ resources: await resourcesOf(parts, exchange, signal), ...(exchange.revision === '2026-07-28' ? { resultType: 'complete', ttlMs: 0, cacheScope: 'private' } : {}) });
      return;
    default:
      throw new SallyportError('ERR_METHOD_UNKNOWN', 'Method not found');
  }
}

/** A member that fails has no resources to show; the others have. */
async function resourcesOf(parts: BridgeParts, exchange: Exchange, signal: AbortSignal): Promise<readonly JsonObject[]> {
  const lists = await Promise.all(
    (exchange.members ?? []).map(async (member) => {
      if (member.baseline?.surface.capabilities['resources'] === undefined) return [];
      try {
        return aggregateInstances(member.id, await parts.listResources(member, exchange, signal));
      } catch {
        return [];
      }
    }),
  );
  return lists.flat();
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
