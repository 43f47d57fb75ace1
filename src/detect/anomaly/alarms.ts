import type { AnomalyRule } from '../../domain/finding.ts';
import { createCalibration, CALIBRATION_WIDTH, type Calibration } from './calibration.ts';
import { CHANNEL_LIST, type ChannelId } from './channels.ts';

/**
 * How rare a score must be before it is a finding. What is promised is an expected number of false findings for each agent and
 * month; each channel has its share, spent evenly over the tests that it makes (the per-family error rate of multiple testing;
 * Spjøtvoll, 1972), so the level of one test is its share divided by tests a month. When far more actors stand out at once than
 * the budget expects, something happened to all of them (a release, a holiday), and each must stand out further.
 */
export interface Alarms {
  /** `-ln` of the calibrated probability, and how far it is beyond what is needed (negative: no finding). */
  judge(channel: ChannelId, cold: boolean, score: number, hour: number): Judged | undefined;
  test(channel: ChannelId, cold: boolean, score: number): void;
  /** A finding was raised for one actor. */
  raised(channel: ChannelId, hour: number): void;
  /** One actor was active on one more day. */
  dayEnded(): void;
}

export interface Judged {
  readonly rarity: number;
  readonly margin: number;
}

/** Numbers that are kept: bins of all calibrations, tests made, days of actors, and what was raised lately. */
export const ALARMS_WIDTH = CHANNEL_LIST.length * 2 * (CALIBRATION_WIDTH + 1) + CHANNEL_LIST.length * 2 + 1;

const DAYS_A_MONTH = 30;
const LEVEL_MAX = 0.05;
const TESTS_MIN = 60;
const ACTOR_DAYS_MAX = 50_000;
const FORGET_HOURS = 24;
const TOGETHER = 2;

export function createAlarms(memory: Float32Array, budgetPerMonth: number): Alarms {
  const kinds = CHANNEL_LIST.length * 2;
  const bins = memory.subarray(0, kinds * CALIBRATION_WIDTH);
  const made = memory.subarray(bins.length, bins.length + kinds);
  const recent = memory.subarray(bins.length + kinds, bins.length + kinds + kinds);
  const days = memory.subarray(memory.length - 1);
  const calibrations: readonly Calibration[] = Array.from({ length: kinds }, (_, kind) =>
    createCalibration(bins.subarray(kind * CALIBRATION_WIDTH, (kind + 1) * CALIBRATION_WIDTH)));
  const gates = new Float64Array(kinds);
  const shares = Float64Array.from(CHANNEL_LIST, ({ rule }) => shareOf(rule, budgetPerMonth) / 2);

  const needed = (kind: number): number => {
    const actorDays = Math.max(1, days[0] ?? 0);
    const testsAMonth = (DAYS_A_MONTH * (made[kind] ?? 0)) / actorDays;
    return -Math.log(Math.min(LEVEL_MAX, (shares[kind >> 1] ?? 0) / Math.max(testsAMonth, 1e-9)));
  };
  /** How many more actors stood out in about a day than the budget expects of so many. */
  const crowd = (channel: number, hour: number): number => {
    const lately = (recent[channel * 2] ?? 0) * Math.exp(((recent[channel * 2 + 1] ?? 0) - hour) / FORGET_HOURS);
    return Math.max(1, lately / TOGETHER);
  };

  return {
    judge(channel, cold, score, hour) {
      const kind = channel * 2 + (cold ? 1 : 0);
      const calibration = calibrations[kind];
      if (score < (gates[kind] ?? 0) || calibration === undefined || calibration.tests < TESTS_MIN) return undefined;
      const rarity = calibration.of(score);
      const enough = needed(kind) + Math.log(crowd(channel, hour)) * 2;
      return rarity < enough ? undefined : { rarity, margin: rarity - enough };
    },
    test(channel, cold, score) {
      const kind = channel * 2 + (cold ? 1 : 0);
      const calibration = calibrations[kind];
      calibration?.add(score);
      made[kind] = (made[kind] ?? 0) + 1;
      // Most scores are far from any finding: a bound below which none can be, worked out now and then.
      if ((made[kind] ?? 0) % 64 === 0 && calibration !== undefined) gates[kind] = gateOf(calibration, needed(kind));
    },
    raised(channel, hour) {
      const lately = (recent[channel * 2] ?? 0) * Math.exp(Math.min(0, (recent[channel * 2 + 1] ?? 0) - hour) / FORGET_HOURS);
      recent[channel * 2] = lately + 1;
      recent[channel * 2 + 1] = hour;
    },
    dayEnded() {
      days[0] = (days[0] ?? 0) + 1;
      if (days[0] < ACTOR_DAYS_MAX) return;
      days[0] /= 2;
      for (let kind = 0; kind < kinds; kind += 1) made[kind] = (made[kind] ?? 0) / 2;
    },
  };
}

function shareOf(rule: AnomalyRule, budget: number): number {
  return budget / new Set(CHANNEL_LIST.map((one) => one.rule)).size / CHANNEL_LIST.filter((one) => one.rule === rule).length;
}

function gateOf(calibration: Calibration, enough: number): number {
  let gate = 0;
  while (gate < 60 && calibration.of(gate + 0.5) < enough - 0.5) gate += 0.5;
  return gate;
}
