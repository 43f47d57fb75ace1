import { plan, type Truth } from '../generator/attacks/plan.ts';
import type { Scorer } from '../generator/event.ts';
import type { Seed } from '../generator/seeds.ts';
import { events, type Labelled } from '../generator/stream.ts';
import { build } from '../generator/world.ts';

/** A finding, and what only the evaluation knows of it. */
export interface Found {
  readonly at: number;
  readonly agent: string;
  /** `<detector>/<rule>`. */
  readonly rule: string;
  readonly severity: string;
  /** Id of the attack to which the event belongs for which it was returned. */
  readonly attack: string | undefined;
}

/** One month, scored twice by scorers that begin anew: as it was, where every finding is false, and with the attacks in it. */
export interface MonthRun {
  readonly seed: string;
  readonly start: number;
  readonly end: number;
  readonly truths: readonly Truth[];
  readonly clean: readonly Found[];
  readonly attacked: readonly Found[];
  /** When each agent was first seen. */
  readonly seen: ReadonlyMap<string, number>;
  readonly events: number;
  readonly usPerEvent: number;
}

function score(stream: Iterable<Labelled>, scorer: Scorer): Pick<MonthRun, 'seen' | 'events' | 'usPerEvent'> & { readonly found: readonly Found[] } {
  const found: Found[] = [];
  const seen = new Map<string, number>();
  let [count, spent] = [0, 0];
  for (const { event, attack } of stream) {
    const began = Bun.nanoseconds();
    const findings = scorer(event);
    spent += Bun.nanoseconds() - began;
    count += 1;
    if (!seen.has(event.agent)) seen.set(event.agent, event.at);
    for (const { detector, rule, severity } of findings) found.push({ at: event.at, agent: event.agent, rule: `${detector}/${rule}`, severity, attack });
  }
  return { found, seen, events: count, usPerEvent: spent / 1_000 / count };
}

export function runMonth(seed: Seed, createScorer: () => Scorer): MonthRun {
  const plain = build(seed);
  const { found: clean, ...rest } = score(events(plain), createScorer());
  const world = build(seed);
  const { truths, drafts } = plan(world);
  return { seed: seed.name, start: world.start, end: world.end, truths, clean, attacked: score(events(world, drafts), createScorer()).found, ...rest };
}
