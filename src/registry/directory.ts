import type { Resource } from '../domain/decision.ts';
import { SallyportError } from '../domain/errors.ts';
import type { Route } from '../domain/inbound.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Server } from '../domain/server.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { compileServer, compileToolset, keyOf, reachable } from './compiled.ts';
import type { CompiledServer, CompiledToolset, Listing, PinnedList } from './compiled.ts';
import { checkStatus, instanceOf, resolveInToolset, resolveOn } from './resolve.ts';
import type { MethodTarget, Resolved } from './resolve.ts';

export interface Directory {
  readonly version: number;
  /**
   * Throws `ERR_SERVER_UNKNOWN`, `ERR_SERVER_NOT_APPROVED`, `ERR_SERVER_QUARANTINED`, `ERR_TOOL_UNKNOWN`, `ERR_PARAMS_INVALID`.
   * `asRegistry`: the caller is the registry's own workload, the only one that may reach servers before approval.
   */
  resolve(route: Route, method: MethodTarget, params: JsonObject | undefined, asRegistry?: boolean): Resolved;
  /** What a list on this route can show at most. Throws as `resolve` does. */
  listing(route: Route, list: PinnedList): Listing;
  /** The resource that policy is asked about for one URI of a server. Throws as `resolve` does. */
  instance(route: Route, uri: string): Resource;
  /** The servers behind a route that are approved, in order. Throws as `resolve` does. */
  membersOf(route: Route): readonly Server[];
}

/** Compiles a snapshot's servers and toolsets into maps, once: no resolution ever searches. */
export function buildDirectory(snapshot: Pick<Snapshot, 'version' | 'servers' | 'toolsets'>): Directory {
  const servers = new Map(snapshot.servers.map((server) => [keyOf(server.space, server.id), compileServer(server, snapshot.toolsets)]));
  const toolsets = new Map(snapshot.toolsets.map((toolset) => [keyOf(toolset.space, toolset.id), compileToolset(toolset, servers)]));

  const findServer = (route: Route, asRegistry: boolean): CompiledServer => {
    const found = servers.get(keyOf(route.space, route.name));
    if (!found) throw serverUnknown(route);
    checkStatus(found.server, asRegistry);
    return found;
  };
  const findToolset = (route: Route): CompiledToolset => {
    const found = toolsets.get(keyOf(route.space, route.name));
    if (!found) throw serverUnknown(route);
    return found;
  };

  return {
    version: snapshot.version,
    resolve: (route, method, params, asRegistry = false) =>
      route.kind === 'server'
        ? resolveOn(findServer(route, asRegistry), method, params)
        : resolveInToolset(findToolset(route), method, params),
    listing: (route, list) => (route.kind === 'server' ? findServer(route, false) : findToolset(route)).listings[list],
    instance: (route, uri) => instanceOf(findServer(route, false), uri),
    membersOf: (route) =>
      route.kind === 'server' ? [findServer(route, false).server] : reachable(findToolset(route)).map((member) => member.of.server),
  };
}

function serverUnknown(route: Route): SallyportError {
  return new SallyportError('ERR_SERVER_UNKNOWN', `no such ${route.kind} here`, {
    remedy: 'check the name in the address; an administrator adds one with: sallyport server add',
  });
}
