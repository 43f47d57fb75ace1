import type { Exchange } from '../../domain/exchange.ts';
import { isObject, type JsonObject } from '../../domain/json.ts';
import { TRANSPORT_METHODS, type Message, type RequestMessage } from '../../domain/message.ts';
import type { Permit } from '../../domain/verdict.ts';
import { ENVELOPE } from '../../mcp/bridge/envelope.ts';
import { toModernRequest } from '../../mcp/bridge/requests.ts';
import { translate } from '../enforce.ts';
import { wayTo, type BridgeParts } from './parts.ts';
import { subscriptionsOf } from './session-requests.ts';

/** A legacy client's GET stream at a modern server: `subscriptions/listen` for all that the server can announce. */
export async function* streamFromModern(parts: BridgeParts, permit: Permit, exchange: Exchange, signal: AbortSignal): AsyncGenerator<Message, void, undefined> {
  const { message } = permit;
  const { session } = exchange;
  if (message.kind !== 'request' || session === undefined) return;
  const resourceSubscriptions = await subscriptionsOf(parts.state, exchange);
  const listen: RequestMessage = {
    kind: 'request',
    from: 'client',
    revision: '2026-07-28',
    id: message.id,
    method: 'subscriptions/listen',
    params: { notifications: { ...announced(exchange.server.baseline?.surface.capabilities ?? {}), ...(resourceSubscriptions.length > 0 ? { resourceSubscriptions } : {}) } },
  };
  yield { kind: 'notification', from: 'server', revision: message.revision, method: TRANSPORT_METHODS.opened };
  const wire = toModernRequest(listen, session.capabilities, session.clientInfo);
  for await (const answer of wayTo(parts, exchange).send(translate(permit, wire), { ...exchange, revision: '2026-07-28' }, signal)) {
    if (answer.kind !== 'notification' || answer.method === 'notifications/subscriptions/acknowledged') continue;
    yield { ...answer, revision: message.revision, ...withoutSubscription(answer.params) };
  }
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

function withoutSubscription(params: JsonObject | undefined): { readonly params?: JsonObject } {
  if (params === undefined || !isObject(params['_meta'])) return params === undefined ? {} : { params };
  const { [ENVELOPE.subscriptionId]: _id, ...meta } = params['_meta'];
  const { _meta: _all, ...rest } = params;
  const next = Object.keys(meta).length === 0 ? rest : { ...rest, _meta: meta };
  return Object.keys(next).length === 0 ? {} : { params: next };
}
