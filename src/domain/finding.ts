import type { Labels } from './server.ts';

export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What a detector saw. A finding never decides: policy sees `<detector>/<rule>` and the severity, and does what it says of them. */
export interface Finding {
  readonly detector: string;
  readonly rule: string;
  readonly severity: Severity;
  /** JSON pointers (RFC 6901) into the message; empty where it is about the message as a whole. */
  readonly at: readonly string[];
  /** What the place must be treated as from now on. */
  readonly labels?: Partial<Labels>;
  /** Statistical findings: what was expected, what was seen (never a payload), and how rare that is: the probability of at least this much, 0..1. */
  readonly expected?: string;
  readonly seen?: string;
  readonly rarity?: number;
}
