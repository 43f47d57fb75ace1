import { SallyportError } from '../domain/errors.ts';
import { isObject, type JsonObject } from '../domain/json.ts';
import { eraOf, TRANSPORT_METHODS, type Message } from '../domain/message.ts';
import { mirroredName } from './methods.ts';
import { encodeSentinel } from './sentinel.ts';

const TRANSPORT: ReadonlySet<string> = new Set(Object.values(TRANSPORT_METHODS));

/** JSON text of params and results by object: what is committed to in a record is then not written out a second time to be sent. */
const texts = new WeakMap<JsonObject, string>();

/** The JSON text of a message's params or result. Decoded values never change, so neither does their text. */
export function textOf(body: JsonObject): string {
  const known = texts.get(body);
  if (known !== undefined) return known;
  const text = JSON.stringify(body);
  texts.set(body, text);
  return text;
}

/** The JSON-RPC text of a message: nothing but what was decoded and judged. Throws ERR_INTERNAL for a transport verb. */
export function encodeBody(message: Message): string {
  return `{"jsonrpc":"2.0",${membersOf(message)}}`;
}

function membersOf(message: Message): string {
  if (message.kind === 'notification') return `"method":${JSON.stringify(bodied(message.method))}${paramsOf(message.params)}`;
  const id = `"id":${JSON.stringify(message.id)}`;
  if (message.kind === 'request') return `${id},"method":${JSON.stringify(bodied(message.method))}${paramsOf(message.params)}`;
  if (message.kind === 'result') return `${id},"result":${textOf(message.result)}`;
  const { code, message: text, data } = message.error;
  return `${id},"error":${JSON.stringify({ code, message: text, data })}`;
}

function paramsOf(params: JsonObject | undefined): string {
  return params === undefined ? '' : `,"params":${textOf(params)}`;
}

function bodied(method: string): string {
  if (TRANSPORT.has(method))
    throw new SallyportError('ERR_INTERNAL', 'The gate failed on this request.', { internal: `${method} has no body` });
  return method;
}

/**
 * The HTTP headers that repeat parts of a message, made from the message alone (2026-07-28 transports). Legacy revisions have
 * `MCP-Protocol-Version` only, and not on `initialize`, which negotiates it.
 */
export function encodeHeaders(message: Message): Record<string, string> {
  const { revision } = message;
  const isCall = message.kind === 'request' || message.kind === 'notification';
  const trace = traceHeaders(message);
  if (eraOf(revision) === 'legacy') return { ...(isCall && message.method === 'initialize' ? {} : { 'MCP-Protocol-Version': revision }), ...trace };
  const headers: Record<string, string> = { 'MCP-Protocol-Version': revision, ...trace };
  if (!isCall) return headers;
  headers['Mcp-Method'] = message.method;
  const name = mirroredName(message);
  if (name !== undefined) headers['Mcp-Name'] = encodeSentinel(name);
  if (message.parameters !== undefined) {
    for (const [parameter, value] of Object.entries(message.parameters)) headers[parameter] = encodeSentinel(value);
  }
  return headers;
}

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const TRACESTATE = /^[!-~ ]{1,512}$/;

/** What tells the server's HTTP layer of the trace that `_meta` tells its MCP layer of (W3C Trace Context). */
function traceHeaders(message: Message): Readonly<Record<string, string>> | undefined {
  const meta = message.kind === 'request' || message.kind === 'notification' ? message.params?.['_meta'] : undefined;
  if (!isObject(meta)) return undefined;
  const { traceparent, tracestate } = meta;
  if (typeof traceparent !== 'string' || !TRACEPARENT.test(traceparent)) return undefined;
  return typeof tracestate === 'string' && TRACESTATE.test(tracestate) ? { traceparent, tracestate } : { traceparent };
}
