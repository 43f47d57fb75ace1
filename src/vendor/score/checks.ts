import type { Severity } from '../../domain/finding.ts';
import type { Domain } from '../disclosure/question.ts';
import type { CheckId, ProbeId } from '../probe/checks.ts';
import { CHECKS } from '../probe/checks.ts';
import type { Outcome } from '../probe/result.ts';
import { freshnessOfProbe, type ScoreInput } from './input.ts';

/** What each probe says something of. */
export const DOMAIN_OF_PROBE: Readonly<Record<ProbeId, Domain>> = {
  P01: 'transport', P02: 'auth', P03: 'auth', P04: 'auth', P05: 'protocol', P06: 'transport', P07: 'protocol', P08: 'auth', P09: 'auth', P10: 'data',
  P11: 'operations', P12: 'tools', P13: 'tools', P14: 'vulnerabilities', P15: 'transport', P16: 'auth',
};

/** By how grave its failing is. */
export const WEIGHT_OF_CHECK: Readonly<Record<Severity, number>> = { critical: 8, high: 5, medium: 3, low: 1, info: 0 };

/** What was seen of one check at the endpoint where it was worst. */
export interface Seen {
  readonly outcome: Outcome;
  readonly evidence: string;
  readonly endpoint: string;
  readonly freshness: number;
}

const WORST: readonly Outcome[] = ['fail', 'unknown', 'pass', 'not-applicable'];

/** By check; what is too old was not seen. */
export function seenIn({ probes, day }: Pick<ScoreInput, 'probes' | 'day'>): ReadonlyMap<CheckId, Seen> {
  const seen = new Map<CheckId, Seen>();
  for (const { probes: results, endpoint, endedAt } of probes) {
    const freshness = freshnessOfProbe(endedAt, day);
    for (const { check, outcome, evidence } of freshness === 0 ? [] : results.flatMap(({ checks }) => checks)) {
      const before = seen.get(check);
      if (before === undefined || WORST.indexOf(outcome) < WORST.indexOf(before.outcome)) seen.set(check, { outcome, evidence, endpoint, freshness });
    }
  }
  return seen;
}

export function isCheck(id: string): id is CheckId {
  return Object.hasOwn(CHECKS, id);
}
