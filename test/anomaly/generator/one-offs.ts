import { HOUR } from './calendar.ts';
import { call, list, type Draft, type Wishes } from './call.ts';
import type { Tool } from './catalogue.ts';
import { mayCall, usedServers, type Agent } from './population.ts';
import { isAway } from './sessions.ts';
import { lognormal, pick, sample, uniform, whole } from './random.ts';
import { gapOf, lengthOf, usual, walk } from './walk.ts';
import type { OneOff, World } from './world.ts';

function repeat(world: World, agent: Agent, at: number, times: number, gapMs: number, next: () => { tool: Tool; wishes?: Wishes }): Draft[] {
  let now = at;
  return Array.from({ length: times }, () => {
    const { tool, wishes } = next();
    now += lognormal(agent.random, gapMs, 0.6);
    return call(world, agent, tool, now, agent.random, wishes);
  });
}

/** Someone tries a server that they may use and never did: its list, and five to twenty reads. */
function explore(world: World, agent: Agent, at: number): Draft[] {
  const { random: from } = agent;
  const used = usedServers(agent);
  const fresh = [...agent.servers].filter((server) => !used.has(server) && world.tools.has(server));
  if (fresh.length === 0) return [];
  const server = pick(from, fresh);
  const present = (world.tools.get(server) ?? []).filter((tool) => (world.released.get(tool) ?? 0) <= at);
  const readable = present.filter((tool) => tool.effect === 'read' && mayCall(agent, tool));
  const tools = sample(from, readable, whole(from, 2, 7));
  if (tools.length === 0) return [];
  const gapMs = gapOf(world, agent, at, from) + 2_000;
  return [list(world, agent, server, at, from), ...repeat(world, agent, at, whole(from, 5, 20), gapMs, () => ({ tool: pick(from, tools) }))];
}

/** A large but legitimate read: 15 to 120 pages, each three to ten times as large as usual. */
function exporting(world: World, agent: Agent, at: number): Draft[] {
  const { random: from } = agent;
  const own = [...usedServers(agent)].flatMap((server) => world.tools.get(server) ?? []).filter(({ name }) => name.startsWith('export_'));
  const tool = own.length > 0 ? pick(from, own) : usual(agent, ['read'], from);
  const resultScale = uniform(from, 3, 10);
  return tool === undefined ? [] : repeat(world, agent, at, whole(from, 15, 120), 3_000, () => ({ tool, wishes: { resultScale } }));
}

/** A mass edit of 30 to 150 items with one tool. */
function bulk(world: World, agent: Agent, at: number): Draft[] {
  const tool = usual(agent, ['write'], agent.random);
  return tool === undefined ? [] : repeat(world, agent, at, whole(agent.random, 30, 150), 2_000, () => ({ tool }));
}

/** Access was forgotten at a change: four to ten denials of one or two usual tools, until somebody notices. */
function mistake(world: World, agent: Agent, at: number): Draft[] {
  const { random: from } = agent;
  const tools = [usual(agent, ['read', 'write'], from), usual(agent, ['read', 'write'], from)].filter((tool) => tool !== undefined);
  return tools.length === 0 ? [] : repeat(world, agent, at, whole(from, 4, 10), 15_000, () => ({ tool: pick(from, tools), wishes: { outcome: 'denied' } }));
}

/** Something is destroyed that never was before: one to twelve items with one tool that its role allows. */
function cleanup(world: World, agent: Agent, at: number): Draft[] {
  const used = [...agent.options.values()].flat();
  const all = [...world.tools.values()].flat().filter((tool) => !world.released.has(tool) && mayCall(agent, tool));
  const fresh = all.filter((tool) => (tool.effect === 'destroy' || tool.effect === 'transact') && !used.includes(tool));
  if (fresh.length === 0) return [];
  const tool = pick(agent.random, fresh);
  return repeat(world, agent, at, whole(agent.random, 1, 12), 6_000, () => ({ tool }));
}

/** A deadline: one to three sessions between ten in the evening and two in the morning. */
function night(world: World, agent: Agent, at: number): Draft[] {
  const { random: from } = agent;
  return Array.from({ length: whole(from, 1, 3) }, (_, index) => at + index * HOUR)
    .flatMap((start) => walk(world, agent, start, lengthOf(world, agent, start, from), from));
}

const DO: Readonly<Record<OneOff['kind'], (world: World, agent: Agent, at: number) => Draft[]>> = { explore, export: exporting, bulk, mistake, night, cleanup };

export function once(world: World, { kind, agent, at }: OneOff): Draft[] {
  return isAway(agent, at) ? [] : DO[kind](world, agent, at);
}
