import { UNLABELLED, type Labels } from '../../../src/domain/server.ts';
import type { Property, Tool } from './catalogue.ts';
import type { ArgumentSeen, CallEvent, CallOutcome } from './event.ts';
import { mayCall, type Agent } from './population.ts';
import { chance, digest, favourite, lognormal, uniform, type Random } from './random.ts';
import type { World } from './world.ts';

/** An event before it is known what its context carries. */
export interface Draft extends Omit<CallEvent, 'labelsBefore' | 'labelsAfter'> {
  readonly carries: Labels;
  /** Id of the attack that it belongs to. Never shown to a scorer. */
  readonly attack?: string;
}

/** Where a call differs from what its agent usually does. */
export interface Wishes {
  readonly outcome?: CallOutcome;
  /** Factors on what is sent and what comes back. */
  readonly argumentScale?: number;
  readonly resultScale?: number;
  readonly destination?: string;
  readonly unknownArguments?: number;
}

export function outageOf(world: World, server: string, at: number): boolean {
  return world.outages.some((outage) => outage.server === server && at >= outage.from && at < outage.to);
}

/** Whom it reaches: someone new with probability θ/(n+θ), else mostly its first contacts. */
function destinationOf(agent: Agent, from: Random): string {
  const [, reach] = agent.kind.contacts;
  const known = agent.contacts.length;
  if (!chance(from, reach / (known + reach))) return favourite(from, known > 40 ? agent.contacts.slice(-40) : agent.contacts);
  const added = digest(`${agent.id} contact ${known}`);
  agent.contacts.push(added);
  return added;
}

function argumentOf(property: Property, scale: number, from: Random): ArgumentSeen {
  return { name: property.name, type: property.type, bytes: Math.max(1, Math.round(lognormal(from, property.bytes * scale, property.sigma))) };
}

function argumentsOf(world: World, agent: Agent, tool: Tool, at: number, scale: number, from: Random): ArgumentSeen[] {
  const given = tool.properties.filter(({ often }) => chance(from, often));
  const seen = given.map((property) => argumentOf(property, property.sigma >= 0.6 ? agent.wordy * scale : scale, from));
  const grown = world.grown.get(tool);
  if (grown !== undefined && at >= grown && chance(from, 0.6)) seen.push({ name: 'include', type: 'array', bytes: Math.round(lognormal(from, 26, 0.4)) });
  return seen;
}

/** Servers break 0.7 % of calls, and nine in ten in an outage; models write 0.3 % that cannot be judged; policy denies each agent its share. */
function outcomeOf(world: World, agent: Agent, tool: Tool, at: number, from: Random): CallOutcome {
  if (!mayCall(agent, tool) || chance(from, agent.denials)) return 'denied';
  if (chance(from, 0.003)) return 'refused';
  return chance(from, outageOf(world, tool.server, at) ? 0.9 : 0.007) ? 'failed' : 'permitted';
}

function callerOf(agent: Agent): Pick<CallEvent, 'space' | 'principal' | 'principalKind' | 'agent' | 'actors' | 'context'> {
  const { principal, id, actors } = agent;
  return {
    space: 'default', principal, principalKind: agent.kind.principal, agent: id, actors, context: digest(`${principal} ${id} ${actors.join(' ')}`),
  };
}

/** One `tools/call`. */
export function call(world: World, agent: Agent, tool: Tool, at: number, from: Random, wishes: Wishes = {}): Draft {
  const given = argumentsOf(world, agent, tool, at, wishes.argumentScale ?? 1, from);
  // Models make up a property now and then.
  const unknownArguments = wishes.unknownArguments ?? (chance(from, 0.004) ? 1 : 0);
  const destined = tool.properties.some(({ destination }) => destination === true);
  const outcome = wishes.outcome ?? outcomeOf(world, agent, tool, at, from);
  const reached = outcome === 'permitted' || outcome === 'failed';
  const known = given.reduce((sum, { name, bytes }) => sum + name.length + 4 + bytes, 2);
  const slow = outcome === 'failed' && outageOf(world, tool.server, at) ? 8 : 1;
  return {
    at: Math.round(at), ...callerOf(agent), server: tool.server, method: 'tools/call', action: 'call_tool', tool: tool.name, effect: tool.effect,
    arguments: given, unknownArguments, argumentBytes: known + Math.round(unknownArguments * lognormal(from, 60, 0.5)),
    destinations: destined ? [wishes.destination ?? destinationOf(agent, from)] : [],
    outcome, resultBytes: outcome === 'permitted' ? Math.round(lognormal(from, tool.resultBytes * (wishes.resultScale ?? 1), 0.8)) : 0,
    latencyMs: Math.round(reached ? lognormal(from, tool.latencyMs * slow, 0.6) : uniform(from, 1, 4)),
    carries: outcome === 'permitted' ? tool.labels : UNLABELLED,
  };
}

/** One `tools/list`. */
export function list(world: World, agent: Agent, server: string, at: number, from: Random): Draft {
  const tools = (world.tools.get(server) ?? []).filter((tool) => (world.released.get(tool) ?? 0) <= at && mayCall(agent, tool));
  const failed = outageOf(world, server, at) && chance(from, 0.9);
  return {
    at: Math.round(at), ...callerOf(agent), server, method: 'tools/list', action: 'list', arguments: [], unknownArguments: 0, argumentBytes: 2,
    destinations: [], outcome: failed ? 'failed' : 'permitted', resultBytes: failed ? 0 : 40 + 700 * tools.length,
    latencyMs: Math.round(lognormal(from, 60, 0.5)), carries: UNLABELLED,
  };
}
