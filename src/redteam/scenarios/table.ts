import { readScenarios, type ScenarioSource } from '../read.ts';
import type { Scenario } from '../scenario.ts';
import dataLeaves from './data-leaves.yaml' with { type: 'text' };
import whatLasts from './what-lasts.yaml' with { type: 'text' };
import whatRuns from './what-runs.yaml' with { type: 'text' };
import whatServersSay from './what-servers-say.yaml' with { type: 'text' };
import whoKnocks from './who-knocks.yaml' with { type: 'text' };

const FILES: readonly (readonly [file: string, text: string])[] = [
  ['data-leaves.yaml', dataLeaves],
  ['what-servers-say.yaml', whatServersSay],
  ['what-runs.yaml', whatRuns],
  ['who-knocks.yaml', whoKnocks],
  ['what-lasts.yaml', whatLasts],
];

/** The scenarios that ship. `parse`: YAML, with the places of things in it. */
export function shippedScenarios(parse: (text: string, file: string) => ScenarioSource): readonly Scenario[] {
  return FILES.flatMap(([file, text]) => readScenarios(parse(text, file)));
}
