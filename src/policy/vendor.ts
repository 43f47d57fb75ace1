import type { VendorStanding } from '../domain/server.ts';

/** Whose a server is of which nobody has said. */
export const NO_VENDOR = 'none';

/** What nobody ever vouched for is older than what any policy still takes. */
const NEVER_DAYS = 9_999;
const DAY_MS = 86_400_000;

/** Ends by itself: a snapshot holds until when, and each decision asks. */
export function isDisclosed(vendor: VendorStanding | undefined, now: number): boolean {
  return now < (vendor?.disclosedUntil ?? 0);
}

/** Whole days. */
export function attestationAge(vendor: VendorStanding | undefined, now: number): number {
  const since = vendor?.attestedAt;
  return since === undefined ? NEVER_DAYS : Math.min(NEVER_DAYS, Math.max(0, Math.floor((now - since) / DAY_MS)));
}
