import { closing, DAY, HOUR, isWorkday, MINUTE, offsetAt, weekdayOf } from './calendar.ts';
import type { Draft } from './call.ts';
import type { Agent } from './population.ts';
import { chance, exponential, normal, poisson, uniform, weighted } from './random.ts';
import { lengthOf, walk } from './walk.ts';
import type { World } from './world.ts';

/** Relative weight of the local hours in which people start sessions: two humps around lunch, an evening tail, hardly any night. */
const OFFICE = [0.08, 0.03, 0.02, 0.02, 0.02, 0.05, 0.2, 0.8, 2.5, 5, 6, 5.5, 2.2, 4, 5.5, 5.5, 5, 3.5, 1.6, 0.8, 0.7, 0.7, 0.4, 0.15];
/** Sessions of customers by local hour, mean 1, and by weekday from Monday. */
const CUSTOMERS = [0.4, 0.3, 0.25, 0.25, 0.3, 0.4, 0.6, 0.9, 1.3, 1.6, 1.7, 1.6, 1.4, 1.5, 1.6, 1.5, 1.4, 1.3, 1.3, 1.4, 1.3, 1.1, 0.8, 0.6];
const WEEK = [1.2, 1.1, 1.05, 1.05, 1, 0.65, 0.6];

export function isAway(agent: Agent, at: number): boolean {
  return at < agent.from || agent.away.some(([from, to]) => at >= from && at < to);
}

function growthAt(world: World, agent: Agent, at: number): number {
  return Math.exp((agent.growth * (at - world.start)) / (world.end - world.start));
}

function office(world: World, agent: Agent, local: number): number[] {
  const { random: from, kind } = agent;
  const books = kind.name === 'desk' && closing(local).month ? 1.5 : 1;
  const mean = kind.rate * agent.rate * (isWorkday(agent.place, local) ? books : agent.weekend) * growthAt(world, agent, local);
  return Array.from({ length: poisson(from, mean) }, () => {
    const hour = weighted(from, [...OFFICE.keys()], (index) => OFFICE[index] ?? 0);
    return local + (hour + from.next() + agent.shift) * HOUR;
  });
}

function clock(world: World, agent: Agent, local: number): number[] {
  const { random: from, kind } = agent;
  const day = (WEEK[weekdayOf(local)] ?? 1) * (isWorkday(agent.place, local) || weekdayOf(local) > 4 ? 1 : 0.75);
  const mean = kind.rate * agent.rate * day * growthAt(world, agent, local);
  return CUSTOMERS.flatMap((weight, hour) => Array.from({ length: poisson(from, mean * weight) }, () => local + (hour + from.next()) * HOUR));
}

/** Jobs start within minutes of their time; one in fifty is skipped, one in thirty is run again in the morning. */
function nightly(_: World, agent: Agent, local: number): number[] {
  const { random: from } = agent;
  if ((agent.workdaysOnly && weekdayOf(local) > 4) || chance(from, 0.02)) return [];
  const start = local + agent.hour * HOUR + Math.abs(normal(from)) * 4 * MINUTE;
  return chance(from, 0.033) ? [start, local + uniform(from, 8, 11) * HOUR] : [start];
}

/** Once a week, and once more on the first day of a month. */
function weekly(_: World, agent: Agent, local: number): number[] {
  const due = weekdayOf(local) === agent.weekday || new Date(local).getUTCDate() === 1;
  return due ? [local + agent.hour * HOUR + Math.abs(normal(agent.random)) * 10 * MINUTE] : [];
}

/** Half of the incidents concern a given on-call bot; it looks again, mostly once, within the hour. */
function incidents(world: World, agent: Agent, local: number): number[] {
  const offset = offsetAt(agent.place, local);
  const mine = world.incidents.map((at) => at + offset).filter((at) => at >= local && at < local + DAY && chance(agent.random, 0.5));
  return mine.flatMap((at) => Array.from({ length: 1 + poisson(agent.random, 1) }, (_, index) => at + index * exponential(agent.random, 20 * MINUTE)));
}

/** When it starts, in local time, by its rhythm. `local` is midnight in local time. */
const STARTS: Readonly<Record<Agent['kind']['rhythm'], (world: World, agent: Agent, local: number) => number[]>> = {
  office, clock, nightly, weekly, incident: incidents,
};

/** Everything that an agent begins on the day whose midnight, by its own clock, is at `day` (midnight UTC of the same date). */
export function begin(world: World, agent: Agent, day: number): Draft[] {
  const starts = STARTS[agent.kind.rhythm](world, agent, day).map((local) => local - offsetAt(agent.place, local));
  return starts.filter((at) => !isAway(agent, at)).flatMap((at) => walk(world, agent, at, lengthOf(world, agent, at, agent.random), agent.random));
}
