import type { AccessRequest } from '../../domain/decision.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Principal } from '../../domain/principal.ts';
import type { Grantee } from '../quote.ts';
import { createSpread, type Constraint, type Spread } from './spread.ts';

/** What somebody was seen to use of one tool. */
export interface SeenTool {
  readonly server: string;
  readonly tool: string;
  readonly calls: number;
  /** What its arguments had in common, where that was stable. */
  readonly constraints: readonly Constraint[];
}

/** One agent or group, and all that it was seen to use. */
export interface Seen {
  readonly grantee: Grantee;
  /** Somebody as whom it called: what policy says of it is said of these. */
  readonly principals: readonly Principal[];
  readonly tools: readonly SeenTool[];
  readonly prompts: readonly string[];
  /** Servers of which anything but tools and prompts was used: resources, and what every client needs. */
  readonly reads: readonly string[];
  readonly servers: readonly string[];
}

export interface Observations {
  /** One call that went on; `isOpen`: its arguments are known whole, and nothing personal or secret was found in them. */
  add(request: AccessRequest, isOpen: boolean): void;
  seen(): readonly Seen[];
  /** Whether there was more than is kept. */
  readonly isFull: boolean;
}

interface Kept {
  readonly grantee: Grantee;
  readonly principals: Map<string, Principal>;
  readonly tools: Map<string, { readonly server: string; readonly tool: string; calls: number; spread: Spread | undefined }>;
  readonly prompts: Set<string>;
  readonly reads: Set<string>;
  readonly servers: Set<string>;
}

/** Adds up who used what, by agent or by group; bounded. */
export function observe(by: 'agent' | 'group'): Observations {
  const kept = new Map<string, Kept>();
  let isFull = false;
  const keep = (grantee: Grantee): Kept | undefined => {
    const key = JSON.stringify(grantee);
    const known = kept.get(key);
    if (known !== undefined) return known;
    if (kept.size >= LIMITS.simulatedNamesMax) {
      isFull = true;
      return undefined;
    }
    const made: Kept = { grantee, principals: new Map(), tools: new Map(), prompts: new Set(), reads: new Set(), servers: new Set() };
    kept.set(key, made);
    return made;
  };
  return {
    get isFull() {
      return isFull;
    },
    add(request, isOpen) {
      const { principal } = request;
      const grantees: readonly Grantee[] = by === 'agent' ? [{ agent: principal.agent }] : principal.groups.map((group) => ({ group }));
      for (const grantee of grantees) addTo(keep(grantee), request, isOpen);
    },
    seen: () => [...kept.values()].map(({ grantee, principals, tools, prompts, reads, servers }) => ({
      grantee, principals: [...principals.values()], prompts: [...prompts], reads: [...reads], servers: [...servers],
      tools: [...tools.values()].map(({ spread, ...tool }) => ({ ...tool, constraints: spread?.constraints() ?? [] })),
    })),
  };
}

const PRINCIPALS_MAX = 20;

function addTo(kept: Kept | undefined, { principal, action, resource, context }: AccessRequest, isOpen: boolean): void {
  if (kept === undefined) return;
  const key = JSON.stringify([principal.id, principal.agent, principal.groups]);
  if (kept.principals.size < PRINCIPALS_MAX || kept.principals.has(key)) kept.principals.set(key, principal);
  kept.servers.add(resource.server);
  const name = `${resource.server}/${resource.name}`;
  if (action === 'get_prompt') kept.prompts.add(name);
  else if (action !== 'call_tool') {
    if (resource.kind === 'resource') kept.reads.add(resource.server);
  } else {
    const tool = kept.tools.get(name) ?? { server: resource.server, tool: resource.name, calls: 0, spread: createSpread() };
    kept.tools.set(name, tool);
    tool.calls += 1;
    if (!isOpen) tool.spread = undefined;
    else tool.spread?.add(context.arguments ?? {});
  }
}
