import { decodeBody } from '../mcp/decode.ts';
import { encodeBody, encodeHeaders } from '../mcp/encode.ts';
import { parseSse } from '../mcp/sse.ts';
import type { Codec } from './codec.ts';
import type { Endpoint, CredentialSpec, Server } from '../domain/server.ts';
import type { Exchange } from '../domain/exchange.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { Message, RequestMessage, Revision } from '../domain/message.ts';
import type { Principal } from '../domain/principal.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';
import { SallyportError } from '../domain/errors.ts';
import type { Upstream } from '../domain/upstream.ts';
import type { Permit } from '../domain/verdict.ts';
import { enforce } from '../gateway/enforce.ts';

/** What the tests of this room say and who says it. */
export const LEGACY: Revision = '2025-11-25';
export const MODERN: Revision = '2026-07-28';

const LABELS = { confidentiality: 'internal', categories: [], integrity: 'trusted' } as const;

export function permitOf(message: Message): Permit {
  const verdict = enforce(message, { outcome: 'allow', policies: ['test'], obligations: [], errors: [] }, false);
  if (verdict.outcome !== 'permit') throw new Error('not permitted');
  return verdict;
}

export function requestOf(method: string, params: JsonObject = {}, id: string | number = 1, revision: Revision = LEGACY): RequestMessage {
  if (revision !== MODERN) return { kind: 'request', from: 'client', revision, id, method, params };
  const _meta = { 'io.modelcontextprotocol/protocolVersion': MODERN, 'io.modelcontextprotocol/clientCapabilities': {} };
  return { kind: 'request', from: 'client', revision, id, method, params: { ...params, _meta } };
}

export interface Who {
  readonly principal?: string;
  readonly agent?: string;
  readonly session?: { readonly key: string; readonly upstream?: string; readonly capabilities?: JsonObject };
  readonly credentials?: CredentialSpec;
  readonly extraRoots?: string;
}

const NETWORKS = new Map<string | undefined, Exchange['snapshot']['network']>();

export function exchangeOf(endpoint: Endpoint, who: Who = {}): Exchange {
  const principal: Principal = {
    id: who.principal ?? 'sallyport|ann', kind: 'person', space: DEFAULT_SPACE, groups: [], agent: who.agent ?? 'agent', actors: [],
    proof: 'bearer', tokenAgeMs: 0, expiresAt: Number.MAX_SAFE_INTEGER, credential: 'c',
  };
  const server: Server = {
    id: 'crm', space: DEFAULT_SPACE, endpoint, owner: 'o', hosting: 'self', tier: 'internal', labels: LABELS,
    credentials: who.credentials ?? { type: 'none' }, status: 'approved',
  };
  const network = NETWORKS.get(who.extraRoots) ?? {
    publicUrl: 'https://localhost:7443', internal: [], origins: [], ...(who.extraRoots === undefined ? {} : { extraRoots: who.extraRoots }),
  };
  NETWORKS.set(who.extraRoots, network);
  return {
    id: 'x', space: DEFAULT_SPACE, startedAt: 0, route: { kind: 'server', space: DEFAULT_SPACE, name: 'crm' }, address: '127.0.0.1', zone: 'loopback',
    revision: LEGACY, principal, onBehalfOf: principal, server,
    call: { method: 'tools/call', action: 'call_tool', resource: { kind: 'tool', server: 'crm', name: 't', labels: LABELS, toolsets: [] }, arguments: {} },
    snapshot: { version: 1, createdAt: 0, policy: null, servers: [server], toolsets: [], agents: [], network },
    ...(who.session === undefined ? {} : { session: { revision: LEGACY, capabilities: {}, clientInfo: {}, ...who.session } }),
  };
}

const NEVER = new AbortController().signal;

/** Everything that comes back, until the exchange ends. */
export function sendAll(upstream: Upstream, message: Message, exchange: Exchange, signal: AbortSignal = NEVER): Promise<Message[]> {
  return Array.fromAsync(upstream.send(permitOf(message), exchange, signal));
}

/** The fault that a call ends with. */
export async function faultOf(work: Promise<unknown>): Promise<SallyportError> {
  try {
    await work;
  } catch (cause) {
    if (cause instanceof SallyportError) return cause;
    throw cause;
  }
  throw new Error('it did not fail');
}

export function resultIn(messages: readonly Message[]): Json {
  const last = messages.at(-1);
  if (last?.kind !== 'result') throw new Error(`no result: ${JSON.stringify(last)}`);
  return last.result;
}

export const codec: Codec = { encodeBody, encodeHeaders, decodeBody, parseSse: (chunks, limits) => parseSse(chunks, limits) };
