import { createCalibration, CALIBRATION_WIDTH, type Calibration } from './calibration.ts';
import { CHANNEL_LIST, sharesOf, type ChannelId } from './channels.ts';

/**
 * How rare a score must be before it is a finding. What is promised is an expected number of false findings for each agent and
 * month; each channel has its share, spent evenly over its tests (the per-family error rate of multiple testing; Spjøtvoll,
 * 1972). A test is the highest score of an actor's day: block maxima (Gumbel, 1958), so that what belongs together counts once. When far
 * more actors stand out at once than the budget expects, something happened to all of them (a release, a holiday), and each must
 * stand out further. And what a channel really raises corrects its level (adaptive conformal inference; Gibbs and Candès, 2021): a
 * tail that is modelled wrongly is put right by how often it was crossed.
 */
export interface Alarms {
  /** How rare a score is, and how far beyond what is needed; `cold`: the actor is new. */
  judge(channel: ChannelId, cold: boolean, score: number, hour: number): Judged;
  /** The highest score of one actor's day. */
  test(channel: ChannelId, cold: boolean, score: number): void;
  /** A finding was raised for one actor. */
  raised(channel: ChannelId, hour: number): void;
}

export interface Judged {
  /** `-ln` of the calibrated probability. */
  readonly rarity: number;
  /** Negative: no finding. */
  readonly margin: number;
}

const KINDS = CHANNEL_LIST.length * 2;
/** Numbers that are kept: the bins of all calibrations, what was raised lately, corrections of levels, the first hour. */
export const ALARMS_WIDTH = KINDS * CALIBRATION_WIDTH + CHANNEL_LIST.length * 3 + 1;

const DAYS_A_MONTH = 30;
/** Days of actors before anything is called rare. */
const TESTS_MIN = 60;
/** Hours before anything is called rare: what a week holds isn't known after a day. */
const WARM_UP_HOURS = 72;
const FORGET_HOURS = 24;
const TOGETHER = 2;
/** Each actor beyond those makes it this much dearer, as a power. */
const CROWDED = 3;
/** How much one crossing of a level raises it, and how far it may be corrected. */
const STEP = 0.25;
const CORRECTION = { least: -2, most: 3 } as const;

export function createAlarms(memory: Float32Array, budgetPerMonth: number): Alarms {
  const recent = memory.subarray(KINDS * CALIBRATION_WIDTH);
  const corrections = memory.subarray(KINDS * CALIBRATION_WIDTH + CHANNEL_LIST.length * 2);
  const since = memory.subarray(ALARMS_WIDTH - 1);
  const calibrations: readonly Calibration[] = Array.from({ length: KINDS }, (_, kind) =>
    createCalibration(memory.subarray(kind * CALIBRATION_WIDTH, (kind + 1) * CALIBRATION_WIDTH)));
  const shares = Float64Array.from(sharesOf(budgetPerMonth), (share) => share / DAYS_A_MONTH);
  const levelOf = (channel: ChannelId): number => -Math.log(shares[channel] ?? 0) + (corrections[channel] ?? 0);
  const calibrationOf = (channel: ChannelId, cold: boolean): Calibration | undefined => {
    const settled = calibrations[channel * 2];
    // Before anybody is settled, everybody is new.
    return cold || settled === undefined || settled.tests < TESTS_MIN ? calibrations[channel * 2 + 1] : settled;
  };

  const lately = (channel: ChannelId, hour: number): number =>
    (recent[channel * 2] ?? 0) * Math.exp(Math.min(0, (recent[channel * 2 + 1] ?? 0) - hour) / FORGET_HOURS);

  return {
    judge(channel, cold, score, hour) {
      const calibration = calibrationOf(channel, cold);
      if (since[0] === 0) since[0] = hour;
      if (hour - (since[0] ?? hour) < WARM_UP_HOURS) return NOTHING;
      if (calibration === undefined || calibration.tests < TESTS_MIN || score < calibration.quiet) return NOTHING;
      const rarity = calibration.of(score);
      const crowd = Math.max(0, Math.log(lately(channel, hour) / TOGETHER));
      return { rarity, margin: rarity - levelOf(channel) - CROWDED * crowd };
    },
    test(channel, cold, score) {
      const calibration = calibrationOf(channel, cold);
      if (calibration !== undefined && calibration.tests >= TESTS_MIN) {
        const isCrossed = score >= calibration.quiet && calibration.of(score) >= levelOf(channel);
        const next = (corrections[channel] ?? 0) + STEP * ((isCrossed ? 1 : 0) - (shares[channel] ?? 0));
        corrections[channel] = Math.min(CORRECTION.most, Math.max(CORRECTION.least, next));
      }
      calibrations[channel * 2 + (cold ? 1 : 0)]?.add(score);
    },
    raised(channel, hour) {
      recent[channel * 2] = lately(channel, hour) + 1;
      recent[channel * 2 + 1] = hour;
    },
  };
}

const NOTHING: Judged = { rarity: 0, margin: -Infinity };
