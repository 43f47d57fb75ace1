import type { Action } from '../domain/decision.ts';
import { SallyportError } from '../domain/errors.ts';
import type { Exchange } from '../domain/exchange.ts';
import { isArray, isObject, type JsonObject } from '../domain/json.ts';
import { REVISIONS, TRANSPORT_METHODS, type Message, type ResultMessage, type Revision } from '../domain/message.ts';
import { REGISTRY_PRINCIPAL_ID } from '../domain/principal.ts';
import { filterList } from '../registry/catalog.ts';
import { aggregateParams, aggregateResult } from '../registry/outward.ts';
import { announcing } from './announce.ts';
import { audienceOf } from '../identity/metadata.ts';
import type { Handles } from './handles.ts';
import { visible } from './guard.ts';
import type { InForce } from './in-force.ts';
import type { PinGuard } from './pin-guard.ts';
import type { Sessions } from './sessions.ts';

/** What a client may know of an answer: handles sealed, sessions ours, lists and server instructions as approved. */
export function present(
  answer: Message,
  asked: Message,
  exchange: Exchange,
  force: InForce,
  world: { readonly handles: Handles; readonly sessions: Sessions; readonly pins: PinGuard },
): Message {
  world.pins.observe(answer, exchange);
  const sealed = onRoute(world.handles.seal(answer, exchange), exchange);
  if (sealed.kind !== 'result') return sealed;
  if (exchange.call.method === 'initialize') return presentSession(sealed, asked, exchange, world.sessions);
  return filtered(sealed, exchange, force);
}

/** On a toolset, what a member names is named as the toolset's clients may ask for it again. */
function onRoute(answer: Message, { route, members, server }: Exchange): Message {
  if (route.kind === 'server' || members !== undefined) return answer;
  if (answer.kind === 'result') return { ...answer, result: aggregateResult(server.id, answer.result) };
  return answer.kind === 'notification' && answer.params !== undefined ? { ...answer, params: aggregateParams(server.id, answer.params) } : answer;
}

function presentSession(answer: ResultMessage, asked: Message, exchange: Exchange, sessions: Sessions): Message {
  const revision = negotiated(answer.result['protocolVersion']);
  const params = asked.kind === 'request' ? asked.params : undefined;
  const session = sessions.issue(
    exchange.principal,
    audienceOf(exchange.route),
    {
      ...(answer.session === undefined ? {} : { upstream: answer.session }),
      revision,
      capabilities: objectAt(params, 'capabilities'),
      clientInfo: objectAt(params, 'clientInfo'),
    },
    exchange.startedAt,
  );
  return { ...answer, session, result: pinnedInstructions(announced(answer.result, exchange), exchange) };
}

function announced(result: JsonObject, exchange: Exchange): JsonObject {
  if (exchange.principal.id === REGISTRY_PRINCIPAL_ID) return result;
  return { ...result, capabilities: announcing(objectAt(result, 'capabilities')) };
}

/** A server may tell every caller other instructions than those that were approved; agents obey them, so they are pinned. */
function pinnedInstructions(result: JsonObject, exchange: Exchange): JsonObject {
  if (exchange.principal.id === REGISTRY_PRINCIPAL_ID || exchange.server.baseline === undefined) return result;
  const { instructions: _said, ...rest } = result;
  const pinned = exchange.server.baseline.surface.instructions?.definition['instructions'];
  return pinned === undefined ? rest : { ...rest, instructions: pinned };
}

function filtered(answer: ResultMessage, exchange: Exchange, force: InForce): Message {
  // What a toolset lists of its members was filtered in the exchange with each member.
  if (exchange.members !== undefined || exchange.principal.id === REGISTRY_PRINCIPAL_ID) return answer;
  const result = listsIn(answer.result, exchange.call.method).reduce<JsonObject>(
    (before, { list, action }) => filterList(force.directory, exchange.server, list, before, (resource) => visible(exchange, force, action, resource)),
    answer.result,
  );
  return result === answer.result ? answer : { ...answer, result };
}

interface Shown {
  readonly list: string;
  readonly action: Action;
}

/** Lists of instances, which no baseline can hold: the server answers them and policy filters them. */
const FORWARDED_LISTS: Readonly<Record<string, Shown>> = {
  'resources/list': { list: 'resources', action: 'read_resource' },
  'skills/list': { list: 'skills', action: 'read_resource' },
};

/** Every list, by the member of a result that holds it. */
const ALL_LISTS: Readonly<Record<string, Shown>> = {
  resources: { list: 'resources', action: 'read_resource' },
  skills: { list: 'skills', action: 'read_resource' },
  tools: { list: 'tools', action: 'call_tool' },
  prompts: { list: 'prompts', action: 'get_prompt' },
  resourceTemplates: { list: 'templates', action: 'read_resource' },
};

/** A resumed stream may repeat the answer to any earlier request (2025-11-25, GET with Last-Event-ID): there a list is known by its form. */
function listsIn(result: JsonObject, method: string): readonly Shown[] {
  if (method === TRANSPORT_METHODS.stream) return Object.entries(ALL_LISTS).flatMap(([member, shown]) => (isArray(result[member]) ? [shown] : []));
  const shown = FORWARDED_LISTS[method];
  return shown === undefined ? [] : [shown];
}

function negotiated(version: unknown): Revision {
  const revision = REVISIONS.find((known) => known === version);
  if (revision === undefined) throw new SallyportError('ERR_UPSTREAM_PROTOCOL', 'The server chose a revision that is not known.');
  return revision;
}

function objectAt(params: JsonObject | undefined, key: string): JsonObject {
  const value = params?.[key];
  return isObject(value) ? value : {};
}
