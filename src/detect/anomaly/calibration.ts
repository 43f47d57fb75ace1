/**
 * What a score is really worth: how often scores at least as high were seen among everybody, tail beyond the seen
 * extrapolated by a generalised Pareto distribution over a high threshold (Pickands, 1975; for streams Siffer et al., 2017,
 * "Anomaly Detection in Streams with Extreme Value Theory"). A model that is wrong about tails thus costs recall, not false alarms.
 * While few scores were seen, the model's own probability `exp(-score)` counts for `MODEL_WEIGHT` of them.
 */
export interface Calibration {
  /** Takes the score of one finished test into account. */
  add(score: number): void;
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
      const share = tailOf(fit, bins, score);
      return -Math.log((tests * share + MODEL_WEIGHT * Math.exp(-score)) / (tests + MODEL_WEIGHT));
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
  readonly tests: number;
}

function binOf(score: number): number {
  return Math.min(CALIBRATION_WIDTH - 1, Math.max(0, Math.floor(compress(score) * BINS_PER_UNIT)));
}

/** By moments of the exceedances; the shape is kept where moments exist and no tail ends (0 … 0.45). */
function fitTail(bins: Float32Array, tests: number): Tail {
  const wanted = Math.max(PEAKS_MIN, tests * PEAKS_SHARE);
  let [count, from] = [0, CALIBRATION_WIDTH];
  while (from > 1 && count < wanted) {
    from -= 1;
    count += bins[from] ?? 0;
  }
  if (count < PEAKS_MIN) return { from: 0, share: 1, shape: 0, scale: 1, tests };
  let [sum, squares] = [0, 0];
  for (let bin = from; bin < CALIBRATION_WIDTH; bin += 1) {
    const excess = (bin - from + 0.5) / BINS_PER_UNIT;
    sum += excess * (bins[bin] ?? 0);
    squares += excess * excess * (bins[bin] ?? 0);
  }
  const mean = sum / count;
  const variance = Math.max(squares / count - mean * mean, 1e-3);
  const shape = Math.min(0.45, Math.max(0, (1 - (mean * mean) / variance) / 2));
  return { from, share: count / tests, shape, scale: Math.max(0.05, mean * (1 - shape)), tests };
}

function compress(score: number): number {
  return score < STRAIGHT ? score : STRAIGHT * (1 + Math.log(score / STRAIGHT));
}

function tailOf({ from, share, shape, scale, tests }: Tail, bins: Float32Array, score: number): number {
  const excess = compress(score) - from / BINS_PER_UNIT;
  if (excess >= 0) return share * (shape < 0.01 ? Math.exp(-excess / scale) : (1 + (shape * excess) / scale) ** (-1 / shape));
  if (tests < 1) return 1;
  let above = share * tests;
  for (let bin = from - 1; bin >= binOf(score); bin -= 1) above += bins[bin] ?? 0;
  return Math.min(1, above / tests);
}
