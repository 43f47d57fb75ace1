import { call, list, outageOf, type Draft } from './call.ts';
import { closing, offsetAt } from './calendar.ts';
import { mayCall, usedServers, type Agent } from './population.ts';
import { chance, favourite, lognormal, pick, uniform, weighted, whole, type Random } from './random.ts';
import type { World } from './world.ts';

/** How many calls a session takes: jobs do about the same each time, people don't. */
export function lengthOf(world: World, agent: Agent, at: number, from: Random): number {
  const [median, sigma, most] = agent.kind.calls;
  const job = agent.kind.rhythm === 'nightly' || agent.kind.rhythm === 'weekly';
  const books = job && closing(at + offsetAt(agent.place, at)).month ? 1.4 : 1;
  const version = agent.kind.name === 'coding' && at >= world.newVersion ? 1.3 : 1;
  const grown = job ? Math.exp((agent.growth * (at - world.start)) / (world.end - world.start)) : 1;
  return Math.min(most, Math.max(1, Math.round(lognormal(from, median * agent.length * books * version * grown, job ? 0.15 : sigma))));
}

export function gapOf(world: World, agent: Agent, at: number, from: Random): number {
  const [median, sigma] = agent.kind.gap;
  return 1_000 * lognormal(from, agent.kind.name === 'coding' && at >= world.newVersion ? median * 0.7 : median, sigma);
}

/** A client asks what there is when it connects; a bot that stays connected seldom does. */
function opening(world: World, agent: Agent, at: number, from: Random): Draft[] {
  const often = agent.kind.rhythm === 'clock' ? 0.04 : 0.8;
  return [...usedServers(agent)].filter(() => chance(from, often)).map((server, index) => list(world, agent, server, at + index * uniform(from, 20, 90), from));
}

/** What was denied is tried once or twice again, what failed up to six times in an outage. */
function again(world: World, draft: Draft, from: Random): number {
  if (draft.outcome === 'denied') return chance(from, 0.4) ? whole(from, 1, 2) : 0;
  if (draft.outcome !== 'failed') return 0;
  return outageOf(world, draft.server, draft.at) ? whole(from, 2, 6) : whole(from, 0, 2);
}

/** One run in twelve is waited for: the same question, with the same arguments, 3 to 25 times, ten seconds apart. */
function poll(world: World, agent: Agent, draft: Draft, at: number, from: Random): Draft[] {
  const status = (world.tools.get(draft.server) ?? []).find((tool) => tool.name.startsWith('get_') && !world.released.has(tool) && mayCall(agent, tool));
  if (draft.effect !== 'execute' || status === undefined || !chance(from, 0.08)) return [];
  const first = call(world, agent, status, at + 10_000, from);
  return Array.from({ length: whole(from, 3, 25) }, (_, index) => ({ ...first, at: Math.round(first.at + index * uniform(from, 9_500, 10_500)) }));
}

/** A session: a walk over the kind's activities, each call with one of the agent's favourite tools for it. */
export function walk(world: World, agent: Agent, start: number, calls: number, from: Random): Draft[] {
  const drafts = opening(world, agent, start, from);
  const { activities } = agent.kind;
  const month = closing(start + offsetAt(agent.place, start)).month && agent.kind.rhythm === 'nightly';
  let at = start + gapOf(world, agent, start, from);
  let now = weighted(from, activities, (_, index) => activities[0]?.next[index] ?? 0);
  for (let done = 0; done < calls; done += 1) {
    const options = agent.options.get(now.name) ?? [];
    if (options.length > 0) {
      const tool = favourite(from, options);
      const draft = call(world, agent, tool, at, from, month ? { resultScale: 1.5 } : {});
      drafts.push(draft);
      at += Math.min(draft.latencyMs, 60_000);
      const polls = poll(world, agent, draft, at, from);
      drafts.push(...polls);
      at = polls.at(-1)?.at ?? at;
      for (let left = again(world, draft, from); left > 0; left -= 1) {
        at += 1_000 * lognormal(from, 1.5, 0.5);
        const repeated = call(world, agent, tool, at, from, draft.outcome === 'denied' && chance(from, 0.7) ? { outcome: 'denied' } : {});
        drafts.push(repeated);
        if (repeated.outcome === 'permitted') break;
      }
    }
    const { next } = now;
    now = weighted(from, activities, (_, index) => next[index] ?? 0);
    at += gapOf(world, agent, at, from);
  }
  return drafts;
}

/** Any tool that it uses for one of these effects. */
export function usual(agent: Agent, effects: readonly string[], from: Random) {
  const fitting = [...agent.options.values()].flat().filter(({ effect }) => effects.includes(effect));
  return fitting.length > 0 ? pick(from, fitting) : undefined;
}
