import { daysBetween } from './days.ts';
import type { CompanyFacts, Used } from './facts.ts';

/** How often within so many days. */
export function within(used: Used | undefined, days: 30 | 60 | 90): number {
  return used?.[`days${days}`] ?? 0;
}

/** Whether something that is there since then could have been used for the whole window, and would be on record if it had been. */
export function isKnownFor({ now, knowsUse, recordsSince, thresholds: { unusedDays } }: CompanyFacts, since: number): boolean {
  return knowsUse && daysBetween(Math.max(since, recordsSince), now) >= unusedDays;
}
