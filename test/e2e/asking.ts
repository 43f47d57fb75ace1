import { connect } from 'node:net';
import { isObject, type Json, type JsonObject } from '../../src/domain/json.ts';

/** What a client saw of one HTTP exchange, read as far as a test needs. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The last JSON-RPC message of the answer; empty where there was none. */
  readonly body: JsonObject;
  readonly result: JsonObject | undefined;
  readonly rpcCode: number | undefined;
  readonly message: string | undefined;
  readonly code: string | undefined;
  readonly exchange: string | undefined;
  readonly remedy: string | undefined;
}

const MODERN = '2026-07-28';
const LEGACY = '2025-11-25';
export const ENVELOPE = { 'io.modelcontextprotocol/protocolVersion': MODERN, 'io.modelcontextprotocol/clientCapabilities': {} };
const BOTH = 'application/json, text/event-stream';

/** `null` takes a header away. */
export type HeaderChanges = Readonly<Record<string, string | null>>;

export async function ask(url: string, init: BunFetchRequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const text = init.method === 'GET' && response.ok ? await leave(response) : await response.text();
  return { ...read(text), status: response.status, headers: response.headers, text };
}

/** A stream that stands is of no interest but for having begun. */
async function leave(response: Response): Promise<string> {
  await response.body?.cancel();
  return '';
}

function read(text: string): Omit<Answer, 'status' | 'headers' | 'text'> {
  const data = text.startsWith('{')
    ? text
    : (text
        .split('\n')
        .filter((line) => line.startsWith('data: {'))
        .at(-1)
        ?.slice('data: '.length) ?? '{}');
  const json: Json = JSON.parse(data);
  const body = objectOf(json);
  const error = objectOf(body['error']);
  const detail = objectOf(error['data']);
  return {
    body,
    result: isObject(body['result']) ? body['result'] : undefined,
    rpcCode: typeof error['code'] === 'number' ? error['code'] : undefined,
    message: stringAt(error, 'message'),
    code: stringAt(detail, 'code'),
    exchange: stringAt(detail, 'exchange'),
    remedy: stringAt(detail, 'remedy'),
  };
}

/** The object, or an empty one: for reading what may not be there. */
export function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

export function stringAt(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  return typeof value === 'string' ? value : undefined;
}

export function changed(headers: Readonly<Record<string, string>>, changes: HeaderChanges): Record<string, string> {
  return Object.fromEntries(Object.entries({ ...headers, ...changes }).flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}

/** The headers of a well-formed modern request. */
export function modernHeaders(token: string, method: string, params: JsonObject): Record<string, string> {
  const named = params['name'] ?? params['uri'] ?? params['taskId'];
  return {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: BOTH,
    'mcp-protocol-version': MODERN,
    'mcp-method': method,
    ...(typeof named === 'string' && /^[!-~]+$/.test(named) ? { 'mcp-name': named } : {}),
    ...(typeof named === 'string' && !/^[!-~]+$/.test(named) ? { 'mcp-name': `=?base64?${Buffer.from(named).toString('base64')}?=` } : {}),
  };
}

/** One modern request. */
export function askModern(
  url: string,
  token: string,
  method: string,
  params: JsonObject = {},
  headers: HeaderChanges = {},
): Promise<Answer> {
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method,
    params: { ...params, _meta: { ...ENVELOPE, ...objectOf(params['_meta']) } },
  });
  return ask(url, { method: 'POST', headers: changed(modernHeaders(token, method, params), headers), body });
}

/** A legacy session of one token on one route. */
export interface LegacySession {
  readonly headers: Readonly<Record<string, string>>;
  /** The result of `initialize`. */
  readonly hello: JsonObject;
  request(method: string, params?: JsonObject, headers?: HeaderChanges): Promise<Answer>;
  notify(method: string, params?: JsonObject): Promise<Answer>;
  /** GET or DELETE. */
  transport(httpMethod: 'GET' | 'DELETE', headers?: HeaderChanges): Promise<Answer>;
}

export const INITIALIZE = { protocolVersion: LEGACY, capabilities: {}, clientInfo: { name: 'tests', version: '1' } };

export function legacyHeaders(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: BOTH, 'mcp-protocol-version': LEGACY };
}

/** Throws when `initialize` is refused. */
export async function openLegacy(url: string, token: string): Promise<LegacySession> {
  const opened = await post(url, legacyHeaders(token), { id: 1, method: 'initialize', params: INITIALIZE });
  const id = opened.headers.get('mcp-session-id');
  if (id === null) throw new Error(`initialize: ${opened.status} ${opened.text}`);
  const headers = { ...legacyHeaders(token), 'mcp-session-id': id };
  await post(url, headers, { method: 'notifications/initialized' });
  return {
    headers,
    hello: opened.result ?? {},
    request: (method, params = {}, changes = {}) => post(url, changed(headers, changes), { id: 2, method, params }),
    notify: (method, params = {}) => post(url, headers, { method, params }),
    transport: (method, changes = {}) =>
      ask(url, { method, headers: changed(headers, { 'content-type': null, accept: 'text/event-stream', ...changes }) }),
  };
}

/** One legacy request outside any session. */
export function askLegacy(
  url: string,
  token: string,
  method: string,
  params: JsonObject = {},
  headers: HeaderChanges = {},
): Promise<Answer> {
  return post(url, changed(legacyHeaders(token), headers), { id: 2, method, params });
}

function post(url: string, headers: Record<string, string>, message: JsonObject): Promise<Answer> {
  return ask(url, { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', ...message }) });
}

/** Sends bytes as they are and gives what came back: all of it until the gate closed the connection, or its beginning. */
export function sendRaw(url: string, request: string, wanted: 'all' | 'beginning' = 'all'): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let answer = '';
  const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(request));
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    answer += chunk;
    if (wanted === 'beginning') socket.destroy();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => resolve(answer));
  return promise;
}
