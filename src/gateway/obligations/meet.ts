import type { Obligation } from '../../domain/decision.ts';
import type { Exchange } from '../../domain/exchange.ts';
import type { Message, RequestMessage } from '../../domain/message.ts';
import type { Denial, Permit, Verdict } from '../../domain/verdict.ts';
import { isGate, readApprove, type GateKind } from '../../policy/obligations.ts';
import { enforce, lift, type Objection } from '../enforce.ts';
import type { Approvals, Grant } from './approve.ts';
import { countBudget } from './budget.ts';
import { checkBulk } from './bulk.ts';
import { FROZEN, type Cascade } from './cascade.ts';
import { UNREADABLE, type Count } from './count.ts';
import type { Counters, Take } from './counters.ts';
import { isDryRun } from './stage.ts';
import { countLimit } from './limit.ts';
import { countQuestions } from './questions.ts';
import { countQuota } from './quota.ts';

/** What stands in the way last: what people must approve, what policy lets pass only so often, or so many at once, and what stands beside policy. */
export interface Gates {
  /**
   * Meets the gates of a verdict, if nothing else refuses: limits are taken all or none, and an approval is used up last, so
   * that a denial consumes nothing (DESIGN part 5). Rejects with ERR_STORE_UNAVAILABLE or ERR_LINK_UNAVAILABLE where counters,
   * or people, can't be asked.
   */
  meet(verdict: Verdict, message: Message, exchange: Exchange): Verdict | Promise<Verdict>;
}

/** How each kind is met: by a look at the call, or by a counter. What none of these meets denies. */
const KINDS: Readonly<Record<GateKind, (gate: Obligation, exchange: Exchange) => Count | Objection | undefined>> = {
  limit: (gate, exchange) => countLimit(gate, exchange) ?? UNREADABLE,
  budget: (gate, exchange) => countBudget(gate, exchange) ?? UNREADABLE,
  bulk: ({ value }, exchange) => checkBulk(value, exchange),
  // Of answers alone, and before these.
  quarantine: () => UNREADABLE,
  // Whether people did is asked last of all.
  approve: ({ value }) => (readApprove(value) === undefined ? UNREADABLE : undefined),
  stage: ({ value }) => (readApprove(value) === undefined ? UNREADABLE : undefined),
};

export interface GateParts {
  readonly counters: Counters;
  readonly cascade: Cascade;
  readonly approvals: Approvals;
  /** Why a server is not asked anything now, whatever policy says. */
  readonly closed: (exchange: Exchange) => Objection | undefined;
}

export function createGates({ counters, cascade, approvals, closed }: GateParts): Gates {
  const standingCounts = (exchange: Exchange): readonly (Count | undefined)[] => [countQuota(exchange), cascade.count(exchange)];
  /** Takes the counters, then the approval; what was taken is given back when the approval is not to be had. */
  const take = async (verdict: Verdict, message: Message, exchange: Exchange, counts: readonly Count[], grant?: Grant): Promise<Verdict> => {
    const took = await takeAll(counters, counts);
    if ('full' in took) {
      const { freezes } = took.full;
      if (freezes !== undefined) cascade.freeze(exchange, freezes);
      return refuse(verdict, message, freezes === undefined ? tooOften(took.retryAfterMs) : FROZEN);
    }
    const objection = await giveBackUnless(took.taken, grant);
    return objection === undefined ? pass(verdict, message, exchange, grant) : refuse(verdict, message, objection);
  };
  const pass = (verdict: Verdict, message: Message, exchange: Exchange, grant?: Grant): Verdict => {
    if (isCall(message)) cascade.permitted(exchange);
    return verdict.outcome === 'permit' ? verdict : lift(verdict, message, new Set(verdict.gates ?? []), grant?.id);
  };
  return {
    meet(verdict, message, exchange) {
      const gates = verdict.outcome === 'permit' ? [] : verdict.gates;
      if (gates === undefined) {
        if (verdict.outcome === 'denial' && isCall(message)) cascade.denied(exchange, verdict);
        return verdict;
      }
      const met = gates.map((gate) => (isGate(gate.kind) ? KINDS[gate.kind](gate, exchange) : UNREADABLE));
      const refused = met.find(isObjection) ?? (isCall(message) ? (cascade.frozen(exchange) ?? closed(exchange)) : undefined);
      if (refused !== undefined) return refuse(verdict, message, refused);
      const all = [...met, ...(isCall(message) ? standingCounts(exchange) : [countQuestions(message, exchange)])].filter(isCount);
      const counts = [...new Map(all.map((count) => [`${count.key}/${count.rate.periodMs}/${count.rate.max}`, count])).values()];
      const toApprove = gates.filter(({ kind }) => kind === 'approve' || (kind === 'stage' && !isDryRun(exchange)));
      if (toApprove.length > 0) {
        if (!isCall(message)) return refuse(verdict, message, UNASKABLE);
        return approvals.seek(message, exchange, toApprove, verdict.decision)
          .then((found) => ('use' in found ? take(verdict, message, exchange, counts, found) : refuse(verdict, message, found)));
      }
      return counts.length === 0 ? pass(verdict, message, exchange) : take(verdict, message, exchange, counts);
    },
  };
}

/** Only what a client asks can wait for a person: what a server asks is answered now, or refused. */
const UNASKABLE: Objection = {
  code: 'ERR_OBLIGATION_UNKNOWN', reason: 'What a server asks can\'t wait for somebody to approve it.', remedy: 'Ask the owner of the policy.',
};

function isCall(message: Message): message is RequestMessage {
  return message.kind === 'request' && message.from === 'client';
}

async function giveBackUnless(taken: readonly Taken[], grant: Grant | undefined): Promise<Objection | undefined> {
  if (grant === undefined) return undefined;
  try {
    const objection = await grant.use();
    if (objection !== undefined) await giveBack(taken);
    return objection;
  } catch (fault) {
    await giveBack(taken).catch(() => undefined);
    throw fault;
  }
}

type Taken = Extract<Take, { readonly giveBack: unknown }>;

/** All counters, in order, or none. Of the first that has no room: which it is, and when there is some. */
async function takeAll(
  counters: Counters, counts: readonly Count[],
): Promise<{ readonly taken: readonly Taken[] } | { readonly full: Count; readonly retryAfterMs: number }> {
  const taken: Taken[] = [];
  try {
    for (const count of counts.flatMap((one) => Array.from({ length: one.times ?? 1 }, () => one))) {
      const take = await counters.take(count.key, count.rate);
      if ('giveBack' in take) taken.push(take);
      else {
        await giveBack(taken);
        return { full: count, retryAfterMs: take.retryAfterMs };
      }
    }
    return { taken };
  } catch (fault) {
    await giveBack(taken).catch(() => undefined);
    throw fault;
  }
}

async function giveBack(taken: readonly Taken[]): Promise<void> {
  await Promise.all(taken.map((take) => take.giveBack()));
}

/** Policy would have let it pass; the record keeps what policy decided. */
function refuse({ decision, changed }: Permit | Denial, message: Message, objection: Objection): Verdict {
  const refused = enforce(message, { ...decision, outcome: 'allow', obligations: [] }, false, objection, changed);
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
