import { DAY, DAYS } from './calendar.ts';

/** One simulated organisation and month. Each has its own people, servers' sizes, releases, outages and attacks. */
export interface Seed {
  readonly name: string;
  /** First day, `YYYY-MM-DD`, a Monday; 30 days. */
  readonly start: string;
}

/** Detectors may be tuned on these: summer time begins, Easter, a quarter's end; May holidays; another quarter's end; Thanksgiving and early December. */
export const TUNING: readonly Seed[] = [
  { name: 'tuning-1', start: '2026-03-09' },
  { name: 'tuning-2', start: '2026-05-04' },
  { name: 'tuning-3', start: '2026-09-07' },
  { name: 'tuning-4', start: '2026-11-16' },
];

/** Looked at only to report: other months, harder ones among them (summer time ends and Thanksgiving; Christmas; an Easter at a quarter's end). */
export const HELD_OUT: readonly Seed[] = [
  { name: 'held-out-1', start: '2026-06-15' },
  { name: 'held-out-2', start: '2026-10-19' },
  { name: 'held-out-3', start: '2026-12-07' },
  { name: 'held-out-4', start: '2027-03-08' },
];

export function monthOf(seed: Seed): { readonly start: number; readonly end: number } {
  const start = Date.parse(`${seed.start}T00:00:00Z`);
  return { start, end: start + DAYS * DAY };
}
