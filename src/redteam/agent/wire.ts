import { isObject, type JsonObject } from '../../domain/json.ts';
import { parsed } from './parsed.ts';

/** What the gate said to one message: what was read, or why nothing was. */
export interface Heard {
  readonly status: number;
  readonly result?: JsonObject;
  readonly code?: string;
  readonly exchange?: string;
  /** The error's message, or what came instead of an answer. */
  readonly message?: string;
}

const MODERN = '2026-07-28';
const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientCapabilities': { elicitation: {}, sampling: {}, roots: {} },
  'io.modelcontextprotocol/clientInfo': { name: 'gullible', version: '1' },
};
const ANSWER_CHARS_MAX = 32 * 1024 * 1024;

/** One message of the revision 2026-07-28. `headers` are put over those that it needs. */
export async function say(
  url: string, token: string, method: string, params: JsonObject, headers: Readonly<Record<string, string>> = {},
): Promise<Heard> {
  const named = params['name'] ?? params['uri'];
  const meta = isObject(params['_meta']) ? params['_meta'] : {};
  const response = await fetch(url, {
    method: 'POST', redirect: 'manual',
    headers: {
      authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream',
      'mcp-protocol-version': MODERN, 'mcp-method': method, ...(typeof named === 'string' ? { 'mcp-name': worded(named) } : {}), ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: { ...ENVELOPE, ...meta } } }),
  });
  return heardOf(response.status, await response.text());
}

/** A header holds ASCII that shows; else it is encoded (SEP-2243). */
function worded(name: string): string {
  return /^[!-~]+$/.test(name) ? name : `=?base64?${Buffer.from(name).toString('base64')}?=`;
}

/** Reads an answer as it came: JSON, or the last message of a stream. */
export function heardOf(status: number, text: string): Heard {
  const whole = text.slice(0, ANSWER_CHARS_MAX);
  const data = whole.startsWith('{') ? whole : (whole.split('\n').findLast((line) => line.startsWith('data: {'))?.slice('data: '.length) ?? '');
  const body = parsed(data);
  if (body === undefined) return { status, message: whole.slice(0, 200) };
  const { result, error } = body;
  if (isObject(result)) return { status, result };
  const detail = isObject(error) && isObject(error['data']) ? error['data'] : isObject(error) ? error : body;
  return { status, ...textAt(detail, 'code'), ...textAt(detail, 'exchange'), ...textAt(isObject(error) ? error : body, 'message') };
}

function textAt(object: JsonObject, key: string): JsonObject {
  const text = object[key];
  return typeof text === 'string' ? { [key]: text } : {};
}
