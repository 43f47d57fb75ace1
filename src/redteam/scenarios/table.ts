import { readScenarios, type ScenarioSource } from '../read.ts';
import type { Scenario } from '../scenario.ts';
import dataLeaves from './data-leaves.yaml' with { type: 'text' };
import whatServersSay from './what-servers-say.yaml' with { type: 'text' };

const FILES: readonly (readonly [file: string, text: string])[] = [
  ['data-leaves.yaml', dataLeaves],
  ['what-servers-say.yaml', whatServersSay],
];

/** The scenarios that ship. `parse`: YAML, with the places of things in it. */
export function shippedScenarios(parse: (text: string, file: string) => ScenarioSource): readonly Scenario[] {
  return FILES.flatMap(([file, text]) => readScenarios(parse(text, file)));
}
