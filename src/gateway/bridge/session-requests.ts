import { SallyportError } from '../../domain/errors.ts';
import type { Exchange } from '../../domain/exchange.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { eraOf, REVISIONS, type RequestMessage } from '../../domain/message.ts';
import type { SharedState } from '../../domain/state.ts';
import { catalogHello } from '../../registry/catalog.ts';
import type { BridgeParts } from './parts.ts';

const LOG_LEVELS: readonly unknown[] = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];
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
    case 'transport/terminate':
      return {};
    case 'logging/setLevel':
      await setLogLevel(parts.state, exchange, message.params?.['level']);
      return {};
    case 'resources/subscribe':
    case 'resources/unsubscribe':
      await subscribe(parts.state, exchange, message);
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
    capabilities: hello.capabilities,
    serverInfo: hello.serverInfo,
    ...(hello.instructions === undefined ? {} : { instructions: hello.instructions }),
  };
}

function keyOf(exchange: Exchange, what: string): string {
  return `${exchange.space}/${what}/${exchange.session?.key ?? ''}`;
}

async function setLogLevel(state: SharedState, exchange: Exchange, level: unknown): Promise<void> {
  if (typeof level !== 'string' || !LOG_LEVELS.includes(level)) throw new SallyportError('ERR_PARAMS_INVALID', '"level" is not a log level.');
  await state.set(keyOf(exchange, 'log-level'), level, LIMITS.sessionMaxMs);
}

/** The level that this session asked for; a modern request carries it with every call. */
export async function logLevelOf(state: SharedState, exchange: Exchange): Promise<string | undefined> {
  return state.get(keyOf(exchange, 'log-level'));
}

async function subscribe(state: SharedState, exchange: Exchange, message: RequestMessage): Promise<void> {
  const uri = message.params?.['uri'];
  if (typeof uri !== 'string') throw new SallyportError('ERR_PARAMS_INVALID', '"uri" must be a string.');
  const before = await subscriptionsOf(state, exchange);
  const rest = before.filter((other) => other !== uri);
  const next = message.method === 'resources/subscribe' ? [...rest, uri] : rest;
  if (next.length > LIMITS.subscriptionsPerSessionMax) throw new SallyportError('ERR_PARAMS_INVALID', `A session has at most ${LIMITS.subscriptionsPerSessionMax} subscriptions.`);
  await state.set(keyOf(exchange, 'subscriptions'), JSON.stringify(next), LIMITS.sessionMaxMs);
}

/** The resources that this session subscribed to; its stream listens for them. */
export async function subscriptionsOf(state: SharedState, exchange: Exchange): Promise<readonly string[]> {
  const stored = await state.get(keyOf(exchange, 'subscriptions'));
  return stored === undefined ? [] : (JSON.parse(stored) as readonly string[]);
}
