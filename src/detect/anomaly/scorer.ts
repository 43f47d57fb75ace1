import { createAlarms } from './alarms.ts';
import { argumentShape } from './argument-shape.ts';
import { argumentSize } from './argument-size.ts';
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
import { notice, NOTHING_UNUSUAL, NOTICE_WIDTH, type Found, type Unusual } from './notice.ts';
import { rate } from './rate.ts';
import { resultSize } from './result-size.ts';
import { sequence } from './sequence.ts';
import type { Everybody, Rule, Sight } from './sight.ts';

/**
 * Scores calls as they are asked and as they end. Pure but for its memory, synchronous, and without a clock: the time is the
 * call's own. A call in whose place no row can be had (the table is full of established actors) is compared with everybody only.
 */
export interface AnomalyScorer {
  ask(call: CallAsked): Unusual;
  settle(call: CallAsked, ended: CallEnded): Unusual;
}

export interface ScorerOptions {
  /** False findings for each agent in a month that are put up with. */
  readonly budgetPerMonth: number;
  /** Whether people have baselines of their own; without, their agents have them, whoever they act for. */
  readonly scorePeople: () => boolean;
}

const RULES: readonly Rule[] = [rate, hours, firstUse, argumentShape, argumentSize, resultSize, denials, enumeration, sequence, destinations, labels];
/** A row of an actor: what is known of it as a whole, what was told of it, then each rule's part. */
const AT = { hour: 0, days: 1, doubted: 2, notice: 3, rules: 3 + NOTICE_WIDTH } as const;
const OFFSETS = RULES.reduce<readonly number[]>((offsets, { width }) => [...offsets, (offsets.at(-1) ?? 0) + width], [AT.rules]);
export const ACTOR_WIDTH = OFFSETS.at(-1) ?? AT.rules;
/** What is flagged teaches less. */
const DOUBT = 0.25;
const ESTABLISHED_DAYS = 3;
const HOUR_MS = 3_600_000;

type Open = { -readonly [Part in keyof Sight]: Sight[Part] };

export function createAnomalyScorer({ budgetPerMonth, scorePeople }: ScorerOptions, memory: ScorerMemory): AnomalyScorer {
  const { actors, pairs, tools, key } = memory;
  const alarms = createAlarms(memory.alarms, budgetPerMonth);
  const found: Found[] = [];
  const sight: Open = {
    call: NO_CALL, rows: actors, pairs, tools, pair: -1, tool: -1, server: -1, item: 0, hour: 0, minute: 0, lastHour: 0, days: 0, entersHour: false, trust: 1,
    everybody: everybodyOf(memory),
    report(channel, score, cold, expected, seen) {
      const judged = alarms.judge(channel, cold, score, sight.hour);
      if (judged !== undefined) found.push({ ...judged, channel, expected, seen });
    },
    test: (channel, score, cold) => alarms.test(channel, cold, score),
  };

  /** Turns to the actor, tool and time of a call; -1 where there is no row for the actor. */
  const turnTo = (call: CallAsked): number => {
    const named = call.principalKind === 'workload' || scorePeople() ? call.principal : '';
    const actor = hashTexts(key, call.space, named, call.agent);
    const server = hashTexts(key, call.space, call.server);
    const item = hashTexts(key, call.space, call.server, call.tool ?? call.method);
    const hour = Math.floor(call.at / HOUR_MS);
    const row = actors.claim(actor, hour);
    sight.call = call;
    sight.item = item;
    sight.hour = hour;
    sight.minute = Math.floor(call.at / 60_000);
    sight.tool = call.tool === undefined ? -1 : tools.claim(item, hour);
    sight.server = tools.claim(server, hour);
    sight.pair = row < 0 || call.tool === undefined ? -1 : pairs.claim(mix(actor, item), hour);
    sight.days = row < 0 ? 0 : (actors.floats[row + AT.days] ?? 0);
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
    const days = (actors.floats[row + AT.days] ?? 0) + 1;
    actors.floats[row + AT.days] = days;
    sight.days = days;
    if (days === ESTABLISHED_DAYS) actors.establish(row);
    alarms.dayEnded();
  };

  return {
    ask(call) {
      const row = turnTo(call);
      if (row < 0) return NOTHING_UNUSUAL;
      passTime(row);
      sight.trust = actors.words[row + AT.doubted] === sight.hour ? DOUBT : 1;
      for (let index = 0; index < RULES.length; index += 1) RULES[index]?.ask?.(sight, row + (OFFSETS[index] ?? 0));
      return finish(row);
    },
    settle(call, ended) {
      const row = turnTo(call);
      if (row < 0) return NOTHING_UNUSUAL;
      for (let index = 0; index < RULES.length; index += 1) RULES[index]?.settle?.(sight, ended, row + (OFFSETS[index] ?? 0));
      return finish(row);
    },
  };
}

function each(run: (rule: Rule, at: number) => void, row: number): void {
  for (const [index, rule] of RULES.entries()) run(rule, row + (OFFSETS[index] ?? 0));
}

const NO_CALL: CallAsked = {
  at: 0, space: '', principal: '', principalKind: 'workload', agent: '', server: '', method: '', action: 'notify', arguments: [], unknownArguments: 0,
  argumentBytes: 0, destinations: [], labelsBefore: { confidentiality: 'public', categories: [], integrity: 'trusted' },
};

function everybodyOf({ moments, cells, bits }: ScorerMemory): { -readonly [Part in keyof Everybody]: Everybody[Part] } {
  const peers = { count: 0, mean: 0, variance: 0 };
  return {
    momentsOf(channel) {
      const at = channel * MOMENTS_WIDTH;
      peers.count = moments[at] ?? 0;
      peers.mean = moments[at + 1] ?? 0;
      peers.variance = Math.max(moments[at + 2] ?? 0, 1);
      return peers;
    },
    learn: (channel, value) => learn(moments, channel * MOMENTS_WIDTH, value, 3000, 1, 0.5),
    cells, bits, actors: 0,
  };
}
