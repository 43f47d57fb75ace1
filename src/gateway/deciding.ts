import type { Obligation } from '../domain/decision.ts';
import type { Exchange } from '../domain/exchange.ts';
import type { Message } from '../domain/message.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { World } from './gateway.ts';
import { hides, judge, knownWith, type Known } from './guard.ts';

/** The decision of one message: made when it came and, where people are waited for, made anew by what is known by then. */
export interface Deciding {
  /** What it was decided by, the last time. */
  readonly known: Known;
  /** What is to be sent, after all that policy wants changed in it. */
  readonly message: Message;
  readonly exchange: Exchange;
  decide(): Promise<Verdict>;
  /** With what its context carries now; undefined: what it began with is in force no longer, so it is not decided any more. */
  again(): Promise<Verdict | undefined>;
}

type Parts = Pick<World, 'inForce' | 'flow' | 'pins' | 'gates' | 'inspecting' | 'transforming'>;

export function deciding(parts: Parts, asked: Message, began: Exchange, first: Known): Deciding {
  const { inForce, flow, pins, gates, inspecting, transforming } = parts;
  let known = first;
  let [message, exchange] = [asked, began];
  let done: readonly Obligation[] = [];
  const decide = async (): Promise<Verdict> => {
    const force = inForce.of(exchange.snapshot);
    const pin = await pins.check(exchange, () => hides(exchange, force));
    const judged = judge(message, exchange, force, pin, known, done);
    const wanted = judged.outcome === 'denial' && done.length === 0 ? judged.transforms : undefined;
    if (wanted === undefined) return gates.meet(judged, message, exchange);
    const changed = await transforming.asked(message, exchange, wanted, known.findings);
    if (changed === undefined) return judged;
    // Whatever was found in it counts as it is now; how its caller behaves is as it was.
    const left = inspecting.asked(changed.message, changed.exchange);
    if (!transforming.isDone(wanted, left)) return judged;
    const carried = await flow.know(changed.exchange, force.engine);
    known = knownWith(carried, [...first.findings.filter(({ detector }) => detector === 'anomaly'), ...left]);
    [message, exchange, done] = [changed.message, changed.exchange, wanted];
    return gates.meet(judge(message, exchange, force, pin, known, done), message, exchange);
  };
  return {
    get known() {
      return known;
    },
    get message() {
      return message;
    },
    get exchange() {
      return exchange;
    },
    decide,
    async again() {
      const force = inForce.current(Date.now());
      if (force.snapshot !== exchange.snapshot) return undefined;
      known = knownWith(await flow.know(exchange, force.engine), known.findings);
      return decide();
    },
  };
}
