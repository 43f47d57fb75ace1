import type { Agent, AgentRule } from '../domain/agent.ts';
import type { Decision, PolicyEngine, Resource } from '../domain/decision.ts';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import { REGISTRY_PRINCIPAL_ID, type Principal } from '../domain/principal.ts';
import type { Effect, Toolset } from '../domain/server.ts';
import { toolsetServer } from './subject.ts';
import { isAdminRequest } from './vocabulary.ts';

/** What agents may at most, whatever policy permits to whom they act for. Built once per snapshot; pure. */
export interface Ceilings {
  /** The agent of the chain (the caller, or one that it acts through) that has this beyond its ceiling; undefined: none. */
  beyond(principal: Principal, resource: Resource): string | undefined;
  /** The principal, ending no later than the registrations that it calls by. Throws ERR_AGENT_EXPIRED. */
  bound(principal: Principal, now: number): Principal;
}

/** One agent's, ready to be asked: the effects that each server and each toolset is allowed with. */
interface Ceiling {
  readonly expiresAt: number;
  readonly everything: boolean;
  readonly servers: ReadonlyMap<string, Effects>;
  readonly toolsets: ReadonlyMap<string, Effects>;
}
type Effects = ReadonlySet<Effect> | '*';

/** How the id of a decision's determining "policy" begins when it was a ceiling. */
export const CEILING_ID = 'ceiling:';

/**
 * Intersection over the agent and every actor. Agent tokens are made by an administrator and name their agent themselves:
 * one that is not registered has no ceiling of its own. Every other agent, and every actor, must be registered.
 */
export function buildCeilings(agents: readonly Agent[], toolsets: readonly Toolset[]): Ceilings {
  const ceilings = new Map(agents.map((agent) => [keyOf(agent.space, agent.id), compileCeiling(agent, toolsets)]));
  return {
    beyond(principal, resource) {
      if (isRegistry(principal)) return undefined;
      if (principal.actors.length > LIMITS.delegationDepthMax) return principal.agent;
      return chainOf(principal).find((id) => {
        const ceiling = ceilings.get(keyOf(principal.space, id));
        return ceiling === undefined ? !namesItself(principal, id) : !reaches(ceiling, resource);
      });
    },
    bound(principal, now) {
      if (isRegistry(principal)) return principal;
      let { expiresAt } = principal;
      for (const id of chainOf(principal)) {
        const ceiling = ceilings.get(keyOf(principal.space, id));
        if (ceiling === undefined) continue;
        if (now >= ceiling.expiresAt) throw expired(id);
        expiresAt = Math.min(expiresAt, ceiling.expiresAt);
      }
      return expiresAt === principal.expiresAt ? principal : { ...principal, expiresAt };
    },
  };
}

/** The engine that the gate judges by: policy's, within the ceilings of agents. What is beyond them was never there (invariant 7). */
export function withinCeilings(engine: PolicyEngine, ceilings: Ceilings): PolicyEngine {
  return {
    ...engine,
    decide: (request) => {
      // Administration is people's, at control: no agent's ceiling speaks of it.
      if (isAdminRequest(request)) return engine.decide(request);
      const agent = ceilings.beyond(request.principal, request.resource);
      return agent === undefined ? engine.decide(request) : refusedFor(agent);
    },
    possible: (request) => (ceilings.beyond(request.principal, request.resource) === undefined ? engine.possible(request) : 'deny'),
  };
}

function refusedFor(agent: string): Decision {
  return { outcome: 'deny', policies: [`${CEILING_ID}${agent}`], obligations: [], errors: [] };
}

function compileCeiling({ allow, expiresAt, space }: Agent, all: readonly Toolset[]): Ceiling {
  const servers = new Map<string, Effects>();
  const toolsets = new Map<string, Effects>();
  for (const rule of allow === '*' ? [] : allow) {
    if (rule.toolset !== undefined) add(toolsets, rule.toolset, rule);
    if (rule.server === undefined) continue;
    add(servers, rule.server, rule);
    // As for a role: whoever may use a server may open the toolsets that show it; what they list is judged item by item.
    const showing = all.filter((toolset) => toolset.space === space && toolset.members.some(({ server }) => server === rule.server));
    for (const { id } of showing) add(servers, toolsetServer(id), rule);
  }
  return { expiresAt, everything: allow === '*', servers, toolsets };
}

function add(to: Map<string, Effects>, id: string, { effects }: AgentRule): void {
  const before = to.get(id) ?? new Set<Effect>();
  to.set(id, before === '*' || effects === '*' ? '*' : new Set([...before, ...effects]));
}

function chainOf({ agent, actors }: Principal): readonly string[] {
  return actors.length === 0 ? [agent] : [agent, ...actors];
}

/** Tools by their effect; prompts and resources are read; a server as a whole is whoever's has anything of it. */
function reaches(ceiling: Ceiling, resource: Resource): boolean {
  if (ceiling.everything) return true;
  const allows = (effects: Effects | undefined): boolean => {
    if (effects === undefined || resource.kind === 'server') return effects !== undefined;
    const effect = resource.kind === 'tool' ? resource.effect : 'read';
    return effects === '*' || (effect !== undefined && effects.has(effect));
  };
  return allows(ceiling.servers.get(resource.server)) || resource.toolsets.some((id) => allows(ceiling.toolsets.get(id)));
}

/** Our own issuer of agent tokens is called `sallyport`; OAuth issuers are URLs. */
function namesItself({ id, agent, actors }: Principal, asked: string): boolean {
  return id.startsWith('sallyport|') && asked === agent && !actors.includes(asked);
}

function isRegistry({ kind, id }: Principal): boolean {
  return kind === 'workload' && id === REGISTRY_PRINCIPAL_ID;
}

function keyOf(space: string, id: string): string {
  return `${space}/${id}`;
}

function expired(agent: string): SallyportError {
  return new SallyportError('ERR_AGENT_EXPIRED', 'The registration of this agent has ended.', {
    remedy: `Ask its owner to renew it: sallyport agent renew ${agent}`,
  });
}
