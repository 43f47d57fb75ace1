/** Times of a simulated month. Everything is epoch ms unless it says otherwise; local times follow each place's own summer-time rule. */
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const DAYS = 30;

export interface Place {
  readonly name: string;
  /** Hours ahead of UTC in winter. */
  readonly offset: number;
  readonly summer: 'eu' | 'us' | 'none';
  /** Public holidays that empty most offices there, `YYYY-MM-DD`. */
  readonly holidays: readonly string[];
}

/** Where the organisation has people: the months that are simulated lie between March 2026 and April 2027. */
export const PLACES: readonly Place[] = [
  {
    name: 'DE', offset: 1, summer: 'eu', holidays: [
      '2026-04-03', '2026-04-06', '2026-05-01', '2026-05-14', '2026-05-25', '2026-10-03', '2026-12-24', '2026-12-25', '2026-12-26', '2026-12-31',
      '2027-01-01', '2027-03-26', '2027-03-29',
    ],
  },
  {
    name: 'GB', offset: 0, summer: 'eu', holidays: [
      '2026-04-03', '2026-04-06', '2026-05-04', '2026-05-25', '2026-08-31', '2026-12-25', '2026-12-28', '2027-01-01', '2027-03-26', '2027-03-29',
    ],
  },
  {
    name: 'US-E', offset: -5, summer: 'us', holidays: [
      '2026-05-25', '2026-06-19', '2026-07-03', '2026-09-07', '2026-11-26', '2026-11-27', '2026-12-24', '2026-12-25', '2027-01-01', '2027-01-18',
    ],
  },
  {
    name: 'US-W', offset: -8, summer: 'us', holidays: [
      '2026-05-25', '2026-06-19', '2026-07-03', '2026-09-07', '2026-11-26', '2026-11-27', '2026-12-24', '2026-12-25', '2027-01-01', '2027-01-18',
    ],
  },
  {
    name: 'IN', offset: 5.5, summer: 'none', holidays: [
      '2026-03-20', '2026-04-03', '2026-05-01', '2026-06-26', '2026-09-14', '2026-10-02', '2026-12-25', '2027-03-22', '2027-03-26',
    ],
  },
  {
    name: 'JP', offset: 9, summer: 'none', holidays: [
      '2026-03-20', '2026-05-04', '2026-05-05', '2026-05-06', '2026-09-21', '2026-09-22', '2026-09-23', '2026-11-23', '2026-12-31', '2027-01-01', '2027-03-22',
    ],
  },
];

/** The `nth` Sunday of a month (1 = first, -1 = last), epoch ms at 00:00 UTC. */
function sunday(year: number, month: number, nth: number): number {
  if (nth < 0) {
    const last = Date.UTC(year, month + 1, 0);
    return last - new Date(last).getUTCDay() * DAY;
  }
  const first = Date.UTC(year, month, 1);
  return first + (((7 - new Date(first).getUTCDay()) % 7) + 7 * (nth - 1)) * DAY;
}

/** Milliseconds by which local time is ahead of UTC at that instant. */
export function offsetAt(place: Place, at: number): number {
  const winter = place.offset * HOUR;
  if (place.summer === 'none') return winter;
  const year = new Date(at).getUTCFullYear();
  const from = place.summer === 'eu' ? sunday(year, 2, -1) + HOUR : sunday(year, 2, 2) + 2 * HOUR - winter;
  const to = place.summer === 'eu' ? sunday(year, 9, -1) + HOUR : sunday(year, 10, 1) + HOUR - winter;
  return at >= from && at < to ? winter + HOUR : winter;
}

/** `YYYY-MM-DD` of a local time. */
function dateOf(local: number): string {
  return new Date(local).toISOString().slice(0, 10);
}

/** 0 = Monday … 6 = Sunday, of a local time. */
export function weekdayOf(local: number): number {
  return (new Date(local).getUTCDay() + 6) % 7;
}

export function isWorkday(place: Place, local: number): boolean {
  return weekdayOf(local) < 5 && !place.holidays.includes(dateOf(local));
}

/** Within two days of a month's turn, when books are closed; and whether that month ends a quarter. */
export function closing(local: number): { readonly month: boolean; readonly quarter: boolean } {
  const soon = new Date(local + 2 * DAY);
  const before = new Date(local - 2 * DAY);
  const month = soon.getUTCMonth() !== before.getUTCMonth();
  return { month, quarter: month && soon.getUTCMonth() % 3 === 0 };
}
