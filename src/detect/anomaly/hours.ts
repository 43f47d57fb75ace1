import { CHANNEL } from './channels.ts';
import { slotOf } from './rate.ts';
import type { Rule, Sight } from './sight.ts';

/**
 * At which hours an actor is active: a kernel density over the hours of workdays and of weekends (Parzen, 1962), forgetting. How
 * unusual an hour is: the share of hours that are at most as likely (the complement of the highest-density region; Hyndman, 1996).
 */
const SLOTS = 48;
const KERNEL = [1, 0.55, 0.3, 0.15, 0.08, 0.04] as const;
/** What a workday says of weekends, and the other way round. */
const ACROSS = 0.08;
const PRIOR = 4;
const HOURS_MAX = 500;
const density = new Float64Array(SLOTS);

export const hours: Rule = {
  width: SLOTS,
  ask(sight, at) {
    if (!sight.entersHour) return;
    estimate(sight, at);
    const here = density[slotOf(sight.hour)] ?? 0;
    let [all, rare] = [0, 0];
    for (const mass of density) {
      all += mass;
      if (mass <= here) rare += mass;
    }
    const score = -Math.log(rare / all);
    const idle = sight.lastHour === 0 ? 0 : sight.hour - sight.lastHour;
    if (idle > 20) {
      const rest = Math.log(idle / 20) * Math.min(3, Math.log1p(sight.days));
      sight.report(CHANNEL.idle, rest, 24, idle);
    }
    sight.report(CHANNEL.hour, score, 100, Math.round((10_000 * rare) / all) / 100);
  },
  closeHour(sight, at) {
    const { floats } = sight.rows;
    const slot = at + slotOf(sight.lastHour);
    floats[slot] = (floats[slot] ?? 0) + sight.trust;
    let all = 0;
    for (let index = at; index < at + SLOTS; index += 1) all += floats[index] ?? 0;
    if (all > HOURS_MAX) for (let index = at; index < at + SLOTS; index += 1) floats[index] = (floats[index] ?? 0) * 0.9;
    sight.everybody.cells[slotOf(sight.lastHour)] = (sight.everybody.cells[slotOf(sight.lastHour)] ?? 0) + 1;
  },
};

/** Fills `density`. */
function estimate({ rows, everybody }: Sight, at: number): void {
  const { floats } = rows;
  let others = 1;
  for (let slot = 0; slot < SLOTS; slot += 1) others += (everybody.cells[slot] ?? 0) + 0.02;
  for (let slot = 0; slot < SLOTS; slot += 1) {
    density[slot] = (PRIOR * ((everybody.cells[slot] ?? 0) + 0.02)) / others;
  }
  for (let slot = 0; slot < SLOTS; slot += 1) {
    const mass = floats[at + slot] ?? 0;
    if (mass === 0) continue;
    const [start, other] = slot < 24 ? [0, 24] : [24, 0];
    for (let reach = -5; reach <= 5; reach += 1) {
      const share = mass * (KERNEL[Math.abs(reach)] ?? 0);
      const hour = (slot + reach + 24) % 24;
      density[start + hour] = (density[start + hour] ?? 0) + share;
      density[other + hour] = (density[other + hour] ?? 0) + share * ACROSS;
    }
  }
}
