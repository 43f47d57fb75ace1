import type { Agent } from '../../domain/agent.ts';
import type { Json } from '../../domain/json.ts';
import type { Principal } from '../../domain/principal.ts';
import type { AgentToken } from '../../domain/snapshot.ts';
import { operandsOf } from '../possibility.ts';
import { readProgram, type EntityName, type Expr } from '../program.ts';

/** Somebody who may call, through which agent. */
export interface Caller {
  readonly principal: Principal;
  /** `desk for group support`. */
  readonly name: string;
}

/**
 * Everybody that a policy could mean: who holds a token, and each registered agent for each group and person that policies name. `agents`:
 * where none is registered, somebody's agent for each of those.
 */
export function callersOf(json: Json, space: string, tokens: readonly AgentToken[], agents: readonly Agent[], now: number): readonly Caller[] {
  const held = tokens.filter((token) => token.space === space && token.expiresAt > now).map((token): Caller => ({
    name: `${token.agent} for ${token.groups.length === 0 ? token.subject : `group ${token.groups.join(', ')}`}`,
    principal: principalOf(`sallyport|${token.subject}`, token.kind, token.agent, space, token.groups),
  }));
  const known = new Set(tokens.map(({ agent }) => agent));
  const registered = agents.filter((agent) => agent.space === space && agent.expiresAt > now && !known.has(agent.id)).map(({ id }) => id);
  const named = registered.length > 0 || held.length > 0 ? registered : ['any agent'];
  const names = namesIn(json);
  const possible = named.flatMap((agent): readonly Caller[] => [
    ...names.agents.filter((one) => agent === 'any agent' && one !== agent).map((one) => caller(one, space, [], 'anybody')),
    ...(names.groups.length === 0 ? [caller(agent, space, [], 'anybody')] : names.groups.map((group) => caller(agent, space, [group], `group ${group}`))),
    ...names.people.map(([type, id]) => {
      const kind = type === 'Workload' ? 'workload' : 'person';
      return { name: `${agent} for ${id}`, principal: principalOf(id, kind, agent, space, []) };
    }),
  ]);
  return [...new Map([...held, ...possible].map((one) => [JSON.stringify([one.name, one.principal]), one])).values()];
}

function caller(agent: string, space: string, groups: readonly string[], whom: string): Caller {
  return { name: `${agent} for ${whom}`, principal: principalOf('sallyport|anybody', 'person', agent, space, groups) };
}

function principalOf(id: string, kind: Principal['kind'], agent: string, space: string, groups: readonly string[]): Principal {
  return { id, kind, space, groups, agent, actors: [], proof: 'bearer', tokenAgeMs: 0, expiresAt: Number.MAX_SAFE_INTEGER, credential: '' };
}

/** The groups, people and agents that policies name. */
function namesIn(json: Json): { readonly groups: readonly string[]; readonly people: readonly EntityName[]; readonly agents: readonly string[] } {
  const policies = readProgram(json)?.policies ?? [];
  const entities = policies.flatMap(({ principal }) => [principal.in, principal.exactly].filter((name) => name !== undefined));
  const agents = policies.flatMap(({ condition }) => agentsIn(condition));
  const groups = entities.flatMap(([type, id]) => (type === 'Group' ? [id] : []));
  const people = entities.filter(([type]) => type === 'Person' || type === 'Workload');
  return { groups: [...new Set(groups)], people: [...new Map(people.map((one) => [one.join(), one])).values()], agents: [...new Set(agents)] };
}

/** `principal.agent == "desk"`, and the like. */
function agentsIn(expr: Expr): readonly string[] {
  const operands = operandsOf(expr);
  const isAgent = operands.some((one) => (one[0] === 'get' && one[2] === 'agent') || (one[0] === 'context' && one[1] === 'agent'));
  const words = isAgent ? operands.flatMap((one) => (one[0] === 'value' && typeof one[1] === 'string' ? [one[1]] : [])) : [];
  return [...words, ...operands.flatMap(agentsIn)];
}
