import { LIMITS } from '../../domain/limits.ts';

/**
 * How long to wait after the nth failure in a row (from 1): doubling, with full jitter so that many that failed together
 * do not come back together. A destination that says when wins, within reason.
 */
export function backoffMs(failures: number, asked: number | undefined, dead: boolean, random: () => number = Math.random): number {
  if (asked !== undefined) return Math.min(Math.max(asked, 0), LIMITS.sinkRetryAfterMsMax);
  const ceiling = dead ? LIMITS.sinkDeadRetryMs : Math.min(LIMITS.sinkBackoffMs * 2 ** Math.min(failures - 1, 20), LIMITS.sinkBackoffMsMax);
  return ceiling / 2 + (random() * ceiling) / 2;
}

/** RFC 9110, section 10.2.3: seconds or a date. In ms from `now`; undefined when it says neither. */
export function readRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value.trim()) * 1_000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
