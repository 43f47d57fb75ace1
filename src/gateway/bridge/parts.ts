import type { Exchange } from '../../domain/exchange.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { ErrorMessage, Message, ResultMessage } from '../../domain/message.ts';
import type { Server } from '../../domain/server.ts';
import type { SharedState } from '../../domain/state.ts';
import type { Upstream } from '../../domain/upstream.ts';
import type { InForceKeeper } from '../in-force.ts';
import type { OpenExchanges } from '../open-exchanges.ts';
import type { Connections } from './connections.ts';
import type { HeldCalls } from './held.ts';
import type { Questions } from './questions.ts';

/** The other replicas: a cross-era continuation is brought to the one that owns it. */
export interface Peers {
  /** Continues a held call at its owner. Throws ERR_SESSION_OWNER_LOST when the owner can't be reached. */
  resume(owner: string, handle: string, responses: Readonly<Record<string, JsonObject>>, exchange: Exchange, signal: AbortSignal): AsyncIterable<Message>;
  /** Brings a client's answer to the replica that asked. */
  answer(owner: string, session: string, message: ResultMessage | ErrorMessage): Promise<void>;
}

/** What the bridge works with. */
export interface BridgeParts {
  readonly node: string;
  readonly ways: { readonly http: Upstream; readonly sse: Upstream; readonly stdio: Upstream };
  readonly connections: Connections;
  readonly held: HeldCalls;
  readonly questions: Questions;
  readonly peers: Peers;
  readonly inForce: InForceKeeper;
  readonly state: SharedState;
  readonly open: OpenExchanges;
  /** What a member of a toolset lists for this caller: an exchange of its own, through the gate. */
  listResources(member: Server, exchange: Exchange, signal: AbortSignal): Promise<readonly JsonObject[]>;
}

/** How an exchange's own server is reached. */
export function wayTo(parts: BridgeParts, exchange: Exchange): Upstream {
  return parts.ways[exchange.server.endpoint.transport];
}
