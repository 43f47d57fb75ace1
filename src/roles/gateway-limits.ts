import { SallyportError } from '../domain/errors.ts';
import { isArray, isObject, type Json } from '../domain/json.ts';
import { CATEGORIES, CONFIDENTIALITIES } from '../domain/server.ts';
import type { SharedState } from '../domain/state.ts';
import type { Upstream } from '../domain/upstream.ts';
import { createFlowContexts, type Carried, type FlowContexts, type Visit } from '../flow/keeper.ts';
import type { FlowKey } from '../flow/provenance/derive.ts';
import type { Read } from '../flow/provenance/recall.ts';
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
  /** How a dry run is called. */
  readonly aside: CallAside;
}

/** Counters are in the shared state of gateways; contexts and switches are control's, which makes them durable. */
export function joinLimits({ home, node, links: { control }, inForce, state, signal, flowKey, aside }: LimitsGround): Limits {
  const approvals = createApprovals(approvalsOver(control, node), () => readPeerKey(home, 'control'), aside);
  const counters = createCounters(state);
  const cascade = createCascade(async (freeze) => void (await control.call('control.freeze', { ...freeze })), signal);
  return {
    flow: createFlowContexts(async (visit) => readCarried(await control.call('control.context', bodyOf(visit))), flowKey),
    probing: createProbing(() => inForce.snapshot?.limits),
    around(inner) {
      const upstream = createBreakers(inner);
      return { upstream, gates: createGates({ counters, cascade, approvals, closed: (exchange) => upstream.objection(exchange) }) };
    },
  };
}

function bodyOf({ space, key, principal, knew, add, recall }: Visit): Json {
  const { id, agent, actors, signIn: grant } = principal;
  return {
    space, key, principal: id, agent, actors, ...(grant === undefined ? {} : { grant }), ...(knew === undefined ? {} : { knew }), add: { ...add },
    ...(recall === undefined ? {} : { recall: { ...recall, entries: recall.entries.map((entry) => ({ ...entry, labels: { ...entry.labels } })) } }),
  };
}

function readCarried(answer: Json): Carried {
  const { generation, labels, recall } = isObject(answer) ? answer : {};
  const { confidentiality, categories, integrity } = isObject(labels) ? labels : {};
  const known = CONFIDENTIALITIES.find((one) => one === confidentiality);
  const isWhole = typeof generation === 'number' && known !== undefined && isArray(categories) && (integrity === 'trusted' || integrity === 'untrusted');
  if (!isWhole) throw new SallyportError('ERR_LINK_FRAME', 'control.context was answered with something else');
  const carried = { generation, labels: { confidentiality: known, categories: CATEGORIES.filter((one) => categories.includes(one)), integrity } } as const;
  return recall === undefined ? carried : { ...carried, recall: readRecall(recall) };
}

/** Control alone answers on this link, and checked each entry against its schema when it read it. */
function readRecall(recall: Json): Read {
  const isWhole = isObject(recall) && isArray(recall['entries']) && isArray(recall['passes']) && typeof recall['gaps'] === 'boolean';
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what it holds was checked by control's own schema
  if (isWhole) return recall as unknown as Read;
  throw new SallyportError('ERR_LINK_FRAME', 'control.context was answered with something else');
}
