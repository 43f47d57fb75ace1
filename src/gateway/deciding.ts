import type { Exchange } from '../domain/exchange.ts';
import type { Message } from '../domain/message.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { World } from './gateway.ts';
import { hides, judge, knownWith, type Known } from './guard.ts';

/** The decision of one message: made when it came and, where people are waited for, made anew by what is known by then. */
export interface Deciding {
  /** What it was decided by, the last time. */
  readonly known: Known;
  decide(): Promise<Verdict>;
  /** With what its context carries now; undefined: what it began with is in force no longer, so it is not decided any more. */
  again(): Promise<Verdict | undefined>;
}

export function deciding({ inForce, flow, pins, gates }: Pick<World, 'inForce' | 'flow' | 'pins' | 'gates'>, message: Message, exchange: Exchange, first: Known): Deciding {
  let known = first;
  const decide = async (): Promise<Verdict> => {
    const force = inForce.of(exchange.snapshot);
    const pin = await pins.check(exchange, () => hides(exchange, force));
    return gates.meet(judge(message, exchange, force, pin, known), message, exchange);
  };
  return {
    get known() {
      return known;
    },
    decide,
    async again() {
      const force = inForce.current(Date.now());
      if (force.snapshot !== exchange.snapshot) return undefined;
      known = { ...knownWith(await flow.labels(exchange, force.engine.readsFlow), known.findings), provenance: known.provenance };
      return decide();
    },
  };
}
