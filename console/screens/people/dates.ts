const DAY_MS = 24 * 60 * 60_000;
const DATE_CHARS = 10;

/** A day that is so far off (UTC), as date fields have it. */
export function dateIn(days: number): string {
  return new Date(Date.now() + days * DAY_MS).toISOString().slice(0, DATE_CHARS);
}
