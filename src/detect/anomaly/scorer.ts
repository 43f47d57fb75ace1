import { createAlarms, type Alarms } from './alarms.ts';
import { CHANNEL_LIST } from './channels.ts';
import type { CallAsked, CallEnded } from './event.ts';
import { createEvidence } from './evidence.ts';
import { hashTexts, mix } from './hash.ts';
import type { ScorerMemory } from './memory.ts';
import { learn, MOMENTS_WIDTH } from './moments.ts';
import { notice, type Found, type Unusual } from './notice.ts';
import { ACTOR, forEachRule } from './rules.ts';
import type { Everybody, Sight } from './sight.ts';

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

/** Until then an actor is new, and compared with other new ones; it is established after some days. */
const COLD_DAYS = 5;
const ESTABLISHED_DAYS = 3;
/** What is flagged teaches less. */
const DOUBT = 0.25;
const HOUR_MS = 3_600_000;

type Open = { -readonly [Part in keyof Sight]: Sight[Part] };

export function createAnomalyScorer({ budgetPerMonth, scorePeople }: ScorerOptions, memory: ScorerMemory): AnomalyScorer {
  const { actors, key } = memory;
  const alarms = createAlarms(memory.alarms, budgetPerMonth);
  const found: Found[] = [];
  const sight = openSight(memory);
  sight.report = createEvidence(sight, alarms, found);

  const placeOf = (call: CallAsked): Place => {
    const named = call.principalKind === 'workload' || scorePeople() ? call.principal : '';
    const server = hashTexts(key, call.space, call.server);
    return { actor: hashTexts(key, call.space, named, call.agent), server, item: mix(server, hashTexts(key, call.tool ?? call.method)) };
  };
  const finish = (): Unusual => {
    if (found.length > 0) actors.words[sight.row + ACTOR.doubted] = sight.hour;
    return notice(found, actors, sight.row + ACTOR.notice, sight.minute, alarms);
  };
  return {
    ask(call) {
      const place = placeOf(call);
      found.length = 0;
      if (!turnTo(sight, memory, call, place)) return { ...NO_ROOM, place };
      passTime(sight, memory, alarms);
      sight.trust = trustIn(sight, sight.hour);
      forEachRule(sight.row, (rule, at) => rule.ask?.(sight, at));
      const { findings, raised } = finish();
      return { findings, raised, place };
    },
    settle(call, place, ended) {
      found.length = 0;
      if (!turnTo(sight, memory, call, place)) return NO_ROOM;
      forEachRule(sight.row, (rule, at) => rule.settle?.(sight, ended, at));
      return finish();
    },
  };
}

/** Turns to the actor, tool and time of a call; false where there is no row for the actor. */
function turnTo(sight: Open, { actors, pairs, tools }: ScorerMemory, call: CallAsked, { actor, server, item }: Place): boolean {
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
  sight.everybody.actors = actors.size;
  if (row < 0) return false;
  sight.days = actors.floats[row + ACTOR.days] ?? 0;
  sight.cold = sight.days < COLD_DAYS;
  sight.trust = trustIn(sight, hour);
  return true;
}

function trustIn({ rows, row }: Sight, hour: number): number {
  return rows.words[row + ACTOR.doubted] === hour ? DOUBT : 1;
}

/** Ends the hour and the day that the actor was last seen in. A clock that went back far ends them too. */
function passTime(sight: Open, { actors }: ScorerMemory, alarms: Alarms): void {
  const { row, hour } = sight;
  const last = actors.words[row + ACTOR.hour] ?? 0;
  sight.lastHour = last;
  sight.entersHour = last === 0 || hour > last || hour < last - 1;
  if (!sight.entersHour) return;
  actors.words[row + ACTOR.hour] = hour;
  if (last === 0) return;
  sight.trust = trustIn(sight, last);
  forEachRule(row, (rule, at) => rule.closeHour?.(sight, at));
  if (Math.floor(last / 24) === Math.floor(hour / 24)) return;
  forEachRule(row, (rule, at) => rule.closeDay?.(sight, at));
  for (let channel = 0; channel < CHANNEL_LIST.length; channel += 1) alarms.test(channel, sight.cold, actors.floats[row + ACTOR.peaks + channel] ?? 0);
  actors.floats.fill(0, row + ACTOR.peaks, row + ACTOR.rules);
  sight.days += 1;
  sight.cold = sight.days < COLD_DAYS;
  actors.floats[row + ACTOR.days] = sight.days;
  if (sight.days === ESTABLISHED_DAYS) actors.establish(row);
}

const NO_ROOM: Unusual = {
  findings: [{ detector: 'anomaly', rule: 'unscored', severity: 'low', at: [], expected: 'room to learn', seen: 'no room' }], raised: [],
};

const NO_CALL: CallAsked = {
  at: 0, space: '', principal: '', principalKind: 'workload', agent: '', server: '', method: '', action: 'notify', arguments: [], unknownArguments: 0,
  argumentBytes: 0, destinations: [], labelsBefore: { confidentiality: 'public', categories: [], integrity: 'trusted' },
};

function openSight(memory: ScorerMemory): Open {
  const { actors, pairs, tools, destinations } = memory;
  return {
    call: NO_CALL, rows: actors, pairs, tools, destinations, actor: 0, row: -1, cold: true, pair: -1, tool: -1, server: -1, item: 0,
    hour: 0, minute: 0, lastHour: 0, days: 0, entersHour: false, trust: 1, everybody: everybodyOf(memory), report: () => undefined,
  };
}

/** Peers are thought to differ this much, as variance of logarithms, until so many of them were seen; and never by less than the second. */
const PEERS_MIN = 30;
const PEERS_VARIANCE = { unknown: 4, least: 1 } as const;
const PEERS_MEMORY = 3000;
const PEERS_FLOOR = 0.5;

function everybodyOf({ moments, cells }: ScorerMemory): { -readonly [Part in keyof Everybody]: Everybody[Part] } {
  const peers = { count: 0, mean: 0, variance: 0 };
  return {
    momentsOf(channel) {
      const at = channel * MOMENTS_WIDTH;
      peers.count = moments[at] ?? 0;
      peers.mean = moments[at + 1] ?? 0;
      peers.variance = peers.count < PEERS_MIN ? PEERS_VARIANCE.unknown : Math.max(moments[at + 2] ?? 0, PEERS_VARIANCE.least);
      return peers;
    },
    learn: (channel, value) => learn(moments, channel * MOMENTS_WIDTH, value, PEERS_MEMORY, 1, PEERS_FLOOR),
    cells, actors: 0,
  };
}
