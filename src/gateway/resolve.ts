import { SallyportError } from '../domain/errors.ts';
import type { Exchange, Session } from '../domain/exchange.ts';
import type { Inbound } from '../domain/inbound.ts';
import { isObject, type JsonObject } from '../domain/json.ts';
import { eraOf, type Message } from '../domain/message.ts';
import { REGISTRY_PRINCIPAL_ID, type Principal } from '../domain/principal.ts';
import { conversationOf } from '../flow/context.ts';
import type { FlowContexts } from '../flow/keeper.ts';
import { checkParameterHeaders } from '../mcp/parameter-headers.ts';
import { audienceOf } from '../identity/metadata.ts';
import { visible } from './guard.ts';
import { callerOf, type Handles } from './handles.ts';
import type { InForce } from './in-force.ts';
import type { KnownMethod } from './membership.ts';
import type { Sessions } from './sessions.ts';
import { besideOf } from './subjects.ts';
import type { Trail } from './trail.ts';
import { zoneOf } from './zone.ts';

/** An exchange, and the params of its message, naming everything as the upstream itself does. */
export interface Asked {
  readonly exchange: Exchange;
  readonly params: JsonObject | undefined;
  /** What is wrong with a call of a dispatcher; see `complete`. */
  readonly flaw?: SallyportError;
}

/**
 * Route and name → server, tool, session: each resolved once, to the one canonical identity that policy, pins and records
 * use (invariant 7). The session comes first: whoever has none learns nothing of what there is. Throws ERR_SESSION_*,
 * ERR_SERVER_*, ERR_TOOL_UNKNOWN.
 */
export async function resolve(
  world: { readonly sessions: Sessions; readonly flow: Pick<FlowContexts, 'keyOf'> },
  inbound: Inbound,
  said: Message,
  method: KnownMethod,
  principal: Principal,
  force: InForce,
  { id, trace }: Pick<Trail, 'id' | 'trace'>,
): Promise<Asked> {
  const asRegistry = principal.id === REGISTRY_PRINCIPAL_ID && inbound.internal !== undefined;
  const given = said.kind === 'request' || said.kind === 'notification' ? said.params : undefined;
  const session = await sessionOf(world.sessions, inbound, said, principal);
  const found = force.directory.resolve(inbound.route, method, given, asRegistry);
  const beside = besideOf(withParams(said, found.params));
  const exchange: Exchange = {
    id,
    space: inbound.route.space,
    startedAt: inbound.receivedAt,
    route: inbound.route,
    address: inbound.address,
    zone: zoneOf(inbound.address, force.snapshot.network.internal),
    revision: said.revision,
    principal,
    flow: world.flow.keyOf(principal, conversationOf(principal, given, force.snapshot)),
    onBehalfOf: inbound.internal?.onBehalfOf ?? principal,
    server: found.server,
    ...(found.members === undefined ? {} : { members: found.members }),
    ...(found.tool === undefined ? {} : { tool: found.tool }),
    call: {
      method: method.method, action: method.action, resource: found.resource, arguments: found.arguments,
      ...(Object.keys(beside).length === 0 ? {} : { beside }),
    },
    ...(said.kind === 'request' ? { request: said.id } : {}),
    ...(found.dispatchers === undefined ? {} : { dispatchers: found.dispatchers }),
    snapshot: force.snapshot,
    trace,
    ...(session === undefined ? {} : { session }),
    ...(asRegistry && inbound.internal?.examine !== undefined ? { examine: inbound.internal.examine } : {}),
  };
  return { exchange, params: found.params, ...(found.flaw === undefined ? {} : { flaw: found.flaw }) };
}

/** How an item is listed: what may not be listed may not be asked about in any other way either. */
const LISTED_BY = { tool: 'call_tool', prompt: 'get_prompt', resource: 'read_resource' } as const;

/**
 * The message as the upstream is to get it, its headers checked against the pinned schema. Whatever is wrong with a
 * message about a hidden item, the answer is that there is no such thing (invariant 7). Throws ERR_HEADER_MISMATCH,
 * ERR_STATE_INVALID, ERR_TOOL_UNKNOWN.
 */
export function complete(world: { readonly handles: Handles }, said: Message, { exchange, params, flaw }: Asked, force: InForce): Message {
  const { resource, action } = exchange.call;
  const dispatchers = exchange.dispatchers ?? [];
  const listed = resource.kind === 'server' ? action : LISTED_BY[resource.kind];
  const hidden = (): boolean => resource.kind !== 'server' && !visible(exchange, force, listed, resource);
  if (listed !== action && hidden()) throw nothingThere(`${action} of what is hidden`);
  const veiled = dispatchers.find((one) => !visible(exchange, force, 'call_tool', one.resource));
  if (veiled !== undefined) throw nothingThere('a dispatcher that is hidden');
  try {
    if (flaw !== undefined) throw flaw;
    // Headers mirror what the client sent: the arguments of the outermost dispatcher.
    const called = dispatchers[0]?.tool ?? exchange.tool;
    if (said.kind === 'request' && called !== undefined) checkParameterHeaders(said, inputSchemaOf(called.definition));
    return world.handles.unseal(withParams(said, params), callerOf(exchange));
  } catch (fault) {
    throw fault instanceof SallyportError && hidden() ? nothingThere(`${fault.code}: ${fault.message}`) : fault;
  }
}

function nothingThere(internal: string): SallyportError {
  return new SallyportError('ERR_TOOL_UNKNOWN', 'no such item for this caller', { internal });
}

function inputSchemaOf(definition: JsonObject): JsonObject {
  return isObject(definition['inputSchema']) ? definition['inputSchema'] : {};
}

function withParams(message: Message, params: JsonObject | undefined): Message {
  const unchanged = message.kind === 'result' || message.kind === 'error' || params === undefined || params === message.params;
  return unchanged ? message : { ...message, params };
}

/** Every legacy message but `initialize` belongs to a session of ours, so that it is seen, bound and can be ended. */
async function sessionOf(sessions: Sessions, inbound: Inbound, said: Message, principal: Principal): Promise<Session | undefined> {
  if (eraOf(said.revision) === 'modern' || (said.kind === 'request' && said.method === 'initialize')) return undefined;
  const sealed = inbound.headers.get('mcp-session-id');
  if (sealed === null) {
    throw new SallyportError('ERR_SESSION_MISSING', 'This request needs an MCP-Session-Id.', { remedy: 'Send initialize first and use the id it gives.' });
  }
  return sessions.open(principal, audienceOf(inbound.route), sealed, inbound.receivedAt);
}
