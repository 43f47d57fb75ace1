import type { Exchange } from '../../domain/exchange.ts';
import { isObject, type JsonObject } from '../../domain/json.ts';
import type { Message, RequestMessage } from '../../domain/message.ts';
import type { Permit } from '../../domain/verdict.ts';
import { toModernRequest } from '../../mcp/bridge/requests.ts';
import { translate } from '../enforce.ts';
import { mayHear } from '../guard.ts';
import { followSubscriptions } from './follow.ts';
import { wayTo, type BridgeParts } from './parts.ts';

/** A legacy client's GET stream at a modern server: `subscriptions/listen` for all that the server can announce. */
export async function* streamFromModern(parts: BridgeParts, permit: Permit, exchange: Exchange, signal: AbortSignal): AsyncGenerator<Message, void, undefined> {
  const { session } = exchange;
  if (session === undefined) return;
  yield* followSubscriptions(parts, exchange, signal, (subscribed, until) => {
    // Permitted when the session subscribed; whether it still is, today's policy says.
    const uris = subscribed.filter((uri) => mayHear(uri, exchange, parts.inForce.of(exchange.snapshot)));
    const notifications = { ...announced(exchange.server.baseline?.surface.capabilities ?? {}), ...(uris.length > 0 ? { resourceSubscriptions: uris } : {}) };
    const revision = '2026-07-28';
    const params = { notifications };
    const listen: RequestMessage = { kind: 'request', from: 'client', revision, id: crypto.randomUUID(), method: 'subscriptions/listen', params };
    const wire = toModernRequest(listen, session.capabilities, session.clientInfo);
    return wayTo(parts, exchange).send(translate(permit, wire), { ...exchange, revision }, until);
  });
}

function announced(capabilities: JsonObject): JsonObject {
  const lists = [['tools', 'toolsListChanged'], ['prompts', 'promptsListChanged'], ['resources', 'resourcesListChanged']] as const;
  return Object.fromEntries(
    lists.flatMap(([capability, key]) => {
      const declared = capabilities[capability];
      return isObject(declared) && declared['listChanged'] === true ? [[key, true] as const] : [];
    }),
  );
}
