import type { AssetKey, Observation } from '../../domain/observation.ts';

/** What says most of what a thing is comes first; by the first of them it is known from one day to the next. */
const PREFIXES = ['gate:', 'url:', 'package:', 'program:', 'container:', 'listener:', 'client:', 'person:', 'machine:', 'host:', 'process:'] as const;

export function rankOfKey(key: AssetKey): number {
  const at = PREFIXES.findIndex((prefix) => key.startsWith(prefix));
  return at === -1 ? PREFIXES.length : at;
}

/** A name alone must be one that somebody vouches for (a list of vendors), to be more than a hint. */
const VOUCHED_MIN = 50;

export function isHint({ confidence }: Pick<Observation, 'confidence'>): boolean {
  return confidence < VOUCHED_MIN;
}
