import { createMemory } from '../../src/detect/anomaly/memory.ts';
import { ACTOR_WIDTH } from '../../src/detect/anomaly/rules.ts';
import { createAnomalyScorer } from '../../src/detect/anomaly/scorer.ts';
import { BUDGET_PER_MONTH } from '../../src/roles/gateway-anomalies.ts';
import type { Scorer } from './generator/event.ts';

/** The scorer as a gateway runs it, for `evaluate.ts`: what is raised as a call is asked, and as it ends. */
export function createScorer(): Scorer {
  const scorer = createAnomalyScorer({ budgetPerMonth: BUDGET_PER_MONTH, scorePeople: () => true }, createMemory(1, 10_000, ACTOR_WIDTH));
  return (event) => {
    const asked = scorer.ask(event);
    const after = scorer.settle(event, asked.place, event);
    return asked.raised.length + after.raised.length === 0 ? NOTHING : [...asked.raised, ...after.raised];
  };
}

const NOTHING = [] as const;
