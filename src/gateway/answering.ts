import type { Exchange } from '../domain/exchange.ts';
import type { Finding } from '../domain/finding.ts';
import type { Message } from '../domain/message.ts';
import type { Permit, Verdict } from '../domain/verdict.ts';
import { translate } from './enforce.ts';
import type { World } from './gateway.ts';
import { judgeAnswer, type Answered, type Known } from './guard.ts';
import type { InForce } from './in-force.ts';
import { pageObjection } from './page-guard.ts';
import { present } from './present.ts';
import { sanitise } from './sanitise/sanitise.ts';
import type { Cleaned } from './sanitise/text.ts';

/** An answer that was judged: as it is to be given out, what is found in it so, and what holds for it. */
export interface Judged extends Answered {
  readonly verdict: Verdict;
  /** What detectors that only look found in it as it came. */
  readonly shadow: readonly Finding[];
  /** What was taken out of it before it is given out. */
  readonly sanitised: readonly Cleaned[];
}

type Parts = Pick<World, 'handles' | 'sessions' | 'pins' | 'inForce' | 'inspecting' | 'transforming' | 'quarantine' | 'gates'>;

/**
 * What comes back is compared with what was approved, inspected as the client will know it, judged, changed where policy permits
 * it only so, judged again as it is then, and meets its gates last (DESIGN part 5, order of obligations).
 */
export async function judgeComing(
  parts: Parts, raw: Message, asked: Message, permit: Permit, exchange: Exchange, force: InForce, known: Known,
): Promise<Judged> {
  const objection = pageObjection(raw, exchange);
  const came = present(raw, asked, exchange, force, parts);
  const { inForce, inspecting, transforming, quarantine, gates } = parts;
  const meet = async (verdict: Verdict, answer: Message, found: readonly Finding[]): Promise<Verdict> =>
    gates.meet(await quarantine.judge(verdict, answer, found, exchange), answer, exchange);
  const judge = (answered: Answered): Verdict =>
    judgeAnswer({ ...answered, ...(objection && { objection }) }, permit, exchange, force, known, inForce.current(Date.now()).lease);
  const { findings, shadow } = await inspecting.answered(came, exchange);
  const first = judge({ message: came, findings });
  const wanted = first.outcome === 'denial' ? first.transforms : undefined;
  if (wanted === undefined) return { ...safe(came, findings, await meet(first, came, findings), exchange), shadow };
  const message = await transforming.answered(came, exchange, wanted, findings);
  const left = message === undefined ? findings : (await inspecting.answered(message, exchange)).findings;
  if (message === undefined || !transforming.isDone(wanted, left)) return { message: came, findings, verdict: first, sanitised: [], shadow };
  return { ...safe(message, left, await meet(judge({ message, findings: left, done: wanted }), message, left), exchange), shadow };
}

/** What is permitted goes out without what hides in it, and without what would load or lead somewhere by itself. */
function safe(message: Message, findings: readonly Finding[], verdict: Verdict, exchange: Exchange): Omit<Judged, 'shadow'> {
  if (verdict.outcome === 'denial') return { message, findings, verdict, sanitised: [] };
  const clean = sanitise(message, exchange);
  return { ...clean, findings, verdict: clean.message === message ? verdict : translate(verdict, clean.message) };
}
