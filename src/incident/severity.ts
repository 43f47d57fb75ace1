import { SEVERITIES } from '../domain/finding.ts';
import type { Severity } from '../domain/finding.ts';
import type { SignalOutcome } from '../domain/incident.ts';
import type { Confidentiality, Effect } from '../domain/server.ts';
import { rankOf } from './rule.ts';

const STAKES = ['none', 'limited', 'serious', 'grave'] as const;
type Stake = (typeof STAKES)[number];

/** How grave an incident is by what is at stake and how far it got. The rules' own severity is the least. */
export const SEVERITY_MATRIX: Readonly<Record<SignalOutcome, Readonly<Record<Stake, Severity>>>> = {
  stopped: { none: 'low', limited: 'low', serious: 'medium', grave: 'medium' },
  seen: { none: 'low', limited: 'medium', serious: 'high', grave: 'high' },
  passed: { none: 'medium', limited: 'medium', serious: 'high', grave: 'critical' },
};

const OF_EFFECT: Readonly<Record<Effect, Stake>> = {
  read: 'limited', write: 'serious', communicate: 'serious', destroy: 'grave', execute: 'grave', transact: 'grave',
};
const OF_DATA: Readonly<Record<Confidentiality, Stake>> = { public: 'none', internal: 'limited', confidential: 'serious', restricted: 'grave' };

/** What severity is worked out of: each is shown with the incident. */
export interface Stakes {
  readonly outcome: SignalOutcome;
  readonly effects: readonly Effect[];
  readonly confidentiality?: Confidentiality;
  /** People, agents and servers that it has to do with. */
  readonly breadth: number;
  /** The gravest of the rules that matched. */
  readonly least: Severity;
}

/** So many different people, agents and servers make it one step graver. */
const BROAD = 5;

export function severityOf({ outcome, effects, confidentiality, breadth, least }: Stakes): Severity {
  const stakes = [...effects.map((effect) => OF_EFFECT[effect]), confidentiality === undefined ? 'none' : OF_DATA[confidentiality]];
  const stake = STAKES.findLast((one) => stakes.includes(one)) ?? 'none';
  const rank = Math.max(rankOf(SEVERITY_MATRIX[outcome][stake]), rankOf(least));
  return SEVERITIES[Math.min(rank + (breadth >= BROAD ? 1 : 0), SEVERITIES.length - 1)] ?? 'critical';
}
