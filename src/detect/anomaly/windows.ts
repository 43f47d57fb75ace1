import type { ChannelId } from './channels.ts';
import { learn, MOMENTS_WIDTH } from './moments.ts';
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
/** How counts spread about their mean as long as an actor's own spread isn't known: as an exponential does. */
const OVERDISPERSION = 1;
const OVERDISPERSION_MAX = 12;
/** How logarithms of sizes vary from window to window of one actor, as long as that isn't known. */
const WITHIN = 0.6;
const known = { count: 0, mean: 0, variance: 0 };

export function createWindow({ channel, kind, warm, memory, drift }: WindowOptions): Window {
  const score = kind === 'count' ? countOf : sizeOf;
  return {
    width: 1 + MOMENTS_WIDTH + 1,
    total: ({ rows }, at) => rows.floats[at] ?? 0,
    see(sight, at, total, season) {
      sight.rows.floats[at] = total;
      const rare = score(sight, at + 1, channel, total, season);
      sight.report(channel, rare, known.mean, kind === 'count' ? total : Math.log1p(total));
    },
    close(sight, at, season) {
      const { floats } = sight.rows;
      const total = floats[at] ?? 0;
      floats[at] = 0;
      if (kind === 'size' && total === 0) return;
      const value = kind === 'count' ? total / season : Math.log1p(total);
      const [count, mean, variance] = [floats[at + 1] ?? 0, floats[at + 2] ?? 0, floats[at + 3] ?? 0];
      const deviation = (value - mean) / Math.sqrt(Math.max(variance, FLOOR[kind] ** 2));
      if (drift !== undefined && count >= warm) follow(sight, at + 1 + MOMENTS_WIDTH, drift, deviation);
      learn(floats, at + 1, value, memory, sight.trust, FLOOR[kind]);
      sight.everybody.learn(channel, Math.log1p(value));
    },
  };
}

function sizeOf(sight: Sight, at: number, channel: ChannelId, total: number): number {
  const { floats } = sight.rows;
  const [count, own, variance] = [floats[at] ?? 0, floats[at + 1] ?? 0, floats[at + 2] ?? 0];
  const peers = sight.everybody.momentsOf(channel);
  known.mean = (count * own + peers.mean) / (count + 1);
  const within = (count * variance + PEERS_WEIGHT * WITHIN) / (count + PEERS_WEIGHT);
  const between = peers.variance / ((count + 1) * (count + 1));
  return studentScore((Math.log1p(total) - known.mean) / Math.sqrt(Math.max(within, FLOOR.size ** 2) * (1 + 1 / (count + 1)) + between), count + PEERS_WEIGHT);
}

/** Peers are known by logarithms: actors differ by orders of magnitude. What they say of a mean, and how far they differ, fades quickly. */
function countOf(sight: Sight, at: number, channel: ChannelId, total: number, season: number): number {
  const { floats } = sight.rows;
  const [count, own, variance] = [floats[at] ?? 0, floats[at + 1] ?? 0, floats[at + 2] ?? 0];
  const peers = sight.everybody.momentsOf(channel);
  const mean = Math.max(0.05, (count * own + Math.expm1(peers.mean)) / (count + 1));
  const spread = (count * Math.max(0, variance - own) / Math.max(own * own, 0.05) + PEERS_WEIGHT * OVERDISPERSION) / (count + PEERS_WEIGHT);
  const between = Math.min(OVERDISPERSION_MAX, Math.expm1(peers.variance)) / ((count + 1) * (count + 1));
  known.mean = mean * season;
  return countScore(total, mean * season, spread + between + 1 / (count + PEERS_WEIGHT));
}

function follow(sight: Sight, at: number, channel: ChannelId, deviation: number): void {
  const { floats } = sight.rows;
  const sum = Math.max(0, (floats[at] ?? 0) + Math.min(3, Math.max(-3, deviation)) - SLACK);
  floats[at] = sum;
  // P(sum ≥ h) falls as exp(-2 × slack × h) while nothing changed (Siegmund, 1985).
  sight.report(channel, 2 * SLACK * sum, 0, sum);
}
