import type { Action, Resource } from '../domain/decision.ts';
import { SallyportError } from '../domain/errors.ts';
import { isObject } from '../domain/json.ts';
import type { JsonObject } from '../domain/json.ts';
import type { ToolCall } from '../domain/exchange.ts';
import type { Labels, Pin, Server, Tool } from '../domain/server.ts';
import { has, isApproved, reachable } from './compiled.ts';
import type { CompiledMember, CompiledServer, CompiledToolset } from './compiled.ts';
import { unwrapCall } from './dispatch.ts';
import { isPlainUri, splitName, splitUri } from './names.ts';
import { invalidParams, unknownItem } from './unresolved.ts';

/** What this room must know of a method; `mcp/methods.ts` has the rows. */
export interface MethodTarget {
  readonly method: string;
  readonly action: Action;
  readonly target: 'tool' | 'prompt' | 'resource' | 'task' | 'server';
  readonly nameIn?: 'name' | 'uri' | 'taskId';
  readonly list?: string;
}

/** What a message is about, under its one canonical name (invariant 7). */
export interface Resolved {
  readonly server: Server;
  /**
   * Toolset routes only, for what concerns the toolset as a whole (lists, discover, initialize, listen): the servers
   * that are reachable behind it. `server` is then a stand-in whose endpoint reaches nothing.
   */
  readonly members?: readonly Server[];
  readonly tool?: Tool;
  /** The approved prompt. */
  readonly pin?: Pin;
  readonly resource: Resource;
  readonly arguments: JsonObject | undefined;
  /** The dispatchers that the call goes through, outermost first; `tool` is what the last of them runs. */
  readonly dispatchers?: readonly ToolCall[];
  /** A call of a dispatcher that says nothing it can run; to be told only to those who may know of the dispatcher. */
  readonly flaw?: SallyportError;
  /** The message's params, naming things as the upstream itself does. */
  readonly params: JsonObject | undefined;
}

/** Only approved servers are reachable; before approval only for the registry's own workload. */
export function checkStatus(server: Server, asRegistry: boolean): void {
  if (server.status === 'quarantined') {
    throw new SallyportError('ERR_SERVER_QUARANTINED', `server ${server.id} is in quarantine`, {
      remedy: 'ask the owner of the server why; an administrator lifts it with: sallyport server approve',
    });
  }
  if (!asRegistry && !isApproved(server)) {
    throw new SallyportError('ERR_SERVER_NOT_APPROVED', `server ${server.id} is not approved yet`, {
      remedy: 'an administrator reads and approves it: sallyport server scan, then sallyport server approve',
    });
  }
}

/** Resolves on a server's own route. `tools`: those that a route shows of the server, where it is not all of them. */
export function resolveOn(
  found: CompiledServer, method: MethodTarget, params: JsonObject | undefined, tools: ReadonlySet<string> | '*' = '*',
): Resolved {
  const whole = { server: found.server, resource: found.whole, arguments: undefined, params };
  if (method.action === 'complete') return resolveReference(found, params);
  switch (method.target) {
    case 'tool': {
      const entry = found.tools.get(nameOf(params, 'name'));
      if (!entry?.tool) throw unknownItem('tool');
      const called = { tool: entry.tool, resource: entry.resource, arguments: argumentsOf(params) };
      return entry.tool.dispatches ? { ...whole, ...unwrapCall(found, called, tools) } : { ...whole, ...called };
    }
    case 'prompt':
      return { ...whole, ...promptOf(found, nameOf(params, 'name')), arguments: argumentsOf(params) };
    case 'resource':
      return { ...whole, resource: instanceOf(found, nameOf(params, 'uri')) };
    case 'task':
    case 'server':
      break;
  }
  return whole;
}

function promptOf(found: CompiledServer, name: string): Pick<Resolved, 'pin' | 'resource'> {
  const entry = found.prompts.get(name);
  if (!entry) throw unknownItem('prompt');
  return { pin: entry.pin, resource: entry.resource };
}

/** Instances are never pinned: which of them may be read is policy's to say, by their URI. */
export function instanceOf(found: CompiledServer, uri: string): Resource {
  if (!isPlainUri(uri)) throw invalidParams('"uri" must be absolute and plain: lower-case scheme, no spaces, backslashes or dot segments');
  return { kind: 'resource', server: found.server.id, name: uri, labels: labelsAt(found.server, uri), toolsets: found.resourceToolsets };
}

/** What an administrator says of the URI, else of the server. */
function labelsAt({ resources = [], labels }: Server, uri: string): Labels {
  return resources.find((one) => (one.uri.endsWith('*') ? uri.startsWith(one.uri.slice(0, -1)) : uri === one.uri))?.labels ?? labels;
}

/** `completion/complete`: the thing whose argument is completed, a prompt or a resource template. */
function resolveReference(found: CompiledServer, params: JsonObject | undefined): Resolved {
  const ref = referenceOf(params);
  const common = { server: found.server, arguments: undefined, params };
  if (ref['type'] === 'ref/prompt') return { ...common, ...promptOf(found, nameOf(ref, 'name')) };
  const uri = nameOf(ref, 'uri');
  const place = found.listings.templates.places.get(uri);
  const template = place === undefined ? undefined : found.listings.templates.entries[place];
  return { ...common, resource: template?.resource ?? instanceOf(found, uri) };
}

function referenceOf(params: JsonObject | undefined): JsonObject {
  const ref = params?.['ref'];
  if (!isObject(ref) || (ref['type'] !== 'ref/prompt' && ref['type'] !== 'ref/resource')) {
    throw invalidParams('"ref" must be a ref/prompt or a ref/resource');
  }
  return ref;
}

/** Resolves on a toolset's route, where every name carries its server. */
export function resolveInToolset(toolset: CompiledToolset, method: MethodTarget, params: JsonObject | undefined): Resolved {
  if (method.action === 'complete') {
    const ref = referenceOf(params);
    const kind = ref['type'] === 'ref/prompt' ? 'prompt' : 'resource';
    const [member, inner] = unwrap(toolset, kind, ref);
    return resolveOn(member.of, method, { ...params, ref: inner });
  }
  if (method.target === 'server') {
    const members = reachable(toolset).map((member) => member.of.server);
    return { server: toolset.whole, members, resource: toolset.resource, arguments: undefined, params };
  }
  const [member, inner] = unwrap(toolset, method.target, params);
  return resolveOn(member.of, method, inner, member.tools);
}

type ItemTarget = Exclude<MethodTarget['target'], 'server'>;

/** Takes the server out of the name, and checks that the toolset has that item of that server. */
function unwrap(toolset: CompiledToolset, target: ItemTarget, params: JsonObject | undefined): readonly [CompiledMember, JsonObject] {
  const key = target === 'resource' ? 'uri' : target === 'task' ? 'taskId' : 'name';
  const outer = nameOf(params, key);
  const split = target === 'resource' ? nameInUri(outer) : splitName(outer);
  const member = split && toolset.members.get(split.server);
  if (!split || !member || !holds(member, target, split.name)) throw unknownItem(target);
  checkStatus(member.of.server, false);
  return [member, { ...params, [key]: split.name }];
}

function nameInUri(uri: string): { readonly server: string; readonly name: string } | undefined {
  const split = splitUri(uri);
  return split && { server: split.server, name: split.uri };
}

function holds(member: CompiledMember, target: ItemTarget, name: string): boolean {
  if (target === 'tool') return has(member.tools, name);
  if (target === 'prompt') return has(member.prompts, name);
  return target === 'task' || member.resources;
}

function nameOf(params: JsonObject | undefined, key: string): string {
  const name = params?.[key];
  if (typeof name !== 'string' || name === '') throw invalidParams(`"${key}" must be a non-empty string`);
  return name;
}

function argumentsOf(params: JsonObject | undefined): JsonObject | undefined {
  const given = params?.['arguments'];
  if (given === undefined || isObject(given)) return given;
  throw invalidParams('"arguments" must be an object');
}
