import { CHANNEL } from './channels.ts';
import { learn, MOMENTS_WIDTH, predict } from './moments.ts';
import { PAIR, TOOL } from './places.ts';
import type { Rule, Sight } from './sight.ts';
import { studentScore } from './tail.ts';

/**
 * How an actor works through its calls: how often it uses one tool in a day (Student's t of the logarithm), how often it makes the very same
 * call in a row (a run has the probability of one repetition, to its length), and how fast (logarithms of gaps, summed as
 * deviations over a session; CUSUM; Page, 1954).
 */
const SESSION_MS = 30 * 60_000;
const SLACK = 0.8;
const AT = { time: 0, same: 1, run: 2, repeats: 3, calls: 4, sum: 5, highest: 6, gaps: 7 } as const;
const PEERS_WEIGHT = 3;
const FLOOR = 0.3;
const all = { count: 0, mean: 0, variance: 0 };
const known = { count: 0, mean: 0, variance: 0 };

export const pace: Rule = {
  width: AT.gaps + MOMENTS_WIDTH,
  ask(sight, at) {
    if (sight.call.tool === undefined) return;
    countToday(sight);
    followRun(sight, at);
    followGap(sight, at);
  },
};

function countToday(sight: Sight): void {
  const { pairs: { floats, words }, tools, tool, pair, hour } = sight;
  if (pair < 0 || tool < 0) return;
  const today = Math.floor(hour / 24);
  if (words[pair + PAIR.day] !== today) {
    const last = Math.log1p(floats[pair + PAIR.today] ?? 0);
    if (last > 0) {
      learn(floats, pair + PAIR.calls, last, 25, sight.trust, FLOOR);
      learn(tools.floats, tool + TOOL.days, last, 500, sight.trust, FLOOR);
      sight.everybody.learn(CHANNEL.toolDay, last);
    }
    words[pair + PAIR.day] = today;
    floats[pair + PAIR.today] = 0;
  }
  const total = (floats[pair + PAIR.today] ?? 0) + 1;
  floats[pair + PAIR.today] = total;
  predict(tools.floats, tool + TOOL.days, sight.everybody.momentsOf(CHANNEL.toolDay), 2, all);
  predict(floats, pair + PAIR.calls, all, PEERS_WEIGHT, known);
  const spread = Math.sqrt(Math.max(known.variance, FLOOR * FLOOR) * (1 + 1 / (known.count + PEERS_WEIGHT)));
  sight.report(CHANNEL.toolDay, studentScore((Math.log1p(total) - known.mean) / spread, known.count + PEERS_WEIGHT), Math.expm1(known.mean), total);
}

function followRun(sight: Sight, at: number): void {
  const { call, item, rows: { floats, words }, trust } = sight;
  const same = (Math.imul(item >>> 0, 0x9e3779b1) ^ Math.imul(call.argumentBytes, 0x85ebca6b) ^ call.arguments.length) >>> 0;
  const isSame = words[at + AT.same] === same;
  const run = floats[at + AT.run] ?? 0;
  const [repeats, calls] = [floats[at + AT.repeats] ?? 0, floats[at + AT.calls] ?? 0];
  const usual = -Math.log((repeats + 1) / (calls + 10));
  if (isSame) sight.report(CHANNEL.repeats, usual * (run + 1), 0, run + 1);
  words[at + AT.same] = same;
  floats[at + AT.run] = isSame ? run + 1 : 0;
  // A long run is one thing that happened, not many.
  floats[at + AT.repeats] = repeats + (isSame && run < 5 ? trust : 0);
  floats[at + AT.calls] = calls + 1;
  if (calls < 4000) return;
  floats[at + AT.repeats] = (floats[at + AT.repeats] ?? 0) / 2;
  floats[at + AT.calls] = (floats[at + AT.calls] ?? 0) / 2;
}

function followGap(sight: Sight, at: number): void {
  const { call, rows: { floats, words }, trust } = sight;
  const now = call.at >>> 0;
  const gap = (now - (words[at + AT.time] ?? 0)) >>> 0;
  words[at + AT.time] = now;
  const count = floats[at + AT.gaps] ?? 0;
  if (gap > SESSION_MS) {
    floats[at + AT.sum] = 0;
    floats[at + AT.highest] = 0;
    return;
  }
  const value = Math.log(gap + 20);
  if (count > 20) {
    const deviation = ((floats[at + AT.gaps + 1] ?? 0) - value) / Math.sqrt(Math.max(floats[at + AT.gaps + 2] ?? 0, 0.1));
    const sum = Math.max(0, (floats[at + AT.sum] ?? 0) + Math.min(3, deviation) - SLACK);
    floats[at + AT.sum] = sum;
    if (sum > (floats[at + AT.highest] ?? 0)) {
      floats[at + AT.highest] = sum;
      sight.report(CHANNEL.pace, sum, 0, sum);
    }
  }
  learn(floats, at + AT.gaps, value, 1500, trust, 0.3);
}
