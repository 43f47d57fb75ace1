import type { Exchange } from '../domain/exchange.ts';
import { eraOf, TRANSPORT_METHODS, type Message, type Revision } from '../domain/message.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';
import type { Attributes } from './span.ts';
import type { Telling } from './telemetry.ts';

/* What spans and metrics say of an exchange, in the words of OpenTelemetry's MCP conventions: never arguments, results or principals. */

/** How it ended, where that was no success. */
export interface Ended {
  /** The JSON-RPC code, `tool_error`, or a code of ours where no message came. */
  readonly errorType?: string;
  readonly rpcCode?: number;
  /** Our own stable code. */
  readonly code?: string;
}

const TRANSPORT: ReadonlySet<string> = new Set(Object.values(TRANSPORT_METHODS));

/** The legacy transport's verbs are no MCP methods: the conventions don't speak of them. */
export function isSpoken(method: string): boolean {
  return !TRANSPORT.has(method);
}

export function errorTypeOf(answer: Message): Ended {
  if (answer.kind === 'error') return { errorType: String(answer.error.code), rpcCode: answer.error.code };
  return answer.kind === 'result' && answer.result['isError'] === true ? { errorType: 'tool_error' } : {};
}

/** `target`: a tool or prompt that is pinned; nothing that a client alone named. */
export function spanName(exchange: Exchange, method: string = exchange.call.method): string {
  const target = method === exchange.call.method ? targetOf(exchange) : undefined;
  return target === undefined ? method : `${method} ${target}`;
}

function targetOf({ tool, call: { resource } }: Exchange): string | undefined {
  if (resource.kind === 'tool') return tool?.name;
  return resource.kind === 'prompt' ? resource.name : undefined;
}

export function attributesOf(
  exchange: Exchange, revision: Revision, { errorType, rpcCode, code }: Ended, telling: Telling, method: string = exchange.call.method,
): Attributes {
  const { call: { resource }, session, request } = exchange;
  const target = targetOf(exchange);
  const isCall = method === exchange.call.method;
  return {
    'mcp.method.name': method,
    'mcp.protocol.version': revision,
    ...(isCall && target !== undefined && resource.kind === 'tool' ? { 'gen_ai.tool.name': target } : {}),
    ...(method === 'tools/call' ? { 'gen_ai.operation.name': 'execute_tool' } : {}),
    ...(isCall && target !== undefined && resource.kind === 'prompt' ? { 'gen_ai.prompt.name': target } : {}),
    ...(isCall && resource.kind === 'resource' && telling.settings().resourceUris ? { 'mcp.resource.uri': telling.nameOf(exchange) } : {}),
    ...(isCall && request !== undefined ? { 'jsonrpc.request.id': String(request) } : {}),
    // The digest of it, which records have too: the id itself would let whoever reads spans into the session.
    ...(session !== undefined && eraOf(revision) === 'legacy' ? { 'mcp.session.id': session.key } : {}),
    ...(errorType === undefined ? {} : { 'error.type': errorType }),
    ...(rpcCode === undefined ? {} : { 'rpc.response.status_code': String(rpcCode) }),
    ...(code === undefined ? {} : { 'sallyport.code': code }),
    'sallyport.exchange': exchange.id,
    'sallyport.server': serverLabel(exchange),
  };
}

/** Servers may say any number; these are told apart. */
const RPC_CODES: ReadonlySet<string> = new Set([
  '-32700', '-32600', '-32601', '-32602', '-32603', '-32000', '-32001', '-32002', '-32003', '-32004', '-32020', '-32021', '-32022', '-32042', '-32800',
]);
const OWN = /^(?:[45][0-3]\d{2}|ERR_[A-Z_]+|tool_error)$/;

/** In the order of the catalogue. */
export function labelsOf(exchange: Exchange, revision: Revision, { errorType = '' }: Ended, method: string = exchange.call.method): readonly string[] {
  const type = errorType === '' || RPC_CODES.has(errorType) || OWN.test(errorType) ? errorType : 'other';
  return [method, serverLabel(exchange), exchange.tool?.name ?? '', type, revision];
}

function serverLabel({ server: { space, id } }: Pick<Exchange, 'server'>): string {
  return space === DEFAULT_SPACE ? id : `${space}/${id}`;
}
