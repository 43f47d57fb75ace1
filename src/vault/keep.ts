import type { Keep } from '../domain/server.ts';

const DAY_MS = 24 * 60 * 60_000;

/** How a static secret is kept: `expired` is denied; the others are findings. */
export type KeepState = 'good' | 'unowned' | 'overdue' | 'expired';

/**
 * `changedAt`: when the value last became another one, where that is known; a rotation that was made is not overdue. Dates are
 * whole days (UTC): the last one still counts.
 */
export function keepState(keep: Keep, now: number, changedAt = 0): KeepState {
  if (isExpired(keep, now)) return 'expired';
  if (keep.rotateBy !== undefined && endOf(keep.rotateBy) <= now && changedAt < Date.parse(keep.rotateBy)) return 'overdue';
  return keep.owner === undefined ? 'unowned' : 'good';
}

export function isExpired({ expires }: Keep, now: number): boolean {
  return expires !== undefined && endOf(expires) <= now;
}

/** Epoch ms from which on the day is over; a date that is none is over at once. */
export function endOf(date: string): number {
  const at = Date.parse(date);
  return Number.isNaN(at) ? 0 : at + DAY_MS;
}
