import type { ChannelId } from './channels.ts';
import { learn, MOMENTS_WIDTH, predict } from './moments.ts';
import type { Sight } from './sight.ts';
import { countScore, studentScore } from './tail.ts';

/**
 * A quantity added up over an hour or a day of an actor and compared with what its like was before. Counts: negative
 * binomial. Sizes: Student's t of the logarithm, the predictive distribution of a normal with unknown mean and variance. The
 * score only grows within a window, so looking at every call is one test a window, made when it closes.
 */
export interface Window {
  readonly width: number;
  /** Sets what it has come to so far. `season`: by how much this hour differs from others. */
  see(sight: Sight, at: number, total: number, season: number): void;
  total(sight: Sight, at: number): number;
  close(sight: Sight, at: number, season: number): void;
}

export interface WindowOptions {
  readonly channel: ChannelId;
  readonly kind: 'count' | 'size';
  /** Windows after which a baseline is no longer young, and those that it remembers. */
  readonly warm: number;
  readonly memory: number;
  /** Sums deviations over windows (CUSUM; Page, 1954), for what grows too slowly to be seen in any one of them. */
  readonly drift?: ChannelId;
}

const PEERS_WEIGHT = 3;
const SLACK = 0.75;
const FLOOR = { count: 0.5, size: 0.25 } as const;
const known = { count: 0, mean: 0, variance: 0 };

export function createWindow({ channel, kind, warm, memory, drift }: WindowOptions): Window {
  const score = (sight: Sight, at: number, total: number, season: number): number => {
    predict(sight.rows.floats, at + 1, sight.everybody.momentsOf(channel), PEERS_WEIGHT, known);
    if (kind === 'count') return countOf(total, known.mean * season, known.variance * season * season, known.count);
    const spread = Math.sqrt(Math.max(known.variance, FLOOR.size * FLOOR.size) * (1 + 1 / (known.count + PEERS_WEIGHT)));
    return studentScore((Math.log1p(total) - known.mean) / spread, known.count + PEERS_WEIGHT);
  };
  return {
    width: 1 + MOMENTS_WIDTH + 1,
    total: ({ rows }, at) => rows.floats[at] ?? 0,
    see(sight, at, total, season) {
      sight.rows.floats[at] = total;
      const rare = score(sight, at, total, season);
      if (rare > 3) sight.report(channel, rare, known.count < warm, known.mean * season, kind === 'count' ? total : Math.log1p(total));
    },
    close(sight, at, season) {
      const { floats } = sight.rows;
      const total = floats[at] ?? 0;
      floats[at] = 0;
      if (kind === 'size' && total === 0) return;
      const rare = score(sight, at, total, season);
      const cold = known.count < warm;
      sight.test(channel, rare, cold);
      const value = kind === 'count' ? total / season : Math.log1p(total);
      if (drift !== undefined && !cold) follow(sight, at + 1 + MOMENTS_WIDTH, drift, (value - known.mean) / Math.sqrt(Math.max(known.variance, FLOOR[kind] ** 2)));
      learn(floats, at + 1, value, memory, sight.trust, FLOOR[kind]);
      sight.everybody.learn(channel, value);
    },
  };
}

function countOf(total: number, mean: number, variance: number, count: number): number {
  const over = Math.max(0, (variance - mean) / Math.max(mean * mean, 0.01));
  // What isn't known of the mean spreads the prediction like dispersion does.
  return countScore(total, mean, over + 1 / (count + PEERS_WEIGHT));
}

function follow(sight: Sight, at: number, channel: ChannelId, deviation: number): void {
  const { floats } = sight.rows;
  const sum = Math.max(0, (floats[at] ?? 0) + Math.min(3, Math.max(-3, deviation)) - SLACK);
  floats[at] = sum;
  // P(sum ≥ h) falls as exp(-2 × slack × h) while nothing changed (Siegmund, 1985).
  const rare = 2 * SLACK * sum;
  if (rare > 3) sight.report(channel, rare, false, 0, sum);
  sight.test(channel, rare, false);
}
