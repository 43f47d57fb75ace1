import { isArray, isObject, type JsonObject } from '../../domain/json.ts';
import type { Message, NotificationMessage, RequestMessage } from '../../domain/message.ts';
import { ENVELOPE } from '../envelope.ts';

/** Which notification each wish of `subscriptions/listen` stands for, and the capability that it belongs to. */
export const LIST_WISHES = [
  { method: 'notifications/tools/list_changed', wish: 'toolsListChanged', capability: 'tools' },
  { method: 'notifications/prompts/list_changed', wish: 'promptsListChanged', capability: 'prompts' },
  { method: 'notifications/resources/list_changed', wish: 'resourcesListChanged', capability: 'resources' },
] as const;

/** What a `subscriptions/listen` wants to hear of. */
export function wishesOf(message: RequestMessage): JsonObject {
  const wishes = message.params?.['notifications'];
  return isObject(wishes) ? wishes : {};
}

/** The resources among the wishes. */
export function wishedUris(wishes: JsonObject): readonly string[] {
  const uris = wishes['resourceSubscriptions'];
  return isArray(uris) ? uris.filter((uri) => typeof uri === 'string') : [];
}

export function isWished({ method, params }: NotificationMessage, wishes: JsonObject): boolean {
  const list = LIST_WISHES.find((known) => known.method === method);
  if (list !== undefined) return wishes[list.wish] === true;
  const uri = params?.['uri'];
  return method === 'notifications/resources/updated' && typeof uri === 'string' && wishedUris(wishes).includes(uri);
}

/** The first message of a listen stream: what of the wishes is honoured (2026-07-28, subscriptions). */
export function acknowledged(message: RequestMessage, notifications: JsonObject): Message {
  const params = { notifications, ...subscribed(message) };
  return { kind: 'notification', from: 'server', revision: message.revision, method: 'notifications/subscriptions/acknowledged', params };
}

/** The result by which a listen stream ends. */
export function listenEnded(message: RequestMessage): Message {
  return { kind: 'result', from: 'server', revision: message.revision, id: message.id, result: { resultType: 'complete', ...subscribed(message) } };
}

/** A notification as this listen request's stream carries it. */
export function onListen(message: RequestMessage, said: NotificationMessage): NotificationMessage {
  const meta = said.params?.['_meta'];
  const { _meta } = subscribed(message);
  return { ...said, revision: message.revision, params: { ...said.params, _meta: { ...(isObject(meta) ? meta : {}), ..._meta } } };
}

function subscribed(message: RequestMessage): { readonly _meta: JsonObject } {
  return { _meta: { [ENVELOPE.subscriptionId]: message.id } };
}
