import { toxicCombinations, type HeldTool, type ToxicCombination } from '../../detect/toxic-combination.ts';
import type { Agent } from '../../domain/agent.ts';
import type { Resource } from '../../domain/decision.ts';
import type { Json } from '../../domain/json.ts';
import { UNLABELLED, type Labels, type Server, type Toolset } from '../../domain/server.ts';
import type { AgentToken } from '../../domain/snapshot.ts';
import { join } from '../../flow/labels.ts';
import { namesDestination } from '../../flow/provenance/destinations.ts';
import { callersOf, type Caller } from '../../policy/analyse/callers.ts';
import { cutTools, type Cut } from '../../policy/analyse/cuts.ts';
import { CLEAN, createReach, type Reach, type Situation } from '../../policy/analyse/reach.ts';
import { buildCeilings } from '../../policy/ceiling.ts';

/** What an analysis looks at: nothing of it has to run. */
export interface Analysed {
  readonly space: string;
  readonly servers: readonly Server[];
  readonly toolsets: readonly Toolset[];
  readonly agents: readonly Agent[];
  readonly tokens: readonly AgentToken[];
  readonly program: Json;
  /** The same with one policy that ships put in force, by its name: for cuts that forbid nothing. */
  readonly flows: ReadonlyMap<string, Json>;
  readonly now: number;
  /** How often an agent called `<server>/<tool>`; absent: nobody knows. */
  readonly usesOf?: (agent: string, tool: string) => number;
}

/** One way from what a stranger wrote to an effect outside, through one agent. */
export interface ToxicPath {
  readonly caller: string;
  readonly agent: string;
  readonly groups: readonly string[];
  readonly rule: ToxicCombination['rule'];
  readonly untrusted: readonly string[];
  readonly sensitive: readonly string[];
  readonly effects: readonly string[];
  /** The cheapest: the fewest tools, of those the least used. */
  readonly cut: Cut;
  readonly alternatives: readonly Cut[];
}

export interface Analysis {
  readonly callers: number;
  readonly tools: number;
  readonly paths: readonly ToxicPath[];
  /** What would be a path, if policy did not stand in it. */
  readonly held: readonly { readonly caller: string; readonly rule: ToxicCombination['rule']; readonly by: readonly string[] }[];
}

interface Item extends HeldTool {
  readonly resource: Resource;
  /** Where a stranger's text would have it go: a tool that names no destination goes where it goes. */
  readonly destinations: 'untrusted' | 'none';
}

interface Parts {
  readonly untrusted: readonly Item[];
  readonly sensitive: readonly Item[];
  readonly effects: readonly Item[];
}

/** Every agent whose permitted tools combine into a path, by what policy lets it do at each step with what it carries by then. */
export function analyse(of: Analysed): Analysis {
  const items = itemsOf(of);
  const callers = callersOf(of.program, of.space, of.tokens, of.agents, of.now);
  const ceilings = buildCeilings(of.agents, of.toolsets);
  const reach = createReach(of.program, ceilings);
  const flows = [...of.flows].map(([name, program]) => ({ name, reach: createReach(program, ceilings) }));
  const paths: ToxicPath[] = [];
  const held: Analysis['held'][number][] = [];
  for (const caller of callers) {
    for (const { rule, ...parts } of toxicCombinations(openTo(caller, items, reach))) {
      const found = pathsOf(rule, caller, partsOf(parts, items), reach);
      if ('by' in found) held.push({ caller: caller.name, rule, by: found.by });
      else paths.push(describe(rule, caller, found, of, flows.filter((flow) => 'by' in pathsOf(rule, caller, found, flow.reach)).map(({ name }) => name)));
    }
  }
  return { callers: callers.length, tools: items.length, paths, held };
}

function itemsOf({ space, servers, toolsets }: Analysed): readonly Item[] {
  return servers.filter((server) => server.space === space && server.status === 'approved').flatMap((server) =>
    (server.baseline?.surface.tools ?? []).map(({ name, effect, labels, flow, definition }): Item => {
      const { clearance, memory, destinations: declared } = { ...server.flow, ...flow };
      const showing = toolsets.filter(({ members }) => members.some(({ server: id, tools }) => id === server.id && (tools === '*' || tools.includes(name))));
      const sink = { ...(clearance === undefined ? {} : { clearance }), ...(memory === undefined ? {} : { memory }) };
      const resource: Resource = { kind: 'tool', server: server.id, name, effect, labels, toolsets: showing.map(({ id }) => id), ...sink };
      const destinations = namesDestination(definition['inputSchema'], declared) ? 'untrusted' : 'none';
      return { server: server.id, tool: name, effect, labels, resource, destinations };
    }));
}

function openTo({ principal }: Caller, items: readonly Item[], reach: Reach): readonly Item[] {
  return items.filter(({ resource }) => reach(principal, resource, CLEAN).state === 'open');
}

/** A combination names tools by what is held of them; these are the same, whole. */
function partsOf({ untrusted, sensitive, effects }: Omit<ToxicCombination, 'rule'>, items: readonly Item[]): Parts {
  const whole = (some: readonly HeldTool[]): readonly Item[] => {
    const names = new Set(some.map(nameOf));
    return items.filter((item) => names.has(nameOf(item)));
  };
  return { untrusted: whole(untrusted), sensitive: whole(sensitive), effects: whole(effects) };
}

/**
 * The tools through which a path really leads: each step is judged with what the context carries after those before it, in either order
 * of the two that read. `by`: none does, and which policies stand in the way.
 */
function pathsOf(rule: ToxicCombination['rule'], { principal }: Caller, parts: Parts, reach: Reach): Parts | { readonly by: readonly string[] } {
  const found = { untrusted: new Set<Item>(), sensitive: new Set<Item>(), effects: new Set<Item>() };
  const by = new Set<string>();
  const isOpen = ({ resource }: Item, situation: Situation): boolean => {
    const { state, by: policies } = reach(principal, resource, situation);
    if (state !== 'open') for (const policy of policies) by.add(policy);
    return state === 'open';
  };
  for (const untrusted of byLabels(parts.untrusted)) {
    for (const sensitive of rule === 'leak' ? byLabels(parts.sensitive) : [[]]) {
      const [first, second] = [labelsOf(untrusted), labelsOf(sensitive)];
      const after = readable(untrusted, sensitive, isOpen);
      if (after === undefined) continue;
      const [one] = untrusted;
      const flowsFrom = [...untrusted, ...sensitive].flatMap(({ server, tool }) => [server, `${server}/${tool}`]);
      const carried = rule === 'leak' ? second : first;
      const situation: Situation = {
        flow: join(first, second),
        provenance: { destinations: 'none', flowsFrom, confidentiality: carried.confidentiality, categories: carried.categories },
      };
      const towards = ({ destinations }: Item): Situation => ({ ...situation, provenance: { ...situation.provenance, destinations } });
      const effects = parts.effects.filter((item) => isOpen(item, towards(item)));
      if (effects.length === 0 || one === undefined) continue;
      for (const item of after.untrusted) found.untrusted.add(item);
      for (const item of after.sensitive) found.sensitive.add(item);
      for (const item of effects) found.effects.add(item);
    }
  }
  if (found.effects.size === 0) return { by: [...by].toSorted() };
  return { untrusted: [...found.untrusted], sensitive: [...found.sensitive], effects: [...found.effects] };
}

/** What can be read after the other, in one order or the other; undefined: not both. */
function readable(
  untrusted: readonly Item[], sensitive: readonly Item[], isOpen: (item: Item, situation: Situation) => boolean,
): Omit<Parts, 'effects'> | undefined {
  if (sensitive.length === 0) return { untrusted, sensitive };
  const afterwards = (first: readonly Item[]): Situation => ({ ...CLEAN, flow: labelsOf(first) });
  const late = sensitive.filter((item) => isOpen(item, afterwards(untrusted)));
  const strange = untrusted.filter((item) => isOpen(item, afterwards(sensitive)));
  if (late.length === 0 && strange.length === 0) return undefined;
  return { untrusted: late.length > 0 ? untrusted : strange, sensitive: strange.length > 0 ? sensitive : late };
}

function byLabels(items: readonly Item[]): readonly (readonly Item[])[] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = JSON.stringify(item.labels);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups.values()];
}

function labelsOf([first]: readonly Item[]): Labels {
  return first?.labels ?? UNLABELLED;
}

function describe(rule: ToxicCombination['rule'], caller: Caller, parts: Parts, { usesOf, tokens, agents }: Analysed, flows: readonly string[]): ToxicPath {
  const { principal, name } = caller;
  const isAnyAgent = tokens.length === 0 && agents.length === 0;
  const uses = (items: readonly Item[]): number => items.reduce((all, item) => all + (usesOf?.(principal.agent, nameOf(item)) ?? 0), 0);
  const cutAt = (kind: 'forbid' | 'approve', items: readonly Item[]): Cut => ({
    kind, tools: items.map(nameOf), ...(usesOf === undefined ? {} : { uses: uses(items) }), text: cutTools(kind, principal, isAnyAgent, items),
  });
  // Of equal parts the effect: to stop that costs an agent least of what it can know.
  const ordered = [parts.effects, ...(rule === 'leak' ? [parts.sensitive] : []), parts.untrusted]
    .toSorted((one, other) => one.length - other.length || uses(one) - uses(other));
  const [cheapest = parts.effects, ...others] = ordered;
  return {
    caller: name, agent: principal.agent, groups: principal.groups, rule,
    untrusted: parts.untrusted.map(nameOf), sensitive: parts.sensitive.map(nameOf), effects: parts.effects.map(nameOf),
    cut: cutAt('forbid', cheapest),
    alternatives: [
      cutAt('approve', cheapest), ...others.map((items) => cutAt('forbid', items)),
      ...flows.map((flow): Cut => ({ kind: 'flow', tools: [], text: `defaults: { ${flow}: on }\n` })),
    ],
  };
}

function nameOf({ server, tool }: HeldTool): string {
  return `${server}/${tool}`;
}
