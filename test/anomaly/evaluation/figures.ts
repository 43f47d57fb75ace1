import type { Truth } from '../generator/attacks/plan.ts';
import type { Strength } from '../generator/attacks/stage.ts';
import { DAY, DAYS, HOUR } from '../generator/calendar.ts';
import { median, rateInterval, wilson, type Interval } from './interval.ts';
import type { Found, MonthRun } from './run.ts';

/** A finding up to an hour after an attack's event counts as found: rates and bursts fade. */
const ECHO_MS = HOUR;
/** Ends of the agents' ages, in days, for which false findings are counted apart. */
const AGES = [1, 3, 7, 14, 30] as const;

/** What became of one attack. */
interface Outcome {
  readonly kind: string;
  readonly strength: Strength;
  readonly day: number;
  readonly rules: readonly string[];
  /** From its first event to the first finding, and which of its events that was; undefined: not found. */
  readonly delayMs: number | undefined;
  readonly event: number | undefined;
  /** Whether the same agent had a finding at the same times in the month without attacks: what chance alone finds. */
  readonly chance: boolean;
}

interface Share {
  readonly found: number;
  readonly of: number;
}

export interface KindFigures extends Share {
  readonly kind: string;
  readonly interval: Interval;
  readonly strengths: Readonly<Record<Strength, Share>>;
  readonly chance: number;
  readonly medianDelayMs: number | undefined;
  readonly medianEvent: number | undefined;
}

export interface Figures {
  readonly months: readonly string[];
  readonly events: number;
  readonly usPerEvent: number;
  readonly agentMonths: number;
  readonly falseFindings: number;
  readonly falsePerAgentMonth: number;
  readonly falseInterval: Interval;
  /** The same, findings of one rule for one agent within a day counted once. */
  readonly falseAlarmsPerAgentMonth: number;
  /** Share of agents without any. */
  readonly agentsWithout: number;
  readonly falseByRule: Readonly<Record<string, number>>;
  readonly foundByRule: Readonly<Record<string, number>>;
  /** Per agent-day: by day of the month, and by days since the agent was first seen. */
  readonly falseByDay: readonly number[];
  readonly falseByAge: readonly { readonly untilDay: number; readonly perAgentDay: number }[];
  /** In the months with attacks: findings that belong to none, per agent-month. */
  readonly besidesAttacks: number;
  readonly attacks: Share;
  readonly attacksInterval: Interval;
  readonly attacksByWeek: readonly Share[];
  readonly kinds: readonly KindFigures[];
}

/** Index of the last of its events at or before that time; -1 before the first. */
function lastEvent({ times }: Truth, at: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function hits(truth: Truth, found: Found): boolean {
  if (found.agent !== truth.agent) return false;
  return found.attack === truth.id || found.at - (truth.times[lastEvent(truth, found.at)] ?? -Infinity) <= ECHO_MS;
}

function outcomeOf(run: MonthRun, truth: Truth): Outcome {
  const own = run.attacked.filter((found) => hits(truth, found));
  const start = truth.times[0] ?? 0;
  return {
    kind: truth.kind, strength: truth.strength, day: (start - run.start) / DAY,
    rules: [...new Set(own.map(({ rule }) => rule))],
    delayMs: own[0] === undefined ? undefined : own[0].at - start,
    event: own[0] === undefined ? undefined : lastEvent(truth, own[0].at) + 1,
    chance: run.clean.some((found) => hits(truth, { ...found, attack: undefined })),
  };
}

function shareOf(outcomes: readonly Outcome[]): Share {
  return { found: outcomes.filter(({ delayMs }) => delayMs !== undefined).length, of: outcomes.length };
}

function kindOf(kind: string, outcomes: readonly Outcome[]): KindFigures {
  const all = shareOf(outcomes);
  const of = (strength: Strength): Share => shareOf(outcomes.filter((outcome) => outcome.strength === strength));
  return {
    kind, ...all, interval: wilson(all.found, all.of),
    strengths: { quiet: of('quiet'), plain: of('plain'), loud: of('loud') },
    chance: outcomes.filter(({ chance }) => chance).length,
    medianDelayMs: median(outcomes.flatMap(({ delayMs }) => delayMs ?? [])),
    medianEvent: median(outcomes.flatMap(({ event }) => event ?? [])),
  };
}

function tally(items: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([, one], [, other]) => other - one));
}

function alarms(run: MonthRun): number {
  const last = new Map<string, number>();
  return run.clean.filter(({ agent, rule, at }) => {
    const [key, before] = [`${agent} ${rule}`, last.get(`${agent} ${rule}`)];
    if (before !== undefined && at - before < DAY) return false;
    last.set(key, at);
    return true;
  }).length;
}

/** False findings per agent-day for days of life `from` to `to`, or of the month where the month itself is what ages. */
function perAgentDay(runs: readonly MonthRun[], from: number, to: number, born: (run: MonthRun, first: number) => number): number {
  let [count, days] = [0, 0];
  for (const run of runs) {
    for (const first of run.seen.values()) {
      const [begin, end] = [Math.max(first, born(run, first) + from * DAY), Math.min(run.end, born(run, first) + to * DAY)];
      days += Math.max(0, end - begin) / DAY;
    }
    count += run.clean.filter(({ at, agent }) => {
      const age = (at - born(run, run.seen.get(agent) ?? at)) / DAY;
      return age >= from && age < to;
    }).length;
  }
  return days === 0 ? 0 : count / days;
}

export function figuresOf(runs: readonly MonthRun[]): Figures {
  const outcomes = runs.flatMap((run) => run.truths.map((truth) => outcomeOf(run, truth)));
  const agents = runs.flatMap((run) => {
    const counts = tally(run.clean.map(({ agent }) => agent));
    return [...run.seen].map(([agent, first]) => ({ count: counts[agent] ?? 0, exposure: (run.end - first) / (DAYS * DAY) }));
  });
  const agentMonths = agents.reduce((sum, { exposure }) => sum + exposure, 0);
  const clean = runs.flatMap((run) => run.clean);
  const all = shareOf(outcomes);
  const events = runs.reduce((sum, run) => sum + run.events, 0);
  const besides = runs.flatMap((run) => run.attacked.filter((found) => !run.truths.some((truth) => hits(truth, found))));
  return {
    months: runs.map(({ seed }) => seed), events, usPerEvent: runs.reduce((sum, run) => sum + run.usPerEvent * run.events, 0) / events,
    agentMonths, falseFindings: clean.length, falsePerAgentMonth: clean.length / agentMonths, falseInterval: rateInterval(agents),
    falseAlarmsPerAgentMonth: runs.reduce((sum, run) => sum + alarms(run), 0) / agentMonths,
    agentsWithout: agents.filter(({ count }) => count === 0).length / agents.length,
    falseByRule: tally(clean.map(({ rule }) => rule)), foundByRule: tally(outcomes.flatMap(({ rules }) => rules)),
    falseByDay: Array.from({ length: DAYS }, (_, day) => perAgentDay(runs, day, day + 1, (run) => run.start)),
    falseByAge: AGES.map((untilDay, index) => ({ untilDay, perAgentDay: perAgentDay(runs, AGES[index - 1] ?? 0, untilDay, (_, first) => first) })),
    besidesAttacks: besides.length / agentMonths,
    attacks: all, attacksInterval: wilson(all.found, all.of),
    attacksByWeek: [0, 7, 14, 21].map((day) => shareOf(outcomes.filter((outcome) => outcome.day >= day && outcome.day < (day === 21 ? DAYS : day + 7)))),
    kinds: [...Map.groupBy(outcomes, ({ kind }) => kind)].map(([kind, own]) => kindOf(kind, own)),
  };
}
