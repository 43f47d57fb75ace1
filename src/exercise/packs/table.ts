import { readPack } from '../pack.ts';
import type { Pack, PackSource } from '../pack.ts';
import promptInjection from './prompt-injection.yaml' with { type: 'text' };
import toolPoisoning from './tool-poisoning.yaml' with { type: 'text' };
import unauthorisedAction from './unauthorised-action.yaml' with { type: 'text' };
import vendorBreach from './vendor-breach.yaml' with { type: 'text' };

const FILES: readonly (readonly [file: string, text: string])[] = [
  ['prompt-injection.yaml', promptInjection],
  ['tool-poisoning.yaml', toolPoisoning],
  ['unauthorised-action.yaml', unauthorisedAction],
  ['vendor-breach.yaml', vendorBreach],
];

/** The packs that ship. `parse`: YAML, with the places of things in it. */
export function shippedPacks(parse: (text: string, file: string) => PackSource): readonly Pack[] {
  return FILES.map(([file, text]) => readPack(parse(text, file)));
}
