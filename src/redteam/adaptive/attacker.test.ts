import { expect, test } from 'bun:test';
import type { ScenarioResult } from '../outcome.ts';
import type { Scenario } from '../scenario.ts';
import { createAttacker } from './attacker.ts';

interface Attacked {
  readonly stories: readonly string[];
  readonly results: readonly ScenarioResult[];
}

/** Lets it attack a gate that judges by a story alone; gives back what it tried. */
function attack(seed: string, budget: number, judge: (scenario: Scenario) => ScenarioResult['outcome']): Attacked {
  const attacker = createAttacker({ seed, budget });
  const stories: string[] = [];
  for (const scenario of attacker.scenarios) {
    stories.push(`${scenario.id}: ${scenario.story}`);
    const { id, title, techniques, claim } = scenario;
    attacker.told({ id, title, techniques, claim, outcome: judge(scenario), acted: [], silent: [], harm: [], evidence: [], tookMs: 1 });
  }
  return { stories, results: attacker.results() };
}

function weak({ story }: Scenario): ScenarioResult['outcome'] {
  return story.includes('runbook') ? 'missed' : 'prevented';
}

function near({ stories }: Attacked): number {
  return stories.filter((story) => story.includes('runbook')).length;
}

test('one seed makes the same attempts of what it is told, and another one others', () => {
  const once = attack('a', 60, weak);
  expect(once.stories).toHaveLength(60);
  expect(attack('a', 60, weak)).toEqual(once);
  expect(attack('b', 60, weak).stories).not.toEqual(once.stories);
  expect(new Set(once.stories).size).toBe(60);
});

test('it learns: once something comes through, it tries what is near', () => {
  const learnt = attack('a', 300, weak);
  const blind = attack('a', 300, () => 'prevented');
  expect(near(learnt)).toBeGreaterThan(near(blind) * 2);
});

test('each aim is one line, as bad as its worst attempt, which it tells', () => {
  const { results } = attack('a', 60, ({ id }) => (id === 'adaptive-mail-7' ? 'detected' : 'prevented'));
  expect(results.map(({ id, outcome, red }) => [id, outcome, red?.startsWith('an attempt came through: said') ?? false])).toEqual([
    ['adaptive-mail', 'detected', true], ['adaptive-pay', 'prevented', false], ['adaptive-paste', 'prevented', false],
  ]);
  expect(attack('a', 0, () => 'prevented').results).toEqual([]);
  expect(attack('a', 3, () => 'void').results.map(({ red }) => red)).toEqual(['nothing was tried', 'nothing was tried', 'nothing was tried']);
});
