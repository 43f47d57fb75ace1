import { CHANNEL } from './channels.ts';
import type { Rule, Sight } from './sight.ts';
import { createWindow } from './windows.ts';

/**
 * Calls of an actor in an hour and in a day. Hours have seasons: a factor for each of 24 hours of workdays and of weekends,
 * exponentially smoothed and multiplicative (Winters, 1960; no trend: a trend is what an attacker would teach).
 */
const hours = createWindow({ channel: CHANNEL.callsHour, kind: 'count', warm: 20, memory: 200 });
const days = createWindow({ channel: CHANNEL.callsDay, kind: 'count', warm: 6, memory: 25, drift: CHANNEL.callsDrift });
const SEASONS = 48;
const SMOOTHING = 0.15;
const HOUR = SEASONS;
const DAY = HOUR + hours.width;

export const rate: Rule = {
  width: DAY + days.width,
  ask(sight, at) {
    hours.see(sight, at + HOUR, hours.total(sight, at + HOUR) + 1, seasonOf(sight, at, sight.hour));
    days.see(sight, at + DAY, days.total(sight, at + DAY) + 1, 1);
  },
  closeHour(sight, at) {
    const { floats } = sight.rows;
    const slot = at + slotOf(sight.lastHour);
    const season = seasonOf(sight, at, sight.lastHour);
    const total = hours.total(sight, at + HOUR);
    const mean = floats[at + HOUR + 2] ?? 0;
    const learnt = floats[at + HOUR + 1] ?? 0;
    hours.close(sight, at + HOUR, season);
    if (learnt < 5) return;
    const residual = Math.log((total + 1) / (mean * season + 1));
    const next = (floats[slot] ?? 0) + SMOOTHING * sight.trust * Math.min(1, Math.max(-1, residual));
    floats[slot] = Math.min(2, Math.max(-2, next));
  },
  closeDay(sight, at) {
    days.close(sight, at + DAY, 1);
  },
};

function seasonOf({ rows }: Sight, at: number, hour: number): number {
  return Math.exp(rows.floats[at + slotOf(hour)] ?? 0);
}

/** Hour of the day, workdays and weekends apart. 1 January 1970 was a Thursday. */
export function slotOf(hour: number): number {
  const day = (Math.floor(hour / 24) + 4) % 7;
  return (hour % 24) + (day === 0 || day === 6 ? 24 : 0);
}
