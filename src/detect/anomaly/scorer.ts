import { ANOMALY_RULES } from '../../domain/finding.ts';
import { createAlarms } from './alarms.ts';
import { argumentShape } from './argument-shape.ts';
import { argumentSize } from './argument-size.ts';
import { CHANNEL, CHANNEL_LIST, channelOf, type ChannelId } from './channels.ts';
import { denials } from './denials.ts';
import { destinations } from './destinations.ts';
import { enumeration } from './enumeration.ts';
import type { CallAsked, CallEnded } from './event.ts';
import { firstUse } from './first-use.ts';
import { hashTexts, mix } from './hash.ts';
import { hours } from './hours.ts';
import { labels } from './labels.ts';
import type { ScorerMemory } from './memory.ts';
import { learn, MOMENTS_WIDTH } from './moments.ts';
import { notice, NOTICE_WIDTH, ruleIndex, type Found, type Unusual } from './notice.ts';
import { pace } from './pace.ts';
import { rate } from './rate.ts';
import { resultSize } from './result-size.ts';
import { sequence } from './sequence.ts';
import type { Everybody, Rule, Sight } from './sight.ts';

/**
 * Scores calls as they are asked and as they end. Pure but for its memory, synchronous, and without a clock: the time is the
 * call's own. Where there is no room for an actor (all places are of others who were here lately), that is a finding.
 */
export interface AnomalyScorer {
  ask(call: CallAsked): Unusual & { readonly place: Place };
  /** `place` is what `ask` gave for the same call. */
  settle(call: CallAsked, place: Place, ended: CallEnded): Unusual;
}

/** Hashes of who and what a call is about, worked out once. */
export interface Place {
  readonly actor: number;
  readonly server: number;
  readonly item: number;
}

export interface ScorerOptions {
  /** False findings for each agent in a month that are put up with. */
  readonly budgetPerMonth: number;
  /** Whether people have baselines of their own; without, their agents have them, whoever they act for. */
  readonly scorePeople: () => boolean;
}

const RULES: readonly Rule[] = [rate, pace, hours, firstUse, argumentShape, argumentSize, resultSize, denials, enumeration, sequence, destinations, labels];
/** A row of an actor: what is known of it as a whole, what was told of it, then each rule's part. */
const AT = {
  hour: 0, days: 1, doubted: 2, notice: 3, peaks: 3 + NOTICE_WIDTH, evidence: 3 + NOTICE_WIDTH + CHANNEL_LIST.length,
  rules: 3 + NOTICE_WIDTH + CHANNEL_LIST.length + ANOMALY_RULES.length,
} as const;
/** Below, a score is what happens every day; above, a rarity says something beside others. */
const SCORE_MIN = 1.5;
const SAYS_SOMETHING = 2.5;
const COLD_DAYS = 5;
const OFFSETS = RULES.reduce<readonly number[]>((offsets, { width }) => [...offsets, (offsets.at(-1) ?? 0) + width], [AT.rules]);
export const ACTOR_WIDTH = OFFSETS.at(-1) ?? AT.rules;
/** What is flagged teaches less. */
const DOUBT = 0.25;
const ESTABLISHED_DAYS = 3;
const HOUR_MS = 3_600_000;

type Open = { -readonly [Part in keyof Sight]: Sight[Part] };

export function createAnomalyScorer({ budgetPerMonth, scorePeople }: ScorerOptions, memory: ScorerMemory): AnomalyScorer {
  const { actors, pairs, tools, destinations: places, key } = memory;
  const alarms = createAlarms(memory.alarms, budgetPerMonth);
  const found: Found[] = [];
  const sight: Open = {
    call: NO_CALL, rows: actors, pairs, tools, destinations: places, actor: 0, pair: -1, tool: -1, server: -1, item: 0, hour: 0, minute: 0, lastHour: 0, days: 0, entersHour: false, trust: 1, row: -1, cold: true,
    everybody: everybodyOf(memory),
    report(channel, score, expected, seen) {
      if (sight.row < 0 || score < SCORE_MIN) return;
      const { floats } = actors;
      const peak = sight.row + AT.peaks + channel;
      if (score <= (floats[peak] ?? 0)) return;
      floats[peak] = score;
      const judged = alarms.judge(channel, sight.cold, score, sight.hour);
      if (judged.margin >= 0) found.push({ ...judged, channel, rule: channelOf(channel).rule, expected, seen });
      if (judged.rarity > SAYS_SOMETHING) addUp(channel, judged.rarity);
    },
  };

  /**
   * Evidence of several rules: the sum of how rare the rarest of each is today (Fisher, 1932); they are not independent, so what the
   * sum is worth is calibrated too.
   */
  const addUp = (channel: ChannelId, rarity: number): void => {
    const { floats } = actors;
    const index = ruleIndex(channelOf(channel).rule);
    const at = sight.row + AT.evidence;
    if (rarity <= (floats[at + index] ?? 0)) return;
    floats[at + index] = rarity;
    let [sum, most, strongest] = [0, 0, index];
    for (let rule = 0; rule < ANOMALY_RULES.length; rule += 1) {
      const says = floats[at + rule] ?? 0;
      if (says > SAYS_SOMETHING) sum += says - SAYS_SOMETHING;
      if (says > most) [most, strongest] = [says, rule];
    }
    if (sum <= (floats[sight.row + AT.peaks + CHANNEL.together] ?? 0)) return;
    floats[sight.row + AT.peaks + CHANNEL.together] = sum;
    const judged = alarms.judge(CHANNEL.together, sight.cold, sum, sight.hour);
    if (judged.margin >= 0) found.push({ ...judged, channel: CHANNEL.together, rule: ANOMALY_RULES[strongest] ?? 'rate', expected: 0, seen: sum });
  };

  const placeOf = (call: CallAsked): Place => {
    const named = call.principalKind === 'workload' || scorePeople() ? call.principal : '';
    const server = hashTexts(key, call.space, call.server);
    return { actor: hashTexts(key, call.space, named, call.agent), server, item: mix(server, hashTexts(key, call.tool ?? call.method)) };
  };
  /** Turns to the actor, tool and time of a call; -1 where there is no row for the actor. */
  const turnTo = (call: CallAsked, { actor, server, item }: Place): number => {
    const hour = Math.floor(call.at / HOUR_MS);
    const row = actors.claim(actor, hour);
    sight.call = call;
    sight.row = row;
    sight.item = item;
    sight.actor = actor;
    sight.hour = hour;
    sight.minute = Math.floor(call.at / 60_000);
    sight.tool = call.tool === undefined ? -1 : tools.claim(item, hour);
    sight.server = tools.claim(server, hour);
    sight.pair = row < 0 || call.tool === undefined ? -1 : pairs.claim(mix(actor, item), hour);
    sight.days = row < 0 ? 0 : (actors.floats[row + AT.days] ?? 0);
    sight.cold = sight.days < COLD_DAYS;
    sight.trust = row >= 0 && actors.words[row + AT.doubted] === hour ? DOUBT : 1;
    sight.everybody.actors = actors.size;
    found.length = 0;
    return row;
  };
  const finish = (row: number): Unusual => {
    if (found.length > 0) actors.words[row + AT.doubted] = sight.hour;
    return notice(found, actors, row + AT.notice, sight.minute, alarms);
  };
  /** Ends the hour and the day that the actor was last seen in. A clock that went back far ends them too. */
  const passTime = (row: number): void => {
    const last = actors.words[row + AT.hour] ?? 0;
    sight.lastHour = last;
    sight.entersHour = last === 0 || sight.hour > last || sight.hour < last - 1;
    if (!sight.entersHour) return;
    actors.words[row + AT.hour] = sight.hour;
    if (last === 0) return;
    sight.trust = actors.words[row + AT.doubted] === last ? DOUBT : 1;
    each((rule, at) => rule.closeHour?.(sight, at), row);
    if (Math.floor(last / 24) === Math.floor(sight.hour / 24)) return;
    each((rule, at) => rule.closeDay?.(sight, at), row);
    for (let channel = 0; channel < CHANNEL_LIST.length; channel += 1) alarms.test(channel, sight.cold, actors.floats[row + AT.peaks + channel] ?? 0);
    actors.floats.fill(0, row + AT.peaks, row + AT.rules);
    const days = (actors.floats[row + AT.days] ?? 0) + 1;
    actors.floats[row + AT.days] = days;
    sight.days = days;
    sight.cold = days < COLD_DAYS;
    if (days === ESTABLISHED_DAYS) actors.establish(row);
  };

  return {
    ask(call) {
      const place = placeOf(call);
      const row = turnTo(call, place);
      if (row < 0) return { ...NO_ROOM, place };
      passTime(row);
      sight.trust = actors.words[row + AT.doubted] === sight.hour ? DOUBT : 1;
      for (let index = 0; index < RULES.length; index += 1) RULES[index]?.ask?.(sight, row + (OFFSETS[index] ?? 0));
      const { findings, raised } = finish(row);
      return { findings, raised, place };
    },
    settle(call, place, ended) {
      const row = turnTo(call, place);
      if (row < 0) return NO_ROOM;
      for (let index = 0; index < RULES.length; index += 1) RULES[index]?.settle?.(sight, ended, row + (OFFSETS[index] ?? 0));
      return finish(row);
    },
  };
}

const NO_ROOM: Unusual = {
  findings: [{ detector: 'anomaly', rule: 'unscored', severity: 'low', at: [], expected: 'room to learn', seen: 'no room' }], raised: [],
};

function each(run: (rule: Rule, at: number) => void, row: number): void {
  for (const [index, rule] of RULES.entries()) run(rule, row + (OFFSETS[index] ?? 0));
}

const NO_CALL: CallAsked = {
  at: 0, space: '', principal: '', principalKind: 'workload', agent: '', server: '', method: '', action: 'notify', arguments: [], unknownArguments: 0,
  argumentBytes: 0, destinations: [], labelsBefore: { confidentiality: 'public', categories: [], integrity: 'trusted' },
};

function everybodyOf({ moments, cells }: ScorerMemory): { -readonly [Part in keyof Everybody]: Everybody[Part] } {
  const peers = { count: 0, mean: 0, variance: 0 };
  return {
    momentsOf(channel) {
      const at = channel * MOMENTS_WIDTH;
      peers.count = moments[at] ?? 0;
      peers.mean = moments[at + 1] ?? 0;
      peers.variance = (moments[at] ?? 0) < 30 ? 4 : Math.max(moments[at + 2] ?? 0, 1);
      return peers;
    },
    learn: (channel, value) => learn(moments, channel * MOMENTS_WIDTH, value, 3000, 1, 0.5),
    cells, actors: 0,
  };
}
