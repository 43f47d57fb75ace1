import type { Effect } from '../../../src/domain/server.ts';
import { PLACES, type Place } from './calendar.ts';
import type { Catalogue, Tool } from './catalogue.ts';
import { KINDS, type Kind } from './kinds.ts';
import { chance, digest, lognormal, normal, pick, sample, uniform, weighted, whole, type Random } from './random.ts';

/** A simulated agent, and what it has become so far: changes of the month are applied to it as they come. */
export interface Agent {
  readonly id: string;
  readonly kind: Kind;
  readonly place: Place;
  readonly actors: readonly string[];
  readonly random: Random;
  /** How much more than its kind it does, and how much longer its sessions are. */
  readonly rate: number;
  readonly length: number;
  /** Growth of its rate over the month (0.2: 22 % more at the end). */
  readonly growth: number;
  /** Share of a working day's sessions on days off. */
  readonly weekend: number;
  /** Hours by which its person starts later than most. */
  readonly shift: number;
  /** Jobs: local hour of day at which they start, weekday of weekly ones, whether nightly ones skip weekends. */
  readonly hour: number;
  readonly weekday: number;
  readonly workdaysOnly: boolean;
  /** How much is written compared with others. */
  readonly wordy: number;
  /** Share of calls that policy denies: what it tries although it may not. */
  readonly denials: number;
  /** Its role: every tool of these servers with one of these effects. Wider than what it uses, as roles are. */
  readonly servers: ReadonlySet<string>;
  readonly effects: ReadonlySet<Effect>;
  readonly contacts: string[];
  principal: string;
  /** Tools by activity, favourites first. */
  options: ReadonlyMap<string, readonly Tool[]>;
  /** First and last moment of its life, and when it is away. */
  from: number;
  away: readonly (readonly [number, number])[];
}

/** Whether a tool exists from the first day on. */
type Released = (tool: Tool) => boolean;

export function mayCall(agent: Agent, tool: Tool): boolean {
  return agent.servers.has(tool.server) && agent.effects.has(tool.effect);
}

/** What an agent of that kind settles on: some tools of each activity, mostly of one or two servers. */
export function repertoire(kind: Kind, tools: Catalogue, released: Released, from: Random): Map<string, readonly Tool[]> {
  const homes = sample(from, [...new Set(kind.activities.flatMap(({ servers }) => servers))], 5);
  return new Map(kind.activities.map((activity) => {
    const near = activity.servers.filter((server) => homes.includes(server));
    const servers = near.length > 0 ? near : [pick(from, activity.servers)];
    const all = servers.flatMap((server) => tools.get(server) ?? []);
    const fitting = all.filter((tool) => activity.effects.includes(tool.effect) && released(tool));
    return [activity.name, sample(from, fitting, whole(from, Math.ceil(activity.tools / 2), activity.tools))];
  }));
}

export function usedServers(agent: Agent): Set<string> {
  return new Set([...agent.options.values()].flat().map(({ server }) => server));
}

/** Roles: what is used, what anybody may read, up to three servers more, and for one agent in five access to secrets. */
function roleOf(kind: Kind, options: ReadonlyMap<string, readonly Tool[]>, tools: Catalogue, from: Random): Pick<Agent, 'servers' | 'effects'> {
  const used = [...options.values()].flat().map(({ server }) => server);
  const others = sample(from, [...tools.keys()].filter((name) => name !== 'secrets' && name !== 'hr'), whole(from, 0, 3));
  const basics = ['wiki', 'knowledge', 'web', 'chat'];
  const servers = new Set([...used, ...others, ...basics, ...(chance(from, 0.2) ? ['secrets'] : []), ...(chance(from, 0.1) ? ['hr'] : [])]);
  const effects = new Set<Effect>(kind.grants);
  if (chance(from, 0.4)) effects.add('destroy');
  if (chance(from, 0.1)) effects.add('transact');
  return { servers, effects };
}

/** Half of those who may destroy, pay or read secrets do so now and then: one or two such tools at the end of some activity's. */
function habits(options: Agent['options'], role: Pick<Agent, 'servers' | 'effects'>, all: readonly Tool[], from: Random): Map<string, readonly Tool[]> {
  const rare = all.filter((tool) => role.servers.has(tool.server) && role.effects.has(tool.effect));
  const groups = [
    rare.filter(({ effect }) => effect === 'destroy'), rare.filter(({ effect }) => effect === 'transact'), rare.filter(({ server }) => server === 'secrets'),
  ];
  const own = new Map(options);
  for (const group of groups.filter((tools) => tools.length > 0 && chance(from, 0.5))) {
    const name = pick(from, [...own.keys()]);
    own.set(name, [...(own.get(name) ?? []), ...sample(from, group, whole(from, 1, 2))]);
  }
  return own;
}

function agentOf(kind: Kind, number: number, people: readonly string[], tools: Catalogue, released: Released, seed: Random): Agent {
  const from = seed.fork(`agent ${kind.name} ${number}`);
  const tasks = repertoire(kind, tools, released, from);
  const role = roleOf(kind, tasks, tools, from);
  const options = habits(tasks, role, [...tools.values()].flat().filter(released), from);
  const id = `${kind.name}-${String(number + 1).padStart(2, '0')}`;
  const place = weighted(from, PLACES, (_, index) => [30, 15, 25, 15, 10, 5][index] ?? 1);
  return {
    id, kind, place, options,
    random: from.fork('traffic'),
    actors: chance(from, 0.1) ? [`orchestrator-${whole(from, 1, 5)}`] : [],
    principal: kind.principal === 'person' ? pick(from, people) : `sallyport|${id}`,
    rate: lognormal(from, 1, kind.rateSigma),
    length: lognormal(from, 1, kind.rhythm === 'nightly' ? kind.calls[1] : 0.3),
    growth: chance(from, 0.4) ? normal(from) * 0.15 + 0.2 : 0,
    weekend: chance(from, 0.1) ? uniform(from, 0.3, 0.6) : uniform(from, 0, 0.08),
    shift: normal(from) * 0.8,
    hour: kind.rhythm === 'weekly' ? uniform(from, 6, 10) : uniform(from, 0, 5),
    weekday: whole(from, 0, 4),
    workdaysOnly: chance(from, 0.3),
    wordy: lognormal(from, 1, 0.35),
    denials: lognormal(from, 0.008, 0.8),
    contacts: Array.from({ length: Math.ceil(kind.contacts[0] * uniform(from, 0.5, 1.5)) }, (_, index) => digest(`${id} contact ${index}`)),
    ...role,
    from: -Infinity,
    away: [],
  };
}

/** 200 agents; those of people share 80 of them, so that some have several, as people do. */
export function population(tools: Catalogue, released: Released, seed: Random): Agent[] {
  const people = Array.from({ length: 80 }, (_, index) => `https://idp.example|u${String(index + 1).padStart(3, '0')}`);
  return KINDS.flatMap((kind) => Array.from({ length: kind.agents }, (_, number) => agentOf(kind, number, people, tools, released, seed)));
}
