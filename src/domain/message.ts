import type { Json, JsonObject } from './json.ts';

/** The MCP revisions that Sallyport speaks, oldest first. */
export const REVISIONS = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'] as const;
export type Revision = (typeof REVISIONS)[number];

/** `legacy`: handshake and sessions (2024-11-05 … 2025-11-25). `modern`: stateless POST with a `_meta` envelope (2026-07-28 on). */
export type Era = 'legacy' | 'modern';

export function eraOf(revision: Revision): Era {
  return revision === '2026-07-28' ? 'modern' : 'legacy';
}

/** Who wrote a message: the downstream client or the upstream server. */
export type Peer = 'client' | 'server';

export type RpcId = string | number;

/** One JSON-RPC 2.0 message, decoded once (invariant 2). After `decode` nothing sees the original bytes. */
export type Message = RequestMessage | NotificationMessage | ResultMessage | ErrorMessage;

interface Common {
  readonly from: Peer;
  /** The revision this message is written in; it selects the rules that it was checked by. */
  readonly revision: Revision;
  /** Headers of the message that are part of its meaning: `mcp-param-*`, lower-case names, decoded values. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Event id and retry hint of the SSE event that carried this message; legacy streams are resumed by them. */
  readonly eventId?: string;
  readonly retryMs?: number;
}

export interface RequestMessage extends Common {
  readonly kind: 'request';
  readonly id: RpcId;
  readonly method: string;
  readonly params?: JsonObject;
}

export interface NotificationMessage extends Common {
  readonly kind: 'notification';
  readonly method: string;
  readonly params?: JsonObject;
}

export interface ResultMessage extends Common {
  readonly kind: 'result';
  readonly id: RpcId;
  readonly result: JsonObject;
  /** The session id that a legacy `initialize` hands out: the server's own on the way in, our sealed one on the way out. */
  readonly session?: string;
}

export interface ErrorMessage extends Common {
  readonly kind: 'error';
  /** `null` only where the request's id could not be read (JSON-RPC 2.0, section 5). */
  readonly id: RpcId | null;
  /** The HTTP status it came with, where that is part of the meaning (404 with -32601 in the modern era). */
  readonly httpStatus?: number;
  readonly error: { readonly code: number; readonly message: string; readonly data?: Json };
}

/**
 * Legacy transport verbs travel under these names, so that they take the same path as every message: `stream` (GET) and
 * `terminate` (DELETE) are requests of the client; `opened` is the upstream's notification that a stream is open, or an
 * SSE event that carries an id and no data (a priming event).
 */
export const TRANSPORT_METHODS = { stream: 'transport/stream', terminate: 'transport/terminate', opened: 'transport/opened' } as const;
