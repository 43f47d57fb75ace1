import type { SharedState } from '../domain/state.ts';
import type { Upstream } from '../domain/upstream.ts';
import { createFlowContexts, type FlowContexts, type Keeping } from '../flow/keeper.ts';
import type { FlowKey } from '../flow/provenance/derive.ts';
import { createBreakers } from '../gateway/breaker.ts';
import type { InForceKeeper } from '../gateway/in-force.ts';
import { createApprovals } from '../gateway/obligations/approve.ts';
import { createCascade } from '../gateway/obligations/cascade.ts';
import { createCounters } from '../gateway/obligations/counters.ts';
import type { CallAside } from '../gateway/obligations/stage.ts';
import { createGates, type Gates } from '../gateway/obligations/meet.ts';
import { createProbing, type Probing } from '../gateway/probing.ts';
import type { Link } from '../link/connect.ts';
import { readPeerKey } from '../link/keys.ts';
import { approvalsOver } from './gateway-approvals.ts';

/** What bounds calls beside policy, and counts for it. */
export interface Limits {
  readonly flow: FlowContexts;
  readonly probing: Probing;
  /** The way to servers with a circuit breaker in it, and the gates that know it. */
  around(upstream: Upstream): { readonly upstream: Upstream; readonly gates: Gates };
}

export interface LimitsGround {
  readonly home: string;
  readonly node: string;
  readonly links: { readonly control: Link };
  readonly inForce: InForceKeeper;
  readonly state: SharedState;
  readonly signal: AbortSignal;
  readonly flowKey: FlowKey;
  /** Where flow contexts are kept. */
  readonly keeping: Keeping;
  /** How a dry run is called. */
  readonly aside: CallAside;
}

/** Counters are in the shared state of gateways; contexts and switches are control's, which makes them durable. */
export function joinLimits({ home, node, links: { control }, inForce, state, signal, flowKey, keeping, aside }: LimitsGround): Limits {
  const approvals = createApprovals(approvalsOver(control, node), () => readPeerKey(home, 'control'), aside);
  const counters = createCounters(state);
  const cascade = createCascade(async (freeze) => void (await control.call('control.freeze', { ...freeze })), signal);
  return {
    flow: createFlowContexts(keeping, flowKey),
    probing: createProbing(() => inForce.snapshot?.limits),
    around(inner) {
      const upstream = createBreakers(inner);
      return { upstream, gates: createGates({ counters, cascade, approvals, closed: (exchange) => upstream.objection(exchange) }) };
    },
  };
}
