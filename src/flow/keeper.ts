import { SallyportError } from '../domain/errors.ts';
import type { Exchange } from '../domain/exchange.ts';
import type { Finding } from '../domain/finding.ts';
import type { Message } from '../domain/message.ts';
import type { PolicyEngine } from '../domain/decision.ts';
import type { Principal } from '../domain/principal.ts';
import { REGISTRY_PRINCIPAL_ID } from '../domain/principal.ts';
import { UNDERIVED, type Provenance } from '../domain/provenance.ts';
import { UNLABELLED, type Labels } from '../domain/server.ts';
import { contextKey, labelsOf } from './context.ts';
import { covers, join, withFound } from './labels.ts';
import { provenanceOf, type FlowKey } from './provenance/derive.ts';
import { draftsOf, fieldLabels, write, type Draft, type Entry } from './provenance/entry.ts';
import { createRecall, type Read, type Recall, type Recalled } from './provenance/recall.ts';
import { sinkOf } from './provenance/sink.ts';

/** One look at a context, in which labels may be added. */
export interface Visit {
  readonly space: string;
  readonly key: string;
  readonly principal: Principal;
  /** The generation that was there before, so that a context that is lost is not taken for a new one. */
  readonly knew?: number;
  readonly add: Labels;
  /** Whether something is decided by the answer: then control gives none that it can't vouch for. */
  readonly asks: boolean;
  /** Where fingerprints are kept: the last position that is known here, of which generation, and what is added. Absent: nobody keeps them. */
  readonly recall?: { readonly generation: number; readonly after: number; readonly entries: readonly Entry[] };
}

/** A context as it is now. Each end begins a new generation. */
export interface Carried {
  readonly generation: number;
  readonly labels: Labels;
  readonly recall?: Read;
}

/** What came back, and whether fingerprints of it are kept. */
export interface Arrived {
  readonly answer: Message;
  readonly keeps: boolean;
}

/** Where contexts are kept. */
export interface Keeping {
  /** Rejects with `ERR_LINK_UNAVAILABLE` or `ERR_STORE_UNAVAILABLE` while nobody can be asked, and with `ERR_FLOW_UNKNOWN` where nobody can vouch for it. */
  visit(visit: Visit): Promise<Carried>;
  /**
   * Makes durable here what could not be added there, until it can be; false: it can be now. Rejects where it can't be kept: then it
   * is durable nowhere. `seenAt`: when the context was last visited (epoch ms).
   */
  keep(visit: Visit, seenAt: number): Promise<boolean>;
}

/** What a context carries and where a call's values come from; `believed`: as it was known last, of a call that depends on neither. */
export interface Carries {
  readonly flow: Labels;
  readonly provenance: Provenance;
  readonly believed?: true;
}

export interface FlowContexts {
  /** The key of a caller's context, split by a conversation where there is one. */
  keyOf(principal: Principal, conversation: string | undefined): string;
  /** What the context of an exchange carries, as policy may know it; `exactly`: of this very moment, of all replicas. */
  labels(exchange: Exchange, exactly: boolean): Labels | Promise<Labels>;
  /** The same, and where the values of the call's arguments come from; each as far as policy reads it. */
  know(exchange: Exchange, reads: Pick<PolicyEngine, 'readsFlow' | 'readsProvenance'>): Promise<Carries>;
  /** Labels the context by what came back and what was found in it. Resolves when that is durable, for every replica; until then nothing is given out. */
  carry(exchange: Exchange, findings: readonly Finding[], arrived?: Arrived): Promise<void>;
}

/** How long it is believed that nobody else changed a context. What policy reads is never merely believed. */
const BELIEF_MS = 1_000;
const REMEMBERED_MAX = 20_000;
/** How often it is tried to write what came back, while those who keep contexts come and go. */
const TURNS = 3;

interface Known extends Carried {
  readonly at: number;
  readonly signIn: string | undefined;
}

interface Looking {
  readonly remembered: ReadonlyMap<string, Known>;
  readonly recall: Recall;
  /** `entries`: what is left there; undefined: nobody keeps fingerprints. */
  look(exchange: Exchange, add: Labels, asks: boolean, entries?: readonly Entry[]): Promise<Known>;
  /** Calls that come together look together. */
  lookTogether(exchange: Exchange, add: Labels): Promise<Known>;
  /** For a decision. Rejects with `ERR_FLOW_UNKNOWN` where nobody can vouch for what it says. */
  ask(exchange: Exchange, entries?: readonly Entry[]): Promise<Known>;
  /** False: it may be looked at again. Throws `ERR_FLOW_UNKNOWN` where it can't be kept. */
  keep(exchange: Exchange, add: Labels, entries: readonly Entry[] | undefined, fault: unknown): Promise<boolean>;
}

/** Looks at contexts, and what is remembered of them. */
function createLooking(keeping: Keeping, now: () => number): Looking {
  const remembered = new Map<string, Known>();
  const looking = new Map<string, Promise<Known>>();
  const recall = createRecall();

  const visitOf = ({ flow, principal, space, snapshot }: Exchange, add: Labels, asks: boolean, entries?: readonly Entry[]): Visit => {
    const before = remembered.get(flow);
    // What idled away is not lost.
    const knew = before === undefined || now() - before.at > snapshot.limits.contextIdleMs ? {} : { knew: before.generation };
    const generation = before?.generation ?? 0;
    const kept = entries === undefined ? {} : { recall: { generation, after: recall.of(flow, generation).position, entries } };
    return { space, key: flow, principal, add, asks, ...knew, ...kept };
  };
  const look = async (exchange: Exchange, add: Labels, asks: boolean, entries?: readonly Entry[]): Promise<Known> => {
    const { flow, principal: { signIn } } = exchange;
    const at = now();
    const carried = await keeping.visit(visitOf(exchange, add, asks, entries));
    if (carried.recall !== undefined) recall.of(flow, carried.generation).learn(carried.recall, entries ?? []);
    const latest = remembered.get(flow);
    // Two looks may cross: of one generation what either saw holds.
    const labels = latest?.generation === carried.generation ? join(carried.labels, latest.labels) : carried.labels;
    const known = { generation: carried.generation, labels, at, signIn };
    if (latest !== undefined && latest.generation > known.generation) return latest;
    if (remembered.size >= REMEMBERED_MAX) remembered.clear();
    remembered.set(flow, known);
    return carried.recall?.more === true ? look(exchange, UNLABELLED, asks, []) : known;
  };
  /** What can't be added now is kept here, of a context that was lately seen: of others nobody knows that we may have added to them. */
  const keep = async (exchange: Exchange, add: Labels, entries: readonly Entry[] | undefined, fault: unknown): Promise<boolean> => {
    const { flow, principal, snapshot: { limits } } = exchange;
    const known = remembered.get(flow);
    if (known === undefined || known.signIn !== principal.signIn || now() - known.at > limits.contextIdleMs / 2) throw unknown(fault);
    if (!(await keeping.keep(visitOf(exchange, add, false, entries), known.at))) return false;
    const latest = remembered.get(flow) ?? known;
    remembered.set(flow, { ...latest, labels: join(latest.labels, add) });
    return true;
  };
  const ask = (exchange: Exchange, entries?: readonly Entry[]): Promise<Known> => look(exchange, UNLABELLED, true, entries).catch((fault: unknown) => {
    throw unknown(fault);
  });
  const lookTogether = (exchange: Exchange, add: Labels): Promise<Known> => {
    const id = JSON.stringify([exchange.flow, exchange.principal.signIn, add]);
    const turn = looking.get(id) ?? look(exchange, add, false).finally(() => looking.delete(id));
    looking.set(id, turn);
    return turn;
  };
  return { remembered, recall, ask, look, lookTogether, keep };
}

/**
 * Memory is only a cache of what `visit` makes durable: labels join and never fall, so that a late writer loses nothing,
 * and what is covered already writes nothing.
 */
export function createFlowContexts(keeping: Keeping, key: FlowKey, now: () => number = Date.now): FlowContexts {
  const looking = createLooking(keeping, now);
  const { remembered, recall } = looking;
  return {
    keyOf: (principal, conversation) => contextKey(principal, conversation, key.contexts),
    labels(exchange, exactly) {
      if (!exactly || isOurs(exchange)) return UNLABELLED;
      return looking.ask(exchange).then(({ labels }) => labels);
    },
    async know(exchange, { readsFlow, readsProvenance }) {
      if (isOurs(exchange)) return { flow: UNLABELLED, provenance: UNDERIVED };
      const sink = readsProvenance ? sinkOf(exchange) : undefined;
      if (sink === undefined && !readsFlow) {
        return { flow: remembered.get(exchange.flow)?.labels ?? UNLABELLED, provenance: UNDERIVED, believed: true };
      }
      const { labels, generation } = await looking.ask(exchange, readsProvenance ? [] : undefined);
      if (sink === undefined) return { flow: labels, provenance: UNDERIVED };
      return { flow: labels, provenance: provenanceOf({ ...recall.of(exchange.flow, generation), labels }, sink, key) };
    },
    async carry(exchange, findings, arrived) {
      const own = isOurs(exchange) ? undefined : labelsWith(exchange, findings, arrived?.answer);
      if (own === undefined) return;
      const add = arrived === undefined ? own : join(own, fieldLabels(exchange, arrived.answer));
      const known = remembered.get(exchange.flow);
      const drafts = arrived?.keeps === true ? draftsOf(exchange, arrived.answer, own, key, known?.labels.integrity !== 'untrusted') : [];
      const lacking = (at: Known | undefined): readonly Entry[] => fresh(drafts, at, recall.of(exchange.flow, at?.generation ?? 0));
      const entries = lacking(known);
      const covered = known !== undefined && known.signIn === exchange.principal.signIn && covers(known.labels, add) && entries.length === 0;
      if (covered && now() - known.at < BELIEF_MS) return;
      const tell = async (): Promise<void> => {
        if (arrived?.keeps !== true) {
          await looking.lookTogether(exchange, add);
          return;
        }
        const seen = await looking.look(exchange, add, false, entries);
        // What the generation before had is not in the next one.
        const rest = seen.generation === known?.generation ? [] : lacking(seen);
        if (rest.length > 0) await looking.look(exchange, add, false, rest);
      };
      for (let turn = 1; ; turn += 1) {
        try {
          return await tell();
        } catch (fault) {
          if (!isAway(fault) || turn === TURNS) throw fault;
          // What is covered is durable.
          if (covered || await looking.keep(exchange, add, arrived?.keeps === true ? entries : undefined, fault)) return;
        }
      }
    },
  };
}

/** What of the drafts is not there yet. */
function fresh(drafts: readonly Draft[], known: Known | undefined, { memory }: Recalled): readonly Entry[] {
  return drafts.flatMap((draft) => {
    const isEarly = known === undefined || (known.labels.integrity === 'trusted' && draft.labels.integrity === 'trusted');
    const marks = memory.missing({ source: draft.source, labels: draft.labels, isEarly }, draft.marks);
    const vouched = known?.labels.integrity === 'untrusted' ? (draft.directory ? draft.answered : []) : [...draft.asked, ...draft.answered];
    const isNew = marks.length > 0 || (draft.saturates && !memory.isSaturated) || (memory.canVouch && vouched.some((digest) => !memory.vouches(digest)));
    return isNew ? [write({ ...draft, marks })] : [];
  });
}

const AWAY: ReadonlySet<string> = new Set(['ERR_LINK_UNAVAILABLE', 'ERR_STORE_UNAVAILABLE']);

/** Whether it says that nobody who keeps contexts can be asked now. */
export function isAway(fault: unknown): boolean {
  return fault instanceof SallyportError && AWAY.has(fault.code);
}

/** To callers: what they may do depends on what can't be known now. */
function unknown(fault: unknown): unknown {
  if (!isAway(fault)) return fault;
  return new SallyportError('ERR_FLOW_UNKNOWN', 'Whether this may go there depends on what was read before, and that can\'t be asked now.', {
    remedy: 'Try again in a moment. Reading goes on meanwhile.', internal: fault instanceof Error ? fault.message : '',
  });
}

/** What comes back carries its source's labels, and what was found in it. */
function labelsWith(exchange: Exchange, findings: readonly Finding[], answer: Message | undefined): Labels | undefined {
  const own = labelsOf(exchange, answer);
  const found = findings.filter(({ labels }) => labels !== undefined);
  return own === undefined && found.length === 0 ? undefined : withFound(own ?? UNLABELLED, found);
}

/** The registry's own workload reads what servers say of themselves, for nobody. */
function isOurs({ principal }: Exchange): boolean {
  return principal.id === REGISTRY_PRINCIPAL_ID;
}
