import { CHANNEL, type ChannelId } from './channels.ts';
import { learn, predict } from './moments.ts';
import type { Sight } from './sight.ts';
import { studentScore } from './tail.ts';

/**
 * One size against those of the same actor and tool before it; where there are few, against all actors' of that tool. Logarithms of
 * sizes are near normal, and what is not is calibrated.
 */
const PEERS_WEIGHT = 4;
const MEMORY = 400;
const FLOOR = 0.12;
const known = { count: 0, mean: 0, variance: 0 };
const all = { count: 0, mean: 0, variance: 0 };

export function sizeScore(sight: Sight, channel: ChannelId, bytes: number, ofPair: number, ofTool: number): number {
  predict(sight.tools.floats, sight.tool + ofTool, sight.everybody.momentsOf(channel), 1, all);
  predict(sight.pairs.floats, sight.pair + ofPair, all, PEERS_WEIGHT, known);
  const spread = Math.sqrt(Math.max(known.variance, FLOOR * FLOOR) * (1 + 1 / (known.count + PEERS_WEIGHT)));
  return studentScore((Math.log1p(bytes) - known.mean) / spread, known.count + PEERS_WEIGHT);
}

/** One property's size against those of the same property of the same tool. */
export function propertyScore(sight: Sight, bytes: number, at: number): number {
  predict(sight.tools.floats, at, sight.everybody.momentsOf(CHANNEL.property), 3, known);
  const spread = Math.sqrt(Math.max(known.variance, FLOOR * FLOOR) * (1 + 1 / (known.count + 3)));
  return studentScore((Math.log1p(bytes) - known.mean) / spread, known.count + 3);
}

export function learnProperty(sight: Sight, bytes: number, at: number): void {
  learn(sight.tools.floats, at, Math.log1p(bytes), MEMORY * 4, sight.trust, FLOOR);
  sight.everybody.learn(CHANNEL.property, Math.log1p(bytes));
}

/** What `sizeScore` expected last. */
export function expectedSize(): number {
  return known.mean;
}

export function learnSize(sight: Sight, channel: ChannelId, bytes: number, ofPair: number, ofTool: number): void {
  const value = Math.log1p(bytes);
  learn(sight.pairs.floats, sight.pair + ofPair, value, MEMORY, sight.trust, FLOOR);
  learn(sight.tools.floats, sight.tool + ofTool, value, MEMORY * 4, sight.trust, FLOOR);
  sight.everybody.learn(channel, value);
}
