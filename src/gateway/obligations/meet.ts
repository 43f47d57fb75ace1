import type { Obligation } from '../../domain/decision.ts';
import type { Exchange } from '../../domain/exchange.ts';
import type { Message } from '../../domain/message.ts';
import type { Denial, Permit, Verdict } from '../../domain/verdict.ts';
import { isGate, type GateKind } from '../../policy/obligations.ts';
import { enforce, lift, type Objection } from '../enforce.ts';
import { countBudget } from './budget.ts';
import { checkBulk } from './bulk.ts';
import { FROZEN, type Cascade } from './cascade.ts';
import { UNREADABLE, type Count } from './count.ts';
import type { Counters, Take } from './counters.ts';
import { countLimit } from './limit.ts';
import { countQuota } from './quota.ts';

/** What stands in the way last: what policy lets pass only so often, or so many at once, and what stands beside policy. */
export interface Gates {
  /**
   * Meets the gates of a verdict, if nothing else refuses: limits are taken all or none, so that a denial consumes nothing
   * (DESIGN part 5). Rejects with ERR_STORE_UNAVAILABLE or ERR_LINK_UNAVAILABLE where counters can't be had.
   */
  meet(verdict: Verdict, message: Message, exchange: Exchange): Verdict | Promise<Verdict>;
}

/** How each kind is met: by a look at the call, or by a counter. What none of these meets denies. */
const KINDS: Readonly<Record<GateKind, (gate: Obligation, exchange: Exchange) => Count | Objection | undefined>> = {
  limit: (gate, exchange) => countLimit(gate, exchange) ?? UNREADABLE,
  budget: (gate, exchange) => countBudget(gate, exchange) ?? UNREADABLE,
  bulk: ({ value }, exchange) => checkBulk(value, exchange),
};

/** `closed`: why a server is not asked anything now, whatever policy says. */
export function createGates(counters: Counters, cascade: Cascade, closed: (exchange: Exchange) => Objection | undefined): Gates {
  return {
    meet(verdict, message, exchange) {
      const isCall = message.kind === 'request' && message.from === 'client';
      const gates = verdict.outcome === 'permit' ? [] : verdict.gates;
      if (gates === undefined) {
        if (verdict.outcome === 'denial' && isCall) cascade.denied(exchange, verdict);
        return verdict;
      }
      const met = gates.map((gate) => (isGate(gate.kind) ? KINDS[gate.kind](gate, exchange) : UNREADABLE));
      const refused = met.find(isObjection) ?? (isCall ? (cascade.frozen(exchange) ?? closed(exchange)) : undefined);
      if (refused !== undefined) return refuse(verdict, message, refused);
      const standing = isCall ? [countQuota(exchange), cascade.count(exchange)] : [];
      const counts = new Map([...met, ...standing].filter(isCount).map((count) => [`${count.key}/${count.rate.periodMs}/${count.rate.max}`, count]));
      const passed = (): Verdict => {
        if (isCall) cascade.permitted(exchange);
        return verdict.outcome === 'permit' ? verdict : lift(verdict, message, new Set(gates));
      };
      if (counts.size === 0) return passed();
      return takeAll(counters, [...counts.values()]).then((full) => {
        if (full === undefined) return passed();
        const { freezes } = full.count;
        if (freezes !== undefined) cascade.freeze(exchange, freezes);
        return refuse(verdict, message, freezes === undefined ? tooOften(full.retryAfterMs) : FROZEN);
      });
    },
  };
}

type Taken = Extract<Take, { readonly giveBack: unknown }>;

/** All counters, in order, or none. Of the first that has no room: which it is, and when there is some. */
async function takeAll(counters: Counters, counts: readonly Count[]): Promise<{ readonly count: Count; readonly retryAfterMs: number } | undefined> {
  const taken: Taken[] = [];
  try {
    for (const count of counts) {
      const take = await counters.take(count.key, count.rate);
      if ('giveBack' in take) taken.push(take);
      else {
        await giveBack(taken);
        return { count, retryAfterMs: take.retryAfterMs };
      }
    }
    return undefined;
  } catch (fault) {
    await giveBack(taken).catch(() => undefined);
    throw fault;
  }
}

async function giveBack(taken: readonly Taken[]): Promise<void> {
  await Promise.all(taken.map((take) => take.giveBack()));
}

/** Policy would have let it pass; the record keeps what policy decided. */
function refuse({ decision }: Permit | Denial, message: Message, objection: Objection): Verdict {
  const refused = enforce(message, { ...decision, outcome: 'allow', obligations: [] }, false, objection);
  return { ...refused, decision };
}

function tooOften(retryAfterMs: number): Objection {
  const seconds = Math.ceil(retryAfterMs / 1000);
  return {
    code: 'ERR_RATE_LIMITED', reason: 'This was done as often as it may be for now.',
    remedy: `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`, data: { retryAfterMs },
  };
}

function isObjection(met: Count | Objection | undefined): met is Objection {
  return met !== undefined && 'code' in met;
}

function isCount(met: Count | Objection | undefined): met is Count {
  return met !== undefined && 'key' in met;
}
