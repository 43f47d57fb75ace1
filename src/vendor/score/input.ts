import { z } from 'zod';
import { SEVERITIES, type Severity } from '../../domain/finding.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DISCLOSURE, type Disclosure } from '../disclosure/answer.ts';
import { PROBE_REPORT, type ProbeReport } from '../probe/result.ts';

/** Everything that a score is made of. Who has these has the score: nothing else goes into it, no clock and no memory. */
export interface ScoreInput {
  /** 00:00 UTC of the day that it is of, epoch ms: within one day it does not change by time. */
  readonly day: number;
  readonly disclosure?: Disclosure;
  /** The last report of each endpoint. */
  readonly probes: readonly ProbeReport[];
  /** Advisories about what it runs that nobody has said are mended. */
  readonly advisories: readonly { readonly id: string; readonly severity: Severity }[];
  /** What somebody accepts for a while: ids of questions, checks, mismatches and advisories. */
  readonly exceptions: readonly { readonly item: string; readonly until: number }[];
  /** It told of a breach, and nobody has vouched for it since. */
  readonly isBreached: boolean;
}

const ID = z.string().max(300);

/** The same out of a report that somebody was given. */
export const SCORE_INPUT: z.ZodType<ScoreInput> = z.strictObject({
  day: z.int().min(0),
  disclosure: DISCLOSURE.exactOptional(),
  probes: z.array(PROBE_REPORT).max(LIMITS.vendorEndpointsMax),
  advisories: z.array(z.strictObject({ id: ID, severity: z.enum(SEVERITIES) })).max(10_000),
  exceptions: z.array(z.strictObject({ item: ID, until: z.number() })).max(10_000),
  isBreached: z.boolean(),
});

const DAY_MS = 86_400_000;

export function dayOf(now: number): number {
  return now - (now % DAY_MS);
}

/** What was said counts whole for the first half of its time, half at its end, and not at all after that. */
export function freshnessOfAnswer({ date, expires }: { readonly date: string; readonly expires: string }, day: number): number {
  const [said, until] = [Date.parse(date), Date.parse(expires)];
  if (day >= until) return 0;
  const share = (day - said) / (until - said);
  return share <= 0.5 ? 1 : 1.5 - share;
}

const PROBED_FRESH_DAYS = 30;
/** After which nobody knows what is seen there now. */
const PROBED_DAYS = 90;

/** What was seen counts whole for a month, half after three, and not at all after that. */
export function freshnessOfProbe(endedAt: number, day: number): number {
  const days = (day - dayOf(endedAt)) / DAY_MS;
  if (days > PROBED_DAYS) return 0;
  return days <= PROBED_FRESH_DAYS ? 1 : 1 - 0.5 * ((days - PROBED_FRESH_DAYS) / (PROBED_DAYS - PROBED_FRESH_DAYS));
}
