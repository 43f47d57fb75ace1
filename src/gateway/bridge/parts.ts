import type { Exchange } from '../../domain/exchange.ts';
import type { Finding } from '../../domain/finding.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { ErrorMessage, Message, RequestMessage, ResultMessage } from '../../domain/message.ts';
import type { Server } from '../../domain/server.ts';
import type { SharedState } from '../../domain/state.ts';
import type { Upstream } from '../../domain/upstream.ts';
import type { Denial } from '../../domain/verdict.ts';
import type { FlowContexts } from '../../flow/keeper.ts';
import type { InForceKeeper } from '../in-force.ts';
import type { Connections } from './connections.ts';
import type { HeldCalls } from './held.ts';
import type { Questions } from './questions.ts';
import type { Subscriptions } from './subscriptions.ts';

/** The other replicas: a cross-era continuation is brought to the one that owns it. */
export interface Peers {
  /** Continues a held call at its owner. Throws ERR_SESSION_OWNER_LOST when the owner can't be reached. */
  resume(owner: string, handle: string, responses: Readonly<Record<string, JsonObject>>, exchange: Exchange, signal: AbortSignal): AsyncIterable<Message>;
  /** Brings a client's answer to the replica that asked. */
  answer(owner: string, session: string, message: ResultMessage | ErrorMessage): Promise<void>;
  /** Tells the replica that has a session's stream that its subscriptions are others now. */
  resubscribe(owner: string, session: string): Promise<void>;
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
  readonly flow: Pick<FlowContexts, 'labels'>;
  /** What was found of the exchange in which a server asks. */
  findings(exchange: Exchange): readonly Finding[];
  readonly subscriptions: Subscriptions;
  /** Records what a server asked and was refused in the client's stead, in the exchange that it asked in. */
  recordAside(question: RequestMessage, denial: Denial, exchange: Exchange): Promise<void>;
  /** `subscriptions/listen` of one member of a toolset for this caller: an exchange of its own, through the gate. */
  listenAt(member: Server, wishes: JsonObject, capabilities: JsonObject, exchange: Exchange, signal: AbortSignal): AsyncIterable<Message>;
  /** What a member of a toolset lists for this caller: an exchange of its own, through the gate. */
  listResources(member: Server, exchange: Exchange, signal: AbortSignal): Promise<readonly JsonObject[]>;
}

/** How an exchange's own server is reached. */
export function wayTo(parts: BridgeParts, exchange: Exchange): Upstream {
  return parts.ways[exchange.server.endpoint.transport];
}
