import { ANOMALY_RULES } from '../../domain/finding.ts';
import type { Alarms } from './alarms.ts';
import { CHANNEL, channelOf, type ChannelId } from './channels.ts';
import { ruleIndex, type Found } from './notice.ts';
import { ACTOR } from './rules.ts';
import type { Sight } from './sight.ts';

/** Below, a score is what happens every day; above, a rarity says something beside others. */
const SCORE_MIN = 1.5;
const SAYS_SOMETHING = 2.5;

/** Takes the scores of rules: what is rare enough goes into `found`. A channel's score counts where it is the day's highest. */
export function createEvidence(sight: Sight, alarms: Alarms, found: Found[]): Sight['report'] {
  const { floats } = sight.rows;
  return (channel, score, expected, seen) => {
    const peak = sight.row + ACTOR.peaks + channel;
    if (sight.row < 0 || score < SCORE_MIN || score <= (floats[peak] ?? 0)) return;
    floats[peak] = score;
    const judged = alarms.judge(channel, sight.cold, score, sight.hour);
    if (judged.margin >= 0) found.push({ ...judged, channel, rule: channelOf(channel).rule, expected, seen });
    if (judged.rarity > SAYS_SOMETHING) addUp(sight, alarms, found, channel, judged.rarity);
  };
}

/**
 * Evidence of several rules: the sum of how rare the rarest of each is today (Fisher, 1932); they are not independent, so what the
 * sum is worth is calibrated too. It is told as the rule that says most.
 */
function addUp({ rows: { floats }, row, cold, hour }: Sight, alarms: Alarms, found: Found[], channel: ChannelId, rarity: number): void {
  const index = ruleIndex(channelOf(channel).rule);
  const at = row + ACTOR.evidence;
  if (rarity <= (floats[at + index] ?? 0)) return;
  floats[at + index] = rarity;
  let [sum, most, strongest] = [0, 0, index];
  for (let rule = 0; rule < ANOMALY_RULES.length; rule += 1) {
    const says = floats[at + rule] ?? 0;
    if (says > SAYS_SOMETHING) sum += says - SAYS_SOMETHING;
    if (says > most) [most, strongest] = [says, rule];
  }
  const peak = row + ACTOR.peaks + CHANNEL.together;
  if (sum <= (floats[peak] ?? 0)) return;
  floats[peak] = sum;
  const judged = alarms.judge(CHANNEL.together, cold, sum, hour);
  if (judged.margin >= 0) found.push({ ...judged, channel: CHANNEL.together, rule: ANOMALY_RULES[strongest] ?? 'rate', expected: 0, seen: sum });
}
