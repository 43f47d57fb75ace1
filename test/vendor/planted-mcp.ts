import { isObject } from '../../src/domain/json.ts';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import type { Faults } from './planted-oauth.ts';
import { toolPage } from './planted-tools.ts';

/** What the vendor keeps of its sessions: who opened each. */
export type Sessions = Map<string, string>;

export interface McpRequest {
  readonly headers: Headers;
  readonly body: string;
  /** Undefined: nobody, who was let through by a fault or an open door. */
  readonly caller: string | undefined;
  readonly faults: Faults;
  readonly sessions: Sessions;
}

const MODERN = '2026-07-28';

/** Answers one body, in both eras, as a vendor's server does: carefully, but for its faults. */
export function mcpAnswer(request: McpRequest): Response {
  const { body, faults } = request;
  if (depthOf(body) > 64 && !faults.has('deep-json')) return failed(400, -32_600, 'too deep');
  let said: Json;
  try {
    said = JSON.parse(body);
  } catch {
    return failed(400, -32_700, `Parse error${faults.has('stack-trace') ? '\n    at parse (dispatch.js:10:5)' : ''}`);
  }
  if (Array.isArray(said)) {
    if (!faults.has('batch') || said.length === 0) return failed(400, -32_600, 'no batches');
    return Response.json(said.map((one: Json) => answer(isObject(one) ? one : {}, request)).map((one) => one.body));
  }
  if (!isObject(said)) return failed(400, -32_600, 'no message');
  const { status, body: message, headers } = answer(said, request);
  return message === undefined ? new Response(null, { status }) : Response.json(message, { status, ...(headers === undefined ? {} : { headers }) });
}

interface Answered {
  readonly status: number;
  readonly body?: object;
  readonly headers?: Record<string, string>;
}

function failed(status: number, code: number, message: string): Response {
  return Response.json({ jsonrpc: '2.0', id: null, error: { code, message } }, { status });
}

function answer(said: JsonObject, request: McpRequest): Answered {
  const { method, params } = said;
  const meta = isObject(params) && isObject(params['_meta']) ? params['_meta'] : {};
  if (method === 'notifications/initialized') return { status: 202 };
  if (meta['io.modelcontextprotocol/protocolVersion'] !== undefined) return modern(said, meta, request);
  return legacy(said, request);
}

function result(said: JsonObject, value: object, headers: Record<string, string> = {}): Answered {
  return { status: 200, body: { jsonrpc: '2.0', id: said['id'], result: value }, headers };
}

function error(said: JsonObject, status: number, code: number, message: string, data?: object): Answered {
  return { status, body: { jsonrpc: '2.0', id: said['id'] ?? null, error: { code, message, ...(data === undefined ? {} : { data }) } } };
}

function modern(said: JsonObject, meta: JsonObject, { headers, faults }: McpRequest): Answered {
  const version = meta['io.modelcontextprotocol/protocolVersion'];
  if (faults.has('current-revision')) return error(said, 404, -32_601, 'Method not found');
  if (version !== MODERN && !faults.has('version-error')) return error(said, 400, -32_022, 'unsupported', { supported: [MODERN] });
  const named = headers.get('mcp-method');
  if (named === null && !faults.has('header-missing')) return error(said, 400, -32_020, 'Mcp-Method is missing');
  if (named !== null && named !== said['method'] && !faults.has('header-mismatch')) return error(said, 400, -32_020, 'Mcp-Method disagrees');
  if (said['method'] === 'server/discover') {
    const _meta = { 'io.modelcontextprotocol/serverInfo': { name: 'planted', version: '1.0.0' } };
    return result(said, { supportedVersions: [MODERN], capabilities: {}, _meta });
  }
  if (said['method'] === 'tools/list') {
    const cache = { ttlMs: 60_000, cacheScope: faults.has('tool-cache') ? 'public' : 'private' };
    return result(said, { ...toolPage(said['params'], faults), ...cache });
  }
  return called(said, faults);
}

function legacy(said: JsonObject, { headers, caller, faults, sessions }: McpRequest): Answered {
  const { method, params } = said;
  if (method === 'initialize') {
    const asked = isObject(params) && typeof params['protocolVersion'] === 'string' ? params['protocolVersion'] : '';
    const id = sessionId(faults);
    sessions.set(id, caller ?? 'nobody');
    const agreed = { protocolVersion: faults.has('old-revision') ? asked : '2025-11-25', capabilities: {}, serverInfo: { name: 'planted', version: '1.0.0' } };
    return result(said, agreed, { 'mcp-session-id': id });
  }
  const owner = sessions.get(headers.get('mcp-session-id') ?? '');
  if (owner === undefined) return error(said, 404, -32_001, 'Session not found');
  if (caller !== undefined && owner !== caller && !faults.has('session-bound')) return error(said, 404, -32_001, 'Session not found');
  if (method === 'ping') return result(said, {});
  return method === 'tools/list' ? result(said, toolPage(params, faults)) : called(said, faults);
}

let given = 0;

function sessionId(faults: Faults): string {
  if (faults.has('session-distinct')) return 'the-session';
  given += 1;
  return faults.has('session-random') ? `abcdef00-0000-7000-8000-${given.toString(16).padStart(12, '0')}` : crypto.randomUUID();
}

/** Methods and tools that are none: what it says of them is what errors give away. */
function called({ id, method, params }: JsonObject, faults: Faults): Answered {
  const said = { id: id ?? null };
  if (method !== 'tools/call') {
    const path = faults.has('file-path') ? ' in /srv/planted/dist/dispatch.js' : '';
    return error(said, 404, -32_601, `Method not found${path}`);
  }
  const name = isObject(params) ? params['name'] : undefined;
  if (typeof name !== 'string') {
    const sql = faults.has('sql-error') ? 'SQLITE_ERROR: near "$ne": SELECT name FROM tools' : 'the name is no text';
    return error(said, 400, -32_602, sql);
  }
  return error(said, 400, -32_602, faults.has('key-name') ? 'no such tool, and STRIPE_SECRET_KEY is not set' : 'no such tool');
}

function depthOf(body: string): number {
  let [depth, most] = [0, 0];
  for (const character of body) {
    if (character === '[' || character === '{') depth += 1;
    if (character === ']' || character === '}') depth -= 1;
    most = Math.max(most, depth);
  }
  return most;
}

/** Whether a session alone lets a request in. */
export function isLetInBySession(headers: Headers, faults: Faults): boolean {
  return faults.has('session-authority') && headers.get('mcp-session-id') !== null;
}

