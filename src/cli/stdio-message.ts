import { isObject, type Json, type JsonObject } from '../domain/json.ts';
import { encodeHeaders } from '../mcp/encode.ts';
import type { SallyportError } from '../domain/errors.ts';

/** One line of the client as the bridge has to know it; what it means is the gate's to judge. */
export interface Said {
  readonly line: string;
  /** Undefined for what is no single JSON-RPC message; the gate answers that. */
  readonly message: JsonObject | undefined;
  readonly kind: 'request' | 'notification' | 'answer' | 'other';
  /** Of a request. */
  readonly id: Json | undefined;
  readonly method: string | undefined;
  /** The revision in the envelope of a message of 2026-07-28 or later. */
  readonly claimed: string | undefined;
}

const VERSION = 'io.modelcontextprotocol/protocolVersion';
const POSTED = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const HEADER_VALUE = /^[!-~]{1,64}$/;

/** Undefined: the line is not JSON. */
export function readSaid(line: string): Said | undefined {
  let value: Json;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return { line, message: undefined, kind: 'other', id: undefined, method: undefined, claimed: undefined };
  const { id, method, params } = value;
  const meta = isObject(params) ? params['_meta'] : undefined;
  const version = isObject(meta) ? meta[VERSION] : undefined;
  return {
    line,
    message: value,
    kind: typeof method !== 'string' ? 'answer' : id === undefined ? 'notification' : 'request',
    id,
    method: typeof method === 'string' ? method : undefined,
    claimed: typeof version === 'string' && method !== 'initialize' ? version : undefined,
  };
}

/** The headers of a modern message, made from it as an HTTP client makes them. `parameters`: see `parametersOf`. */
export function modernHeaders({ message, method = '', id, claimed }: Said, parameters?: Readonly<Record<string, string>>): Record<string, string> {
  const params = message?.['params'];
  const made = encodeHeaders({
    from: 'client',
    revision: '2026-07-28',
    method,
    ...(typeof id === 'string' || typeof id === 'number' ? { kind: 'request', id } : { kind: 'notification' }),
    ...(isObject(params) ? { params } : {}),
    ...(parameters === undefined ? {} : { parameters }),
  });
  // A revision that we do not know is told as it is, so that the gate can answer with those that it does.
  return { ...POSTED, ...made, ...(claimed !== undefined && HEADER_VALUE.test(claimed) ? { 'MCP-Protocol-Version': claimed } : {}) };
}

export function legacyHeaders(session: string | undefined, revision: string | undefined): Record<string, string> {
  return {
    ...POSTED,
    ...(session === undefined ? {} : { 'mcp-session-id': session }),
    ...(revision === undefined ? {} : { 'mcp-protocol-version': revision }),
  };
}

/** A JSON-RPC error of the bridge's own. `rpcCode` stands outside the range that JSON-RPC keeps for itself, as all of ours do. */
export function errorLine(id: Json, { code, message, remedy }: Pick<SallyportError, 'code' | 'message' | 'remedy'>, rpcCode = 5030): string {
  const data = { code, ...(remedy === undefined ? {} : { remedy }) };
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code: rpcCode, message: `${code}: ${message}`, data } });
}
