import type { Action, Resource } from './decision.ts';
import type { Route } from './inbound.ts';
import type { JsonObject } from './json.ts';
import type { Revision } from './message.ts';
import type { Principal } from './principal.ts';
import type { Server, Tool } from './server.ts';
import type { Snapshot } from './snapshot.ts';

/** What one request asks for, named canonically. */
export interface Call {
  readonly method: string;
  readonly action: Action;
  readonly resource: Resource;
  readonly arguments: JsonObject | undefined;
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
  readonly server: Server;
  readonly tool?: Tool;
  readonly call: Call;
  /** The one snapshot that judges this exchange (invariant 4). */
  readonly snapshot: Snapshot;
  /** Downstream session id as sealed by us; legacy only. */
  readonly session?: string;
}
