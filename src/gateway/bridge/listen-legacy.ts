import type { Exchange } from '../../domain/exchange.ts';
import { isArray, isObject, type JsonObject } from '../../domain/json.ts';
import { TRANSPORT_METHODS, type Message, type RequestMessage } from '../../domain/message.ts';
import type { Permit } from '../../domain/verdict.ts';
import { ENVELOPE } from '../../mcp/bridge/envelope.ts';
import { declaredCapabilities } from '../../mcp/bridge/requests.ts';
import { translate } from '../enforce.ts';
import { wayTo, type BridgeParts } from './parts.ts';

/** Which notification each wish of `subscriptions/listen` stands for. */
const WISHES: Readonly<Record<string, string>> = {
  'notifications/tools/list_changed': 'toolsListChanged',
  'notifications/prompts/list_changed': 'promptsListChanged',
  'notifications/resources/list_changed': 'resourcesListChanged',
};

/** A modern client's `subscriptions/listen` at a legacy server: `resources/subscribe` for each URI, then the GET stream. */
export async function* listenToLegacy(parts: BridgeParts, permit: Permit, exchange: Exchange, signal: AbortSignal): AsyncGenerator<Message, void, undefined> {
  const { message } = permit;
  if (message.kind !== 'request') return;
  const session = await parts.connections.session(exchange, declaredCapabilities(message));
  const inner: Exchange = { ...exchange, session, revision: session.revision };
  const way = wayTo(parts, exchange);
  const wishes = wishesOf(message);
  yield acknowledged(message, wishes);
  const ask = (method: string, params?: JsonObject): RequestMessage => ({
    kind: 'request', from: 'client', revision: session.revision, id: crypto.randomUUID(), method, ...(params === undefined ? {} : { params }),
  });
  const uris = isArray(wishes['resourceSubscriptions']) ? wishes['resourceSubscriptions'] : [];
  for (const uri of uris) {
    for await (const _answer of way.send(translate(permit, ask('resources/subscribe', { uri })), inner, signal));
  }
  for await (const answer of way.send(translate(permit, ask(TRANSPORT_METHODS.stream)), inner, signal)) {
    if (answer.kind !== 'notification' || !wished(answer.method, answer.params, wishes)) continue;
    yield { ...answer, revision: message.revision, params: { ...answer.params, _meta: { [ENVELOPE.subscriptionId]: message.id } } };
  }
  yield { kind: 'result', from: 'server', revision: message.revision, id: message.id, result: { resultType: 'complete', _meta: { [ENVELOPE.subscriptionId]: message.id } } };
}

export function wishesOf(message: RequestMessage): JsonObject {
  const wishes = message.params?.['notifications'];
  return isObject(wishes) ? wishes : {};
}

/** The first message of a listen stream: what of the wishes is honoured (2026-07-28, subscriptions). */
export function acknowledged(message: RequestMessage, notifications: JsonObject): Message {
  return {
    kind: 'notification',
    from: 'server',
    revision: message.revision,
    method: 'notifications/subscriptions/acknowledged',
    params: { notifications, _meta: { [ENVELOPE.subscriptionId]: message.id } },
  };
}

export function wished(method: string, params: JsonObject | undefined, wishes: JsonObject): boolean {
  const wish = WISHES[method];
  if (wish !== undefined) return wishes[wish] === true;
  const uris = wishes['resourceSubscriptions'];
  return method === 'notifications/resources/updated' && isArray(uris) && uris.includes(params?.['uri'] ?? '');
}
