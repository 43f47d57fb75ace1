import type { Resource } from '../domain/decision.ts';
import { isObject } from '../domain/json.ts';
import type { JsonObject } from '../domain/json.ts';
import type { FlowRules, Labels, Pin, Server, Tool, Toolset } from '../domain/server.ts';
import { aggregateName, aggregateUri } from './names.ts';
import { textAt } from './text.ts';

/** One thing that a list may show: the resource that policy is asked about, and what the client is shown. */
export interface Entry {
  readonly resource: Resource;
  readonly pin: Pin;
  readonly tool?: Tool;
  /** The approved definition, under the name that it has on this route. */
  readonly shown: JsonObject;
}

export interface Listing {
  readonly entries: readonly Entry[];
  /** From an entry's name on this route to its place. */
  readonly places: ReadonlyMap<string, number>;
}

export type PinnedList = 'tools' | 'prompts' | 'templates';

export interface CompiledServer {
  readonly server: Server;
  readonly whole: Resource;
  /** Toolsets that show its resources. */
  readonly resourceToolsets: readonly string[];
  readonly tools: ReadonlyMap<string, Entry>;
  readonly prompts: ReadonlyMap<string, Entry>;
  readonly listings: Readonly<Record<PinnedList, Listing>>;
}

export interface CompiledMember {
  readonly of: CompiledServer;
  readonly tools: ReadonlySet<string> | '*';
  readonly prompts: ReadonlySet<string> | '*';
  readonly resources: boolean;
}

export interface CompiledToolset {
  readonly whole: Server;
  readonly resource: Resource;
  readonly members: ReadonlyMap<string, CompiledMember>;
  readonly listings: Readonly<Record<PinnedList, Listing>>;
}

export function keyOf(space: string, id: string): string {
  return `${space}\0${id}`;
}

/** One server, ready to be asked. Servers without a baseline have no items. */
export function compileServer(server: Server, toolsets: readonly Toolset[]): CompiledServer {
  const surface = server.baseline?.surface;
  const memberships = toolsets
    .filter((toolset) => toolset.space === server.space)
    .flatMap(({ id, members }) =>
      members
        .filter((member) => member.server === server.id)
        .map((member) => ({ id, tools: namesOf(member.tools), prompts: namesOf(member.prompts), resources: member.resources })),
    );
  const idsWhere = (holds: (member: (typeof memberships)[number]) => boolean): readonly string[] => [
    ...new Set(memberships.filter(holds).map(({ id }) => id)),
  ];
  const entry = (kind: Resource['kind'], pin: Pin, labels: Labels, ids: readonly string[]): Entry => ({
    resource: { kind, server: server.id, name: pin.name, labels, toolsets: ids, ...sinkOf(server.flow ?? {}) },
    pin,
    shown: pin.definition,
  });
  const toolEntry = (tool: Tool): Entry => {
    const plain = entry('tool', tool, tool.labels, idsWhere((member) => has(member.tools, tool.name)));
    return { ...plain, tool, resource: { ...plain.resource, effect: tool.effect, ...sinkOf({ ...server.flow, ...tool.flow }) } };
  };
  const tools = (surface?.tools ?? []).map(toolEntry);
  const promptEntry = (pin: Pin): Entry => entry('prompt', pin, server.labels, idsWhere((member) => has(member.prompts, pin.name)));
  const prompts = (surface?.prompts ?? []).map(promptEntry);
  const resourceToolsets = idsWhere((member) => member.resources);
  const templates = (surface?.templates ?? []).map((pin) => entry('resource', pin, server.labels, resourceToolsets));
  return {
    server,
    whole: { kind: 'server', server: server.id, name: '', labels: server.labels, toolsets: idsWhere(() => true) },
    resourceToolsets,
    tools: new Map(tools.map((found) => [found.pin.name, found])),
    prompts: new Map(prompts.map((found) => [found.pin.name, found])),
    listings: { tools: listingOf(tools, 'name'), prompts: listingOf(prompts, 'name'), templates: listingOf(templates, 'uriTemplate') },
  };
}

/** What may be sent there, and whether it keeps that for agents. */
function sinkOf({ clearance, memory }: FlowRules): Pick<Resource, 'clearance' | 'memory'> {
  return { ...(clearance === undefined ? {} : { clearance }), ...(memory === undefined ? {} : { memory }) };
}

function listingOf(entries: readonly Entry[], key: string): Listing {
  return { entries, places: new Map(entries.map((entry, place) => [textAt(entry.shown, key), place])) };
}

/** One toolset: the items of its approved members, under their names there. Members that do not exist add nothing. */
export function compileToolset(toolset: Toolset, servers: ReadonlyMap<string, CompiledServer>): CompiledToolset {
  const members = new Map<string, CompiledMember>();
  for (const member of toolset.members) {
    const of = servers.get(keyOf(toolset.space, member.server));
    if (!of) continue;
    members.set(member.server, { of, tools: namesOf(member.tools), prompts: namesOf(member.prompts), resources: member.resources });
  }
  const whole = standIn(toolset);
  const live = [...members.values()].filter((member) => isApproved(member.of.server));
  type Chosen = (member: CompiledMember, name: string) => boolean;
  type Show = (entry: Entry) => JsonObject | undefined;
  const pick = (list: PinnedList, chosen: Chosen, show: Show): readonly Entry[] =>
    live.flatMap((member) =>
      member.of.listings[list].entries.flatMap((entry) => {
        const shown = chosen(member, entry.pin.name) ? show(entry) : undefined;
        return shown ? [{ ...entry, shown }] : [];
      }),
    );
  return {
    whole,
    resource: { kind: 'server', server: whole.id, name: '', labels: whole.labels, toolsets: [toolset.id] },
    members,
    listings: {
      tools: listingOf(pick('tools', (member, name) => has(member.tools, name), renamed), 'name'),
      prompts: listingOf(pick('prompts', (member, name) => has(member.prompts, name), renamed), 'name'),
      templates: listingOf(pick('templates', (member) => member.resources, readdressed), 'uriTemplate'),
    },
  };
}

function renamed(entry: Entry): JsonObject {
  return { ...withUiResource(entry), name: aggregateName(entry.resource.server, entry.pin.name) };
}

function readdressed(entry: Entry): JsonObject | undefined {
  const uriTemplate = aggregateUri(entry.resource.server, entry.pin.name);
  return uriTemplate === undefined ? undefined : { ...entry.pin.definition, uriTemplate };
}

/** MCP Apps: a tool names its `ui://` page in `_meta`; on a toolset the page has the toolset's address too. */
function withUiResource(entry: Entry): JsonObject {
  const meta = entry.pin.definition['_meta'];
  const ui = isObject(meta) ? meta['ui'] : undefined;
  if (!isObject(meta) || !isObject(ui) || typeof ui['resourceUri'] !== 'string') return entry.pin.definition;
  const resourceUri = aggregateUri(entry.resource.server, ui['resourceUri']);
  return resourceUri === undefined ? entry.pin.definition : { ...entry.pin.definition, _meta: { ...meta, ui: { ...ui, resourceUri } } };
}

/** Stands for a toolset where an exchange needs a server. Its endpoint reaches nothing: each send goes to a member. */
function standIn(toolset: Toolset): Server {
  return {
    id: `t/${toolset.id}`,
    space: toolset.space,
    endpoint: { transport: 'http', url: 'about:invalid', allowPrivate: false },
    owner: '',
    hosting: 'embedded',
    tier: 'internal',
    labels: { confidentiality: 'public', categories: [], integrity: 'trusted' },
    credentials: { type: 'none' },
    status: 'approved',
  };
}

function namesOf(list: readonly string[] | '*'): ReadonlySet<string> | '*' {
  return list === '*' ? '*' : new Set(list);
}

export function has(names: ReadonlySet<string> | '*', name: string): boolean {
  return names === '*' || names.has(name);
}

export function isApproved(server: Server): boolean {
  return server.status === 'approved' && server.baseline !== undefined;
}

export function reachable(toolset: CompiledToolset): readonly CompiledMember[] {
  return [...toolset.members.values()].filter((member) => isApproved(member.of.server));
}

