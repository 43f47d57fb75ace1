import { DAY, HOUR, isWorkday, MINUTE, offsetAt } from '../calendar.ts';
import { call, type Draft, type Wishes } from '../call.ts';
import type { Tool } from '../catalogue.ts';
import { mayCall, type Agent } from '../population.ts';
import { isAway } from '../sessions.ts';
import { lognormal, pick, sample, uniform, whole, type Random } from '../random.ts';
import { usual } from '../walk.ts';
import type { World } from '../world.ts';

export const STRENGTHS = ['quiet', 'plain', 'loud'] as const;
export type Strength = (typeof STRENGTHS)[number];

/** What an attack works with: a copy of its victim as it was when the month began. */
export interface Stage {
  readonly id: string;
  readonly world: World;
  readonly agent: Agent;
  /** When it begins: a time at which its victim usually works, unless the attack says otherwise. */
  readonly at: number;
  readonly strength: Strength;
  readonly from: Random;
}

/** One kind of attack. It adds events; it removes none, except that a sleeper sleeps. */
export interface Attack {
  readonly name: string;
  /** Whom it can befall. */
  suits(agent: Agent, world: World): boolean;
  /** First and last day of the month on which it may begin, and for how many days before its victim does nothing. */
  readonly days: readonly [number, number];
  readonly sleepDays?: number;
  plant(stage: Stage): readonly Draft[];
}

/** The value for a strength. */
export function by<T>({ strength }: Stage, quiet: T, plain: T, loud: T): T {
  return { quiet, plain, loud }[strength];
}

export function isPerson(agent: Agent): boolean {
  return agent.kind.rhythm === 'office';
}

/** Roughly how many calls it makes on a day on which it works. */
export function dailyCalls({ kind, rate, length }: Agent): number {
  const session = kind.calls[0] * length * Math.exp(kind.rhythm === 'nightly' ? 0 : kind.calls[1] ** 2 / 2);
  const sessions = { office: kind.rate * rate, clock: 24 * kind.rate * rate, nightly: 1, weekly: 1, incident: 1 }[kind.rhythm];
  return session * Math.max(1, sessions);
}

/** Local hours at which an agent works, by its rhythm. */
const HOURS: Readonly<Record<Agent['kind']['rhythm'], (agent: Agent, from: Random) => number>> = {
  office: (agent, from) => uniform(from, 9.5, 17) + agent.shift,
  nightly: (agent, from) => agent.hour + uniform(from, 0, 1.5),
  weekly: (agent, from) => agent.hour + uniform(from, 0, 1.5),
  clock: (_, from) => uniform(from, 0, 24),
  incident: (_, from) => uniform(from, 0, 24),
};

/** A moment at which that agent usually works, on that day or soon after: an attacker who hides, or an agent that was misled at work. */
export function atWork({ start }: World, agent: Agent, day: number, from: Random): number | undefined {
  for (let later = 0; later < 4; later += 1) {
    const local = start + (day + later) * DAY;
    const hours = HOURS[agent.kind.rhythm](agent, from);
    const at = local + hours * HOUR - offsetAt(agent.place, local);
    if ((!isPerson(agent) || isWorkday(agent.place, local)) && !isAway(agent, at) && !isAway(agent, at - 2 * DAY)) return at;
  }
  return undefined;
}

/** `count` calls within `minutes`, at irregular moments. */
export function spread(stage: Stage, count: number, minutes: number, next: (index: number) => { tool: Tool; wishes?: Wishes }): Draft[] {
  const { world, agent, from } = stage;
  const moments = Array.from({ length: count }, () => stage.at + uniform(from, 0, minutes) * MINUTE).sort((one, other) => one - other);
  return moments.map((at, index) => {
    const { tool, wishes } = next(index);
    return call(world, agent, tool, at, from, wishes);
  });
}

/** Calls one after the other, some seconds apart. */
export function follow(stage: Stage, at: number, seconds: number, steps: readonly { tool: Tool; wishes?: Wishes }[]): Draft[] {
  let now = at;
  return steps.map(({ tool, wishes }) => {
    now += 1_000 * lognormal(stage.from, seconds, 0.5);
    return call(stage.world, stage.agent, tool, now, stage.from, wishes);
  });
}

/** Every tool that exists on the first day. */
export function existing({ released, tools }: World): Tool[] {
  return [...tools.values()].flat().filter((tool) => !released.has(tool));
}

export function isUsed(agent: Agent, tool: Tool): boolean {
  return [...agent.options.values()].some((options) => options.includes(tool));
}

/** Tools that its role allows and that it never used. */
export function unused(world: World, agent: Agent): Tool[] {
  return existing(world).filter((tool) => mayCall(agent, tool) && !isUsed(agent, tool));
}

/** With what it can send something out: as it usually does, or by the chat that everybody may write to. */
export function sender({ world, agent, from }: Stage): Tool {
  return usual(agent, ['communicate'], from) ?? pick(from, (world.tools.get('chat') ?? []).filter(({ effect }) => effect === 'communicate'));
}

/** A tool that it uses for something of the kind; any of its tools where there is none. */
export function habitual({ agent, from }: Stage, effects: readonly string[]): Tool {
  return usual(agent, effects, from) ?? pick(from, [...agent.options.values()].flat());
}

/** One to three of a list, in any order. */
export function some<T>(from: Random, items: readonly T[]): T[] {
  return sample(from, items, whole(from, 1, 3));
}
