import type { Exchange } from '../../domain/exchange.ts';
import type { Effect } from '../../domain/server.ts';
import type { Denial } from '../../domain/verdict.ts';
import type { Objection } from '../enforce.ts';
import { countedAs, type Count } from './count.ts';

/**
 * Stops what runs away: too many calls that destroy, leave the company or move money, or denial after denial, freeze the
 * flow context. Nothing more passes in it, at any replica, until an administrator lifts that.
 */
export interface Cascade {
  /** Why nothing passes, in the moment before every replica knows it from the lease. */
  frozen(exchange: Exchange): Objection | undefined;
  /** What this call is counted as, where its effect is one that counts. */
  count(exchange: Exchange): Count | undefined;
  denied(exchange: Exchange, denial: Denial): void;
  permitted(exchange: Exchange): void;
  freeze(exchange: Exchange, why: string): void;
}

/** What control is told; it holds the switch and tells every replica. */
export interface Freeze {
  readonly space: string;
  readonly context: string;
  readonly why: string;
  readonly exchange: string;
  readonly principal: string;
  readonly agent: string;
}

const COUNTED: ReadonlySet<Effect> = new Set<Effect>(['destroy', 'communicate', 'transact']);
const REMEMBERED_MAX = 20_000;
const RETRY_MS = 250;
/** Control refuses further ones when it has too many: what it was not told of stands here. */
const RETRY_MS_MAX = 8_000;
/** As long as a lease takes to arrive, and more. */
const ARRIVES_MS = 2_000;

/** `report` resolves when control has thrown the switch; it is tried until then, or until `signal` ends all. */
export function createCascade(report: (freeze: Freeze) => Promise<void>, signal: AbortSignal, now: () => number = Date.now): Cascade {
  const denials = new Map<string, number>();
  const frozen = new Map<string, number>();
  const tell = async (freeze: Freeze, key: string): Promise<void> => {
    for (let wait = RETRY_MS; !signal.aborted; wait = Math.min(2 * wait, RETRY_MS_MAX)) {
      try {
        await report(freeze);
        frozen.set(key, now() + ARRIVES_MS);
        return;
      } catch {
        await Bun.sleep(wait);
      }
    }
  };
  const freeze: Cascade['freeze'] = (exchange, why) => {
    const key = keyOf(exchange);
    if (isFrozen(key)) return;
    if (frozen.size >= REMEMBERED_MAX) forgetOver(frozen, now());
    frozen.set(key, Infinity);
    denials.delete(key);
    const { space, flow, id, principal } = exchange;
    void tell({ space, context: flow, why, exchange: id, principal: principal.id, agent: principal.agent }, key);
  };
  const isFrozen = (key: string): boolean => (frozen.get(key) ?? 0) > now();
  return {
    freeze,
    frozen: (exchange) => (isFrozen(keyOf(exchange)) ? FROZEN : undefined),
    count({ space, flow, tool, call, snapshot }) {
      // A guess at an effect is pessimistic: it may deny, but what it counts would stop work that harms nobody.
      const effect = tool?.confirmed === true && call.action === 'call_tool' ? tool.effect : undefined;
      if (effect === undefined || !COUNTED.has(effect)) return undefined;
      const { max, periodMs } = snapshot.limits.cascade;
      return { key: countedAs(space, ['cascade', flow]), rate: { max, periodMs }, freezes: `more than ${max} calls that destroy, communicate or transact` };
    },
    denied(exchange, { code }) {
      if (code !== 'ERR_POLICY_DENIED' && code !== 'ERR_POLICY_ERROR') return;
      const key = keyOf(exchange);
      const inARow = (denials.get(key) ?? 0) + 1;
      denials.delete(key);
      if (denials.size >= REMEMBERED_MAX) denials.clear();
      denials.set(key, inARow);
      const max = exchange.snapshot.limits.cascade.denials;
      if (inARow > max) freeze(exchange, `more than ${max} denials in a row`);
    },
    permitted: (exchange) => void denials.delete(keyOf(exchange)),
  };
}

/** What control was not told of yet stays, however much there is: it ends with the lease, when nothing passes anyway. */
function forgetOver(frozen: Map<string, number>, now: number): void {
  for (const [key, until] of frozen) if (until <= now) frozen.delete(key);
}

function keyOf({ space, flow }: Exchange): string {
  return `${space}/${flow}`;
}

export const FROZEN: Objection = { code: 'ERR_KILLED', reason: 'This flow context is frozen.', remedy: 'Ask the security team.' };
