import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createAttacker } from '../../src/redteam/adaptive/attacker.ts';
import { CONTROLS } from '../../src/redteam/control-table.ts';
import type { Control } from '../../src/redteam/controls.ts';
import type { ScenarioResult } from '../../src/redteam/outcome.ts';
import { verifies } from '../e2e/requirements.ts';
import { startRehearsing, type Rehearsing } from './rehearsing.ts';

/* The attacker that searches, at a real gate: a small budget here, more by hand (`sallyport redteam run --adaptive 300`). */

let rehearsing: Rehearsing;

beforeAll(async () => {
  rehearsing = await startRehearsing();
}, 30_000);
afterAll(() => rehearsing.stop());

async function search(budget: number, less?: Control): Promise<readonly ScenarioResult[]> {
  const attacker = createAttacker({ seed: 'the suite', budget });
  for (const scenario of attacker.scenarios) attacker.told(await rehearsing.rehearse(scenario, less));
  return attacker.results();
}

test(verifies('redteam-adaptive', 'on the shipped defaults it gets nowhere in its budget'), async () => {
  expect((await search(24)).map(({ id, outcome, red }) => [id, outcome, red])).toEqual([
    ['adaptive-mail', 'prevented', undefined], ['adaptive-pay', 'prevented', undefined], ['adaptive-paste', 'prevented', undefined],
  ]);
}, 120_000);

test(verifies('redteam-adaptive', 'without the control that stands in its way it gets through, and says how'), async () => {
  const less = CONTROLS.find(({ id }) => id === 'untrusted-destination');
  expect((await search(9, less)).find(({ id }) => id === 'adaptive-mail')).toMatchObject({ red: expect.stringContaining('an attempt came through: said') });
}, 120_000);
