import type { ScopeGrant } from '../../domain/issuer.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { EFFECTS } from '../../domain/server.ts';
import type { Effect, Server, Toolset } from '../../domain/server.ts';
import { shortfallOf } from '../../identity/scopes.ts';
import { readIssuers } from '../manifest/identity.ts';
import { readServers } from '../snapshot/configuration.ts';
import { listStored } from '../stored.ts';
import type { Control } from '../control.ts';

/** A route of the gate, as its canonical URI names it. */
export interface Target {
  readonly space: string;
  readonly kind: 'server' | 'toolset';
  readonly name: string;
}

/** What scopes are good for on one server: by effect, with the tools that have it now. */
export interface Coverage {
  readonly server: string;
  readonly owner: string;
  readonly effects: readonly { readonly effect: Effect; readonly tools: readonly string[] }[];
}

/** `/mcp/<server>`, `/mcp/t/<toolset>`, before them `/s/<space>` outside the default space. */
export function targetOf(resource: string): Target | undefined {
  const path = URL.canParse(resource) ? new URL(resource).pathname : '';
  const [, space = DEFAULT_SPACE, toolset, name] = /^(?:\/s\/([a-z0-9-]+))?\/mcp\/(t\/)?([a-z0-9-]+)$/.exec(path) ?? [];
  return name === undefined ? undefined : { space, kind: toolset === undefined ? 'server' : 'toolset', name };
}

/** What a token with these scopes could be used for on a route: decided by the very function by which the gate decides it. */
export async function coverageOf(control: Control, target: Target, scopes: readonly string[]): Promise<readonly Coverage[]> {
  const grants = (await readIssuers(control.store)).scopes.filter(({ space }) => space === target.space);
  const servers = (await readServers(control.store, control.now())).filter(({ space }) => space === target.space);
  if (target.kind === 'server') return servers.filter(({ id }) => id === target.name).map((server) => cover(server, scopes, grants, '*'));
  const members = (await listStored(control.store, 'toolset', target.space)).find(({ id }) => id === target.name)?.body.members ?? [];
  return members.flatMap(({ server, tools }) => servers.filter(({ id }) => id === server).map((one) => cover(one, scopes, grants, tools)));
}

function cover(server: Server, scopes: readonly string[], grants: readonly ScopeGrant[], shown: Toolset['members'][number]['tools']): Coverage {
  const tools = (server.baseline?.surface.tools ?? []).filter(({ name }) => shown === '*' || shown.includes(name));
  const effects = EFFECTS.filter((effect) => shortfallOf(scopes, [{ server: server.id, effect }], grants) === undefined);
  const having = (effect: Effect): readonly string[] => tools.filter((tool) => tool.effect === effect).map(({ name }) => name);
  return { server: server.id, owner: server.owner, effects: effects.map((effect) => ({ effect, tools: having(effect) })) };
}
