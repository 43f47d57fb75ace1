export const DAY_MS = 24 * 60 * 60_000;

/** Whole days from one moment to a later one. */
export function daysBetween(from: number, to: number): number {
  return Math.floor((to - from) / DAY_MS);
}

/** `2026-11-23`, UTC. */
export function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
