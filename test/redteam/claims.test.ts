import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createAttacker } from '../../src/redteam/adaptive/attacker.ts';
import { CONTROLS } from '../../src/redteam/control-table.ts';
import type { Control } from '../../src/redteam/controls.ts';
import type { ScenarioResult } from '../../src/redteam/outcome.ts';
import { INCIDENTS } from '../../src/redteam/taxonomy/incidents.ts';
import { verifies } from '../e2e/requirements.ts';
import { SHIPPED, startRehearsing, type Rehearsing } from './rehearsing.ts';

/*
 * What is claimed of the shipped defaults is tried: every scenario comes out as it says, by the controls that it names; and each control
 * that a configuration can turn off is turned off, and a line turns red. What only code can turn off is switched off by
 * test/faults/switches-scenarios.ts, which runs these.
 */

let rehearsing: Rehearsing;

beforeAll(async () => {
  rehearsing = await startRehearsing();
}, 30_000);
afterAll(() => rehearsing.stop());

describe(verifies('redteam-claims', 'on the shipped defaults a scenario comes out as claimed, by the controls that it names'), () => {
  test.each(SHIPPED.map((scenario) => [scenario.id, scenario] as const))('%s', async (_, scenario) => {
    const { outcome, red } = await rehearsing.rehearse(scenario);
    expect(red).toBeUndefined();
    if (scenario.claim === 'prevented') expect(outcome).toBe('prevented');
  }, 30_000);
});

test('every class of incidents has a scenario, and every control has one that names it', () => {
  expect(Object.keys(INCIDENTS).filter((number) => !SHIPPED.some(({ incident }) => String(incident) === number))).toEqual([]);
  expect(CONTROLS.filter(({ id }) => !SHIPPED.some(({ by }) => by.includes(id))).map(({ id }) => id)).toEqual([]);
});

describe(verifies('redteam-switches', 'a control that is switched off turns a line red'), () => {
  const switched = CONTROLS.filter(({ off }) => off.by !== 'code');
  test.each(switched.map((control) => [control.id, control] as const))('%s', async (id, control) => {
    const named = SHIPPED.filter(({ by }) => by.includes(id));
    const reds: string[] = [];
    for (const scenario of named) {
      if (reds.length > 0) break;
      const { red, outcome } = await rehearsing.rehearse(scenario, control);
      // What could not be tried is red as well, and shows nothing.
      expect(outcome).not.toBe('void');
      if (red !== undefined) reds.push(scenario.id);
    }
    expect(reds).not.toEqual([]);
  }, 60_000);
});

/* The attacker that searches: a small budget here, more by hand (`sallyport redteam run --adaptive 300`). */

async function search(budget: number, less?: Control): Promise<readonly ScenarioResult[]> {
  const attacker = createAttacker({ seed: 'the suite', budget });
  for (const scenario of attacker.scenarios) attacker.told(await rehearsing.rehearse(scenario, less));
  return attacker.results();
}

test(verifies('redteam-adaptive', 'on the shipped defaults it gets nowhere in its budget'), async () => {
  expect((await search(12)).map(({ id, outcome, red }) => [id, outcome, red])).toEqual([
    ['adaptive-mail', 'prevented', undefined], ['adaptive-pay', 'prevented', undefined], ['adaptive-paste', 'prevented', undefined],
  ]);
}, 120_000);

test(verifies('redteam-adaptive', 'without the control that stands in its way it gets through, and says how'), async () => {
  const less = CONTROLS.find(({ id }) => id === 'untrusted-destination');
  expect((await search(9, less)).find(({ id }) => id === 'adaptive-mail')).toMatchObject({ red: expect.stringContaining('an attempt came through: said') });
}, 120_000);
