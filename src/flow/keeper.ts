import { SallyportError } from '../domain/errors.ts';
import type { Exchange } from '../domain/exchange.ts';
import type { Finding } from '../domain/finding.ts';
import type { Principal } from '../domain/principal.ts';
import { REGISTRY_PRINCIPAL_ID } from '../domain/principal.ts';
import { UNLABELLED, type Labels } from '../domain/server.ts';
import { labelsOf } from './context.ts';
import { covers, join, withFound } from './labels.ts';

/** One look at a context, in which labels may be added. */
export interface Visit {
  readonly space: string;
  readonly key: string;
  readonly principal: Principal;
  /** The generation that was there before, so that a context that is lost is not taken for a new one. */
  readonly knew?: number;
  readonly add: Labels;
}

/** A context as it is now. Each end begins a new generation. */
export interface Carried {
  readonly generation: number;
  readonly labels: Labels;
}

export interface FlowContexts {
  /** What the context of an exchange carries, as policy may know it; `exactly`: of this very moment, of all replicas. */
  labels(exchange: Exchange, exactly: boolean): Labels | Promise<Labels>;
  /** Labels the context by what came back and what was found in it. Resolves when that is durable, for every replica; until then nothing is given out. */
  carry(exchange: Exchange, findings?: readonly Finding[]): Promise<void>;
}

/** How long it is believed that nobody else changed a context. What policy reads is never merely believed. */
const BELIEF_MS = 1_000;
const REMEMBERED_MAX = 20_000;

interface Known extends Carried {
  readonly at: number;
  readonly signIn: string | undefined;
}

/**
 * Memory is only a cache of what `visit` makes durable: labels join and never fall, so that a late writer loses nothing,
 * and what is covered already writes nothing.
 */
export function createFlowContexts(visit: (visit: Visit) => Promise<Carried>, now: () => number = Date.now): FlowContexts {
  const remembered = new Map<string, Known>();
  const looking = new Map<string, Promise<Known>>();

  const look = async ({ flow: key, principal, space, snapshot }: Exchange, add: Labels): Promise<Known> => {
    const at = now();
    const before = remembered.get(key);
    // What idled away is not lost.
    const knew = before === undefined || at - before.at > snapshot.limits.contextIdleMs ? {} : { knew: before.generation };
    const carried = await visit({ space, key, principal, add, ...knew });
    const latest = remembered.get(key);
    // Two looks may cross: of one generation what either saw holds.
    const labels = latest?.generation === carried.generation ? join(carried.labels, latest.labels) : carried.labels;
    const known = { generation: carried.generation, labels, at, signIn: principal.signIn };
    if (latest !== undefined && latest.generation > known.generation) return latest;
    if (remembered.size >= REMEMBERED_MAX) remembered.clear();
    remembered.set(key, known);
    return known;
  };
  /** Calls that come together look together. */
  const lookTogether = (exchange: Exchange, add: Labels): Promise<Known> => {
    const id = JSON.stringify([exchange.flow, exchange.principal.signIn, add]);
    const turn = looking.get(id) ?? look(exchange, add).finally(() => looking.delete(id));
    looking.set(id, turn);
    return turn;
  };
  return {
    labels(exchange, exactly) {
      if (!exactly || isOurs(exchange)) return UNLABELLED;
      return look(exchange, UNLABELLED).then(({ labels }) => labels);
    },
    async carry(exchange, findings = []) {
      const add = isOurs(exchange) ? undefined : labelsWith(exchange, findings);
      if (add === undefined) return;
      const known = remembered.get(exchange.flow);
      const covered = known !== undefined && known.signIn === exchange.principal.signIn && covers(known.labels, add);
      if (covered && now() - known.at < BELIEF_MS) return;
      try {
        await lookTogether(exchange, add);
      } catch (fault) {
        // What is covered is durable. While nobody can be asked nobody else can add to it either, and the lease ends all that.
        if (!covered || !(fault instanceof SallyportError) || !AWAY.has(fault.code)) throw fault;
      }
    },
  };
}

const AWAY: ReadonlySet<string> = new Set(['ERR_LINK_UNAVAILABLE', 'ERR_STORE_UNAVAILABLE']);

/** What comes back carries its source's labels, and what was found in it. */
function labelsWith(exchange: Exchange, findings: readonly Finding[]): Labels | undefined {
  const own = labelsOf(exchange);
  const found = findings.filter(({ labels }) => labels !== undefined);
  return own === undefined && found.length === 0 ? undefined : withFound(own ?? UNLABELLED, found);
}

/** The registry's own workload reads what servers say of themselves, for nobody. */
function isOurs({ principal }: Exchange): boolean {
  return principal.id === REGISTRY_PRINCIPAL_ID;
}
