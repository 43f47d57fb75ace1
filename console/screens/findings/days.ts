const DAY_MS = 24 * 60 * 60_000;
const DATE_CHARS = 10;

/** Counts of the last days (UTC), the oldest first; days that aren't named had none. */
export function lastDays(days: Readonly<Record<string, number>>, count: number): readonly number[] {
  return Array.from({ length: count }, (_, back) => days[new Date(Date.now() - back * DAY_MS).toISOString().slice(0, DATE_CHARS)] ?? 0).toReversed();
}
