import { closing, DAY, HOUR, MINUTE, offsetAt, weekdayOf } from './calendar.ts';
import { catalogue, type Catalogue, type Tool } from './catalogue.ts';
import { population, repertoire, type Agent } from './population.ts';
import { chance, exponential, pick, poisson, random, sample, uniform, whole, type Random } from './random.ts';
import { monthOf, type Seed } from './seeds.ts';

export interface Outage {
  readonly server: string;
  readonly from: number;
  readonly to: number;
}

/** What one agent does once, for good reasons. `explore`: tries a server new to it. `night`: works late. `mistake`: a few denials by a role
 * that changed. `cleanup`: destroys something for the first time. */
export type OneOffKind = 'explore' | 'export' | 'bulk' | 'night' | 'mistake' | 'cleanup';

export interface OneOff {
  readonly kind: OneOffKind;
  readonly agent: Agent;
  readonly at: number;
}

/** A change of an agent, applied before its first session after `at`. */
export interface Change {
  readonly agent: Agent;
  readonly at: number;
  readonly apply: () => void;
  /** It gets another owner: such agents are not attacked, for an attacker would have the credential of one of the two. */
  readonly handOver?: true;
}

export interface World {
  readonly seed: Seed;
  readonly start: number;
  readonly end: number;
  readonly tools: Catalogue;
  readonly agents: readonly Agent[];
  /** When a tool or a property appeared; absent: from the start. */
  readonly released: ReadonlyMap<Tool, number>;
  readonly grown: ReadonlyMap<Tool, number>;
  readonly outages: readonly Outage[];
  readonly incidents: readonly number[];
  readonly oneOffs: readonly OneOff[];
  /** In order of `at`. */
  readonly changes: readonly Change[];
  /** From then on coding assistants take more and quicker steps: their vendor shipped a new version. */
  readonly newVersion: number;
}

/** Working hours of a random weekday at least `least` days into the month. */
function workingTime(start: number, least: number, most: number, from: Random): number {
  const at = start + whole(from, least, most) * DAY;
  const weekend = Math.max(0, weekdayOf(at) - 4);
  return at - weekend * DAY + uniform(from, 8, 17) * HOUR;
}

/** Four servers get a release: one to four tools each, and a property more on two tools of each. */
function releases(tools: Catalogue, start: number, from: Random): Pick<World, 'released' | 'grown'> {
  const released = new Map<Tool, number>();
  const grown = new Map<Tool, number>();
  const large = [...tools.keys()].filter((name) => (tools.get(name)?.length ?? 0) > 10);
  for (const server of sample(from, large, 4)) {
    const at = workingTime(start, 4, 26, from);
    const all = tools.get(server) ?? [];
    const mild = all.filter(({ effect }) => effect === 'read' || effect === 'write');
    for (const tool of sample(from, mild, whole(from, 1, 4))) released.set(tool, at);
    for (const tool of sample(from, all.filter((other) => !released.has(other)), 2)) grown.set(tool, at);
  }
  return { released, grown };
}

/** Two thirds of those who use that server for such things adopt a new tool, within days; it becomes one of their first choices. */
function adoptions(agents: readonly Agent[], released: ReadonlyMap<Tool, number>, from: Random): Change[] {
  return [...released].flatMap(([tool, at]) => agents.flatMap((agent): Change[] => {
    const fitting = agent.kind.activities.filter(({ name, effects }) =>
      effects.includes(tool.effect) && agent.options.get(name)?.some(({ server }) => server === tool.server));
    const [activity] = fitting;
    if (activity === undefined || !chance(from, 0.66)) return [];
    const rank = whole(from, 0, 3);
    const apply = (): void => {
      const now = agent.options.get(activity.name) ?? [];
      agent.options = new Map([...agent.options, [activity.name, now.toSpliced(rank, 0, tool)]]);
    };
    return [{ agent, at: at + exponential(from, 2 * DAY), apply }];
  }));
}

/** 6 % take on another task during the month, 4 % of people's agents get another owner. */
function careers(agents: readonly Agent[], tools: Catalogue, start: number, released: (tool: Tool) => boolean, from: Random): Change[] {
  return agents.flatMap((agent) => {
    const task = repertoire(agent.kind, tools, released, from);
    const fitting = new Map([...task].map(([name, options]) => [name, options.filter(({ server }) => agent.servers.has(server))] as const));
    const options = new Map([...fitting].map(([name, list]) => [name, list.length > 0 ? list : (agent.options.get(name) ?? [])] as const));
    const owner = pick(from, agents).principal;
    const [at, later] = [workingTime(start, 5, 27, from), workingTime(start, 5, 27, from)];
    const retask: Change = { agent, at, apply: () => { agent.options = options; } };
    const handOver: Change = { agent, at: later, apply: () => { agent.principal = owner; }, handOver: true };
    const person = agent.kind.principal === 'person' && owner.startsWith('https://');
    return [...(chance(from, 0.06) ? [retask] : []), ...(chance(from, 0.04) && person ? [handOver] : [])];
  });
}

/** 8 % join during the month; one person in eight is away for five to twelve days. */
function absences(agents: readonly Agent[], start: number, from: Random): void {
  for (const agent of agents) {
    if (chance(from, 0.08)) agent.from = workingTime(start, 2, 25, from);
    if (agent.kind.principal === 'person' && chance(from, 0.125)) {
      const leave = start + uniform(from, 0, 28) * DAY;
      agent.away = [[leave, leave + uniform(from, 5, 12) * DAY]];
    }
  }
}

const PEOPLE_DO: readonly OneOffKind[] = ['explore', 'explore', 'export', 'bulk', 'night', 'mistake', 'cleanup'];
const JOBS_DO: readonly OneOffKind[] = ['export', 'bulk', 'mistake', 'cleanup'];

/** 0.35 a month and agent, on any day; exports mostly where a quarter ends, or else a month. */
function oneOffs(agents: readonly Agent[], start: number, from: Random): OneOff[] {
  const ends = Array.from({ length: 28 }, (_, day) => start + day * DAY).filter((at) => closing(at).month);
  const quarter = ends.filter((at) => closing(at).quarter);
  const days = quarter.length > 0 ? quarter : ends;
  return agents.flatMap((agent) => Array.from({ length: poisson(from, 0.35) }, (): OneOff => {
    const human = agent.kind.principal === 'person';
    const kind = pick<OneOffKind>(from, human ? PEOPLE_DO : JOBS_DO);
    const day = kind === 'export' && days.length > 0 && chance(from, 0.7) ? pick(from, days) : start + whole(from, 1, 29) * DAY;
    const hour = kind === 'night' ? uniform(from, 22, 26) : uniform(from, 9, 17);
    return { kind, agent, at: day - offsetAt(agent.place, day) + hour * HOUR };
  }));
}

/** Five outages of 10 to 90 minutes; incidents come in clusters (a parent brings 1.2 more within hours), and each outage is one. */
function troubles(tools: Catalogue, start: number, end: number, from: Random): Pick<World, 'outages' | 'incidents'> {
  const outages = Array.from({ length: 5 }, (): Outage => {
    const at = uniform(from, start, end);
    return { server: pick(from, [...tools.keys()]), from: at, to: at + uniform(from, 10, 90) * MINUTE };
  });
  const parents = Array.from({ length: poisson(from, 12) }, () => uniform(from, start, end));
  const more = parents.flatMap((at) => Array.from({ length: poisson(from, 1.2) }, () => at + exponential(from, 3 * HOUR)));
  return { outages, incidents: [...parents, ...more, ...outages.map(({ from: at }) => at + 5 * MINUTE)] };
}

export function build(seed: Seed): World {
  const { start, end } = monthOf(seed);
  const root = random(seed.name);
  const tools = catalogue(root.fork('catalogue'));
  const { released, grown } = releases(tools, start, root.fork('releases'));
  const old = (tool: Tool): boolean => !released.has(tool);
  const agents = population(tools, old, root);
  absences(agents, start, root.fork('absences'));
  const changes = [...adoptions(agents, released, root.fork('adoptions')), ...careers(agents, tools, start, old, root.fork('careers'))];
  return {
    seed, start, end, tools, agents, released, grown,
    ...troubles(tools, start, end, root.fork('troubles')),
    oneOffs: oneOffs(agents, start, root.fork('one-offs')),
    changes: changes.sort((one, other) => one.at - other.at),
    newVersion: workingTime(start, 8, 22, root.fork('version')),
  };
}
