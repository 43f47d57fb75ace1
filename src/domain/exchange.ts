import type { Action, Resource } from './decision.ts';
import type { Examination, Route } from './inbound.ts';
import type { JsonObject } from './json.ts';
import type { Revision, RpcId } from './message.ts';
import type { Principal } from './principal.ts';
import type { Server, Tool } from './server.ts';
import type { Snapshot } from './snapshot.ts';
import type { TraceContext } from './telemetry.ts';

/** What one request asks for, named canonically. */
export interface Call {
  readonly method: string;
  readonly action: Action;
  readonly resource: Resource;
  readonly arguments: JsonObject | undefined;
  /** What else its message tells the server, as far as somebody may have written it: a URI, answers to questions, metadata; absent: nothing. */
  readonly beside?: JsonObject;
}

/** A tool as it is called, under its canonical name. */
export interface ToolCall {
  readonly tool: Tool;
  readonly resource: Resource;
  readonly arguments: JsonObject | undefined;
}

/** A legacy session. Its id is a sealed box over these, so any replica can serve it and no other principal can use it. */
export interface Session {
  /** Digest of the sealed id: what records and shared state may hold. */
  readonly key: string;
  /** The upstream's own id; absent where the gateway itself keeps the session (bridge, stdio, toolset). */
  readonly upstream?: string;
  readonly revision: Revision;
  readonly capabilities: JsonObject;
  readonly clientInfo: JsonObject;
  /** Epoch ms. */
  readonly openedAt?: number;
}

/** Who calls, through which agent, which server: one request and everything that belongs to it. Immutable. */
export interface Exchange {
  /** UUIDv7. */
  readonly id: string;
  readonly space: string;
  readonly startedAt: number;
  readonly route: Route;
  readonly address: string;
  readonly zone: 'loopback' | 'internal' | 'external';
  /** The revision spoken downstream. */
  readonly revision: Revision;
  readonly principal: Principal;
  /** Key of the flow context that it belongs to: what comes back labels it, and policy sees those labels. */
  readonly flow: string;
  /** On a toolset route, for what concerns the toolset as a whole, a stand-in that reaches nothing; see `members`. */
  readonly server: Server;
  /** Toolset as a whole only: the approved servers behind it. */
  readonly members?: readonly Server[];
  readonly tool?: Tool;
  readonly call: Call;
  /** The dispatchers that the call goes through, outermost first: `tool` and `call` are what the last of them runs (invariant 7). */
  readonly dispatchers?: readonly ToolCall[];
  /** The JSON-RPC id that the client gave its request; cancellation names it. */
  readonly request?: RpcId;
  /** The one snapshot that judges this exchange (invariant 4). */
  readonly snapshot: Snapshot;
  /** Whose upstream credential and connection carry it: the principal itself, or the caller behind a workload of ours. */
  readonly onBehalfOf: Principal;
  /** The registry's own workload only: the server is asked in a way in which it should refuse. */
  readonly examine?: Examination;
  /** The trace that it is a part of. */
  readonly trace?: TraceContext;
  /** Legacy only: the downstream session as it was opened from our sealed id. */
  readonly session?: Session;
}
