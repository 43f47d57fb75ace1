/**
 * What a score is really worth: how often scores at least as high were seen among everybody, tail beyond the seen
 * extrapolated by a generalised Pareto distribution over a high threshold (Pickands, 1975; for streams Siffer et al., 2017,
 * "Anomaly Detection in Streams with Extreme Value Theory"). A model that is wrong about tails thus costs recall, not false alarms.
 * While few scores were seen, the model's own probability `exp(-score)` counts for `MODEL_WEIGHT` of them.
 */
export interface Calibration {
  /** Takes the score of one finished test into account. */
  add(score: number): void;
  /** Below this, no score is rarer than one in ten: nobody need ask. */
  readonly quiet: number;
  /** `-ln P(score at least this)`, all considered. */
  of(score: number): number;
  readonly tests: number;
}

/** Bins of 1/4; scores above 8 are compressed to logarithms, so that 1,000 is still below the last bin. */
export const CALIBRATION_WIDTH = 192;
const BINS_PER_UNIT = 4;
const STRAIGHT = 8;
const TESTS_MAX = 400_000;
const MODEL_WEIGHT = 100;
/** Exceedances that the tail is fitted to, at the least. */
const PEAKS_MIN = 25;
const PEAKS_SHARE = 0.005;
const QUIET_SHARE = 0.1;

/** `bins` are the caller's, so that they can be saved. */
export function createCalibration(bins: Float32Array): Calibration {
  let tests = bins.reduce((sum, count) => sum + count, 0);
  let stale = 0;
  let fit = fitTail(bins, tests);
  const refresh = (): void => {
    if (tests > TESTS_MAX) {
      for (let bin = 0; bin < bins.length; bin += 1) bins[bin] = (bins[bin] ?? 0) / 2;
      tests /= 2;
    }
    fit = fitTail(bins, tests);
    stale = 0;
  };
  return {
    add(score) {
      const bin = binOf(score);
      bins[bin] = (bins[bin] ?? 0) + 1;
      tests += 1;
      stale += 1;
      if (stale > 32 + tests / 50) refresh();
    },
    of(score) {
      const share = tailOf(fit, score);
      return -Math.log((tests * share + MODEL_WEIGHT * Math.exp(-score)) / (tests + MODEL_WEIGHT));
    },
    get quiet() {
      return fit.quiet;
    },
    get tests() {
      return tests;
    },
  };
}

interface Tail {
  /** First bin of the tail, and the share of all tests in it and beyond. */
  readonly from: number;
  readonly share: number;
  readonly shape: number;
  readonly scale: number;
  /** Share of tests at least as high, by bin. */
  readonly above: Float64Array;
  readonly quiet: number;
}

function binOf(score: number): number {
  return Math.min(CALIBRATION_WIDTH - 1, Math.max(0, Math.floor(compress(score) * BINS_PER_UNIT)));
}

/** By moments of the exceedances; the shape is kept where moments exist and no tail ends (0 … 0.45). */
function fitTail(bins: Float32Array, tests: number): Tail {
  const above = new Float64Array(CALIBRATION_WIDTH);
  const wanted = Math.max(PEAKS_MIN, tests * PEAKS_SHARE);
  let [count, from, quiet] = [0, 0, 0];
  for (let bin = CALIBRATION_WIDTH - 1; bin >= 0; bin -= 1) {
    count += bins[bin] ?? 0;
    above[bin] = count / Math.max(tests, 1);
    if (from === 0 && count >= wanted) from = bin;
    if (quiet === 0 && count > tests * QUIET_SHARE) quiet = bin;
  }
  const peaks = (above[from] ?? 0) * tests;
  if (from === 0 || peaks < PEAKS_MIN) return { from: 0, share: 1, shape: 0, scale: 1, above, quiet: 0 };
  let [sum, squares] = [0, 0];
  for (let bin = from; bin < CALIBRATION_WIDTH; bin += 1) {
    const excess = (bin - from + 0.5) / BINS_PER_UNIT;
    sum += excess * (bins[bin] ?? 0);
    squares += excess * excess * (bins[bin] ?? 0);
  }
  const mean = sum / peaks;
  const variance = Math.max(squares / peaks - mean * mean, 1e-3);
  const shape = Math.min(0.45, Math.max(0, (1 - (mean * mean) / variance) / 2));
  return { from, share: above[from] ?? 1, shape, scale: Math.max(0.05, mean * (1 - shape)), above, quiet: expand(quiet / BINS_PER_UNIT) };
}

function compress(score: number): number {
  return score < STRAIGHT ? score : STRAIGHT * (1 + Math.log(score / STRAIGHT));
}

function expand(compressed: number): number {
  return compressed < STRAIGHT ? compressed : STRAIGHT * Math.exp(compressed / STRAIGHT - 1);
}

function tailOf({ from, share, shape, scale, above }: Tail, score: number): number {
  const excess = compress(score) - from / BINS_PER_UNIT;
  if (excess < 0) return above[binOf(score)] ?? 1;
  return share * (shape < 0.01 ? Math.exp(-excess / scale) : (1 + (shape * excess) / scale) ** (-1 / shape));
}
