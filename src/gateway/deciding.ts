import type { Obligation } from '../domain/decision.ts';
import type { Exchange } from '../domain/exchange.ts';
import type { Finding } from '../domain/finding.ts';
import type { Message } from '../domain/message.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { Carries } from '../flow/keeper.ts';
import type { World } from './gateway.ts';
import { flowReads, hides, judge, knownWith, type Known } from './guard.ts';
import type { Inspected } from './inspecting.ts';

/** The decision of one message: made when it came and, where people are waited for, made anew by what is known by then. */
export interface Deciding {
  /** What it was decided by, the last time. */
  readonly known: Known;
  /** What detectors that only look found in it as it came: nothing is decided by it. */
  readonly shadow: readonly Finding[];
  /** What is to be sent, after all that policy wants changed in it. */
  readonly message: Message;
  readonly exchange: Exchange;
  decide(): Promise<Verdict>;
  /** With what its context carries now; undefined: what it began with is in force no longer, so it is not decided any more. */
  again(): Promise<Verdict | undefined>;
}

type Parts = Pick<World, 'inForce' | 'flow' | 'pins' | 'gates' | 'inspecting' | 'transforming'>;

/** `watched`: how unusual its caller's behaviour is, which what is changed in the message changes nothing of. */
export function deciding(
  parts: Parts, asked: Message, began: Exchange, carried: Carries, watched: Inspected, seen: Inspected,
): Deciding {
  const { inForce, flow, pins, gates, inspecting, transforming } = parts;
  const shadow = [...watched.shadow, ...seen.shadow];
  let known = knownWith(carried, [...watched.findings, ...seen.findings]);
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
    const left = (await inspecting.asked(changed.message, changed.exchange)).findings;
    if (!transforming.isDone(wanted, left)) return judged;
    const carries = await flow.know(changed.exchange, flowReads(changed.exchange, force));
    known = knownWith(carries, [...watched.findings, ...left]);
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
    shadow, decide,
    async again() {
      const force = inForce.current(Date.now());
      if (force.snapshot !== exchange.snapshot) return undefined;
      known = knownWith(await flow.know(exchange, flowReads(exchange, force)), known.findings);
      return decide();
    },
  };
}
