import { SallyportError } from '../../domain/errors.ts';
import type { Exchange } from '../../domain/exchange.ts';
import type { Inbound } from '../../domain/inbound.ts';
import { isArray, isObject, type JsonObject } from '../../domain/json.ts';
import type { Server } from '../../domain/server.ts';
import { withEnvelope } from '../../mcp/bridge/envelope.ts';
import type { Gateway } from '../gateway.ts';

const METHOD = 'resources/list';
const REVISION = '2026-07-28';
const CLIENT = { name: 'sallyport', version: '0.1.0' };

/** `resources/list` of one member, asked as the caller itself: decided and recorded like any call of theirs. */
export async function listMemberResources(gateway: Gateway, member: Server, exchange: Exchange, signal: AbortSignal): Promise<readonly JsonObject[]> {
  const params = withEnvelope({}, {}, CLIENT, undefined);
  const inbound: Inbound = {
    route: { kind: 'server', space: member.space, name: member.id },
    httpMethod: 'POST',
    headers: new Headers({ 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-protocol-version': REVISION, 'mcp-method': METHOD }),
    body: new TextEncoder().encode(JSON.stringify({ jsonrpc: '2.0', id: exchange.id, method: METHOD, params })),
    address: exchange.address,
    receivedAt: Date.now(),
    signal,
    internal: { principal: exchange.principal, onBehalfOf: exchange.onBehalfOf },
  };
  for await (const answer of gateway.handle(inbound)) {
    if (answer.kind === 'error') throw new SallyportError('ERR_UPSTREAM_STATUS', answer.error.message);
    if (answer.kind !== 'result') continue;
    const { resources } = answer.result;
    return isArray(resources) ? resources.filter(isObject) : [];
  }
  return [];
}
