import { SallyportError } from '../../domain/errors.ts';
import type { Exchange } from '../../domain/exchange.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { eraOf, REVISIONS, TRANSPORT_METHODS, type RequestMessage } from '../../domain/message.ts';
import type { SharedState } from '../../domain/state.ts';
import { isLogLevel } from '../../mcp/bridge/log-levels.ts';
import { catalogHello } from '../../registry/catalog.ts';
import { aggregateUri } from '../../registry/names.ts';
import { announcing } from '../announce.ts';
import type { BridgeParts } from './parts.ts';

const NEWEST_LEGACY = '2025-11-25';

/**
 * What a legacy session asks of its other end, where that end is the gateway: the server behind has no sessions (2026-07-28)
 * or is a toolset. Undefined for what a server has to answer.
 */
export async function answerAsSession(parts: BridgeParts, message: RequestMessage, exchange: Exchange): Promise<JsonObject | undefined> {
  switch (message.method) {
    case 'initialize':
      return introduce(parts, message, exchange);
    case 'ping':
    case TRANSPORT_METHODS.terminate:
      return {};
    case 'logging/setLevel':
      await setLogLevel(parts.state, exchange, message.params?.['level']);
      return {};
    case 'resources/subscribe':
    case 'resources/unsubscribe':
      await parts.subscriptions.change(exchange, uriOf(message, exchange), message.method === 'resources/subscribe');
      return {};
    default:
      return undefined;
  }
}

function introduce(parts: BridgeParts, message: RequestMessage, exchange: Exchange): JsonObject {
  const hello = catalogHello(parts.inForce.of(exchange.snapshot).directory, exchange.route);
  const asked = REVISIONS.find((revision) => revision === message.params?.['protocolVersion']);
  return {
    protocolVersion: asked !== undefined && eraOf(asked) === 'legacy' ? asked : NEWEST_LEGACY,
    capabilities: announcing(hello.capabilities),
    serverInfo: hello.serverInfo,
    ...(hello.instructions === undefined ? {} : { instructions: hello.instructions }),
  };
}

/** The address that the client used: on a toolset the message names the resource as its server does. */
function uriOf(message: RequestMessage, exchange: Exchange): string {
  const uri = message.params?.['uri'];
  const address = typeof uri === 'string' && exchange.route.kind === 'toolset' ? aggregateUri(exchange.server.id, uri) : uri;
  if (typeof address !== 'string') throw new SallyportError('ERR_PARAMS_INVALID', '"uri" must be a string.');
  return address;
}

function keyOf(exchange: Exchange): string {
  return `${exchange.space}/log-level/${exchange.session?.key ?? ''}`;
}

async function setLogLevel(state: SharedState, exchange: Exchange, level: Json | undefined): Promise<void> {
  if (!isLogLevel(level)) throw new SallyportError('ERR_PARAMS_INVALID', '"level" is not a log level.');
  await state.set(keyOf(exchange), level, LIMITS.sessionMaxMs);
}

/** The level that this session asked for; a modern request carries it with every call. */
export async function logLevelOf(state: SharedState, exchange: Exchange): Promise<string | undefined> {
  return state.get(keyOf(exchange));
}
