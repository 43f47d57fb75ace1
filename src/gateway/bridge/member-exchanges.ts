import { SallyportError } from '../../domain/errors.ts';
import type { Exchange } from '../../domain/exchange.ts';
import type { Inbound } from '../../domain/inbound.ts';
import { isArray, isObject, type JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Message } from '../../domain/message.ts';
import type { Server } from '../../domain/server.ts';
import { withEnvelope } from '../../mcp/envelope.ts';
import type { Gateway } from '../gateway.ts';

const REVISION = '2026-07-28';
const MEDIA = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const ASIDE_MS = 60_000;
const CLIENT = { name: 'sallyport', version: '0.1.0' };

/** One member of a toolset, asked as the caller itself in an exchange of its own: decided and recorded like any call of theirs. */
async function* askMember(
  gateway: Gateway, member: Server, method: string, params: JsonObject, capabilities: JsonObject, exchange: Exchange, signal: AbortSignal,
): AsyncGenerator<Message, void, undefined> {
  const inbound: Inbound = {
    route: { kind: 'server', space: member.space, name: member.id },
    httpMethod: 'POST',
    headers: new Headers({ ...MEDIA, 'mcp-protocol-version': REVISION, 'mcp-method': method,
      ...(typeof params['name'] === 'string' ? { 'mcp-name': params['name'] } : {}) }),
    body: new TextEncoder().encode(JSON.stringify({ jsonrpc: '2.0', id: exchange.id, method, params: withEnvelope(params, capabilities, CLIENT, undefined) })),
    address: exchange.address,
    receivedAt: Date.now(),
    signal,
    internal: { principal: exchange.principal, onBehalfOf: exchange.onBehalfOf },
    ...(exchange.trace === undefined ? {} : { trace: exchange.trace }),
  };
  for await (const answer of gateway.handle(inbound)) {
    if (answer.kind === 'error') throw new SallyportError('ERR_UPSTREAM_STATUS', answer.error.message);
    yield answer;
  }
}

/** Calls a tool of the exchange's own server as its caller, beside the call that it was asked for; undefined: it was refused, or asks back. */
export async function callAside(gateway: Gateway, exchange: Exchange, tool: string, args: JsonObject): Promise<JsonObject | undefined> {
  try {
    for await (const answer of askMember(gateway, exchange.server, 'tools/call', { name: tool, arguments: args }, {}, exchange,
      AbortSignal.timeout(ASIDE_MS))) {
      if (answer.kind === 'result') return answer.result['resultType'] === 'input_required' ? undefined : answer.result;
    }
    return undefined;
  } catch (fault) {
    if (fault instanceof SallyportError) return undefined;
    throw fault;
  }
}

/** All that a member lists as its resources. */
export async function listMemberResources(gateway: Gateway, member: Server, exchange: Exchange, signal: AbortSignal): Promise<readonly JsonObject[]> {
  const all: JsonObject[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < LIMITS.surfacePagesMax; page += 1) {
    let next: string | undefined;
    for await (const answer of askMember(gateway, member, 'resources/list', cursor === undefined ? {} : { cursor }, {}, exchange, signal)) {
      if (answer.kind !== 'result') continue;
      const { resources, nextCursor } = answer.result;
      if (isArray(resources)) all.push(...resources.filter(isObject));
      next = typeof nextCursor === 'string' ? nextCursor : undefined;
    }
    if (next === undefined) return all;
    if (all.length > LIMITS.surfaceItemsMax) break;
    cursor = next;
  }
  throw new SallyportError('ERR_SURFACE_TOO_LARGE', `The server lists more than ${LIMITS.surfaceItemsMax} resources or ${LIMITS.surfacePagesMax} pages.`);
}

/** What a member announces; at a legacy one, in the session that calls with these capabilities are made in. */
export function listenAtMember(
  gateway: Gateway, member: Server, wishes: JsonObject, capabilities: JsonObject, exchange: Exchange, signal: AbortSignal,
): AsyncIterable<Message> {
  return askMember(gateway, member, 'subscriptions/listen', { notifications: wishes }, capabilities, exchange, signal);
}
