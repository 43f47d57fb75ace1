import { CHANNEL } from './channels.ts';
import { BEFORE, CELLS, TUPLES } from './places.ts';
import { learn, MOMENTS_WIDTH } from './moments.ts';
import type { Rule, Sight } from './sight.ts';

/**
 * How surprising the order of an actor's calls is: the surprisal of each under a Markov chain of order one with Witten and Bell's
 * smoothing (1991), which backs off to everybody's chain; summed as deviations from the actor's own habit over a session (CUSUM; Page, 1954).
 */
const PAIRS = 128;
const FROM = 32;
const SESSION_MINUTES = 30;
const SLACK = 0.7;
const SURPRISE_MAX = 9;
const AT = { pairs: 0, totals: PAIRS, followers: PAIRS + FROM, before: PAIRS + 2 * FROM, minute: 0, sum: 0, highest: 0, moments: 0 };
AT.minute = AT.before + 1;
AT.sum = AT.minute + 1;
AT.highest = AT.sum + 1;
AT.moments = AT.highest + 1;

export const sequence: Rule = {
  width: AT.moments + MOMENTS_WIDTH,
  ask(sight, at) {
    const { rows: { floats, words }, item, minute } = sight;
    const isFresh = minute - (words[at + AT.minute] ?? 0) > SESSION_MINUTES;
    if (isFresh) {
      floats[at + AT.sum] = 0;
      floats[at + AT.highest] = 0;
    }
    const before = isFresh ? 0 : (words[at + AT.before] ?? 0);
    const surprise = Math.min(SURPRISE_MAX, follow(sight, at, before));
    const [mean, variance] = [floats[at + AT.moments + 1] ?? 0, floats[at + AT.moments + 2] ?? 0];
    if ((floats[at + AT.moments] ?? 0) > 10) {
      const deviation = (surprise - mean) / Math.sqrt(Math.max(variance, 0.5));
      const sum = Math.max(0, (floats[at + AT.sum] ?? 0) + deviation - SLACK);
      floats[at + AT.sum] = sum;
      if (sum > (floats[at + AT.highest] ?? 0)) {
        floats[at + AT.highest] = sum;
        sight.report(CHANNEL.surprise, sum, 0, sum);
      }
    }
    learn(floats, at + AT.moments, surprise, 1000, sight.trust, 0.5);
    words[at + AT.before] = item >>> 0;
    words[at + AT.minute] = minute;
  },
};

/** `-ln P(this | before)`, and learns it. */
function follow(sight: Sight, at: number, before: number): number {
  const { rows: { floats }, everybody: { cells }, item } = sight;
  const tuple = Math.imul(before ^ 0x5bd1e995, 0x9e3779b1) ^ Math.imul(item >>> 0, 0x85ebca6b);
  const spread = (tuple ^ (tuple >>> 15)) >>> 0;
  const from = (Math.imul(before, 0x9e3779b1) >>> 0) ^ (before >>> 13);
  const shared = CELLS.tuples + (spread % TUPLES);
  const sharedFrom = CELLS.before + ((from >>> 0) % BEFORE);
  const usual = ((cells[shared] ?? 0) + 0.02) / ((cells[sharedFrom] ?? 0) + 2);
  const pair = at + AT.pairs + ((spread >>> 8) % PAIRS);
  const source = at + AT.totals + ((from >>> 0) % FROM);
  const followers = source + FROM;
  const times = floats[pair] ?? 0;
  const [total, kinds] = [floats[source] ?? 0, floats[followers] ?? 0];
  const likely = (times + (kinds + 1) * usual) / (total + kinds + 1);
  if (times === 0) floats[followers] = kinds + 1;
  floats[pair] = times + sight.trust;
  floats[source] = total + sight.trust;
  if (total > 4000) halve(floats, at);
  cells[shared] = (cells[shared] ?? 0) + sight.trust;
  cells[sharedFrom] = (cells[sharedFrom] ?? 0) + sight.trust;
  return -Math.log(Math.min(1, likely));
}

function halve(floats: Float32Array, at: number): void {
  for (let index = at; index < at + PAIRS + FROM; index += 1) floats[index] = (floats[index] ?? 0) / 2;
}
