import type { Route } from '../domain/inbound.ts';
import type { ScopeGrant } from '../domain/issuer.ts';
import type { JsonObject } from '../domain/json.ts';
import { DEFAULT_SPACE } from '../domain/principal.ts';
import { EFFECTS } from '../domain/server.ts';
import type { NetworkSettings, Snapshot } from '../domain/snapshot.ts';
import { PROOF_ALGORITHMS } from './proof.ts';
import { isScope } from './scopes.ts';

export const METADATA_PATH = '/.well-known/oauth-protected-resource';

/** A route within its space: what agent tokens name in their audience, and what sessions and handles are bound to. */
export function audienceOf({ kind, name }: Pick<Route, 'kind' | 'name'>): string {
  return `/mcp/${kind === 'toolset' ? 't/' : ''}${name}`;
}

/** The path of a route, as clients write it. */
function pathOf(route: Route): string {
  return `${route.space === DEFAULT_SPACE ? '' : `/s/${route.space}`}${audienceOf(route)}`;
}

/** The route's canonical URI (RFC 8707): a token's audience, the `resource` of its metadata, and what a proof's `htu` names. */
export function canonicalUriOf(route: Route, network: Pick<NetworkSettings, 'publicUrl'>): string {
  return originOf(network.publicUrl) + pathOf(route);
}

/** Where a client finds the route's metadata (RFC 9728 section 3.1). */
export function metadataUriOf(route: Route, network: Pick<NetworkSettings, 'publicUrl'>): string {
  return originOf(network.publicUrl) + METADATA_PATH + pathOf(route);
}

/** `URL` takes a microsecond; public URLs are few. */
function originOf(publicUrl: string): string {
  const known = origins.get(publicUrl) ?? new URL(publicUrl).origin;
  if (origins.size < 100) origins.set(publicUrl, known);
  return known;
}

const origins = new Map<string, string>();

/**
 * Protected resource metadata (RFC 9728 section 2); undefined when no issuer's tokens open the route's space. It is made of
 * the route's own words and of the space's settings alone, so a name that nothing stands behind has one like any other:
 * nobody who may not call learns what there is. That a space has an issuer shows; its clients could not sign in otherwise.
 */
export function metadataOf(route: Route, { issuers, scopes, network }: Pick<Snapshot, 'issuers' | 'scopes' | 'network'>): JsonObject | undefined {
  const taken = issuers.filter(({ spaces }) => spaces.includes(route.space));
  if (taken.length === 0) return undefined;
  const supported = taken.some((issuer) => issuer.scopes === 'required') ? supportedOf(route, scopes) : [];
  return {
    resource: canonicalUriOf(route, network),
    resource_name: `${route.name} behind Sallyport`,
    authorization_servers: taken.map(({ issuer }) => issuer),
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: PROOF_ALGORITHMS,
    ...(supported.length === 0 ? {} : { scopes_supported: supported }),
    ...(network.mtls === undefined ? {} : { tls_client_certificate_bound_access_tokens: true }),
  };
}

/** A toolset's scopes are its members', and who they are is not for strangers: a client that lacks one is told which (403). */
function supportedOf({ kind, space, name }: Route, grants: readonly ScopeGrant[]): readonly string[] {
  const own = grants.filter((grant) => grant.space === space).map(({ scope }) => scope);
  const builtIn = kind === 'server' ? EFFECTS.map((effect) => `${name}.${effect}`) : [];
  return [...new Set([...builtIn, ...own])].filter(isScope);
}
