import {
  checkResourceAllowed, discoverAuthorizationServerMetadata, discoverOAuthProtectedResourceMetadata, extractWWWAuthenticateParams,
} from '@modelcontextprotocol/client';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { OAuthFetch } from '../guarded-fetch.ts';
import { PROVIDER, type Provider } from './provider.ts';
import { refused } from './refused.ts';
import { scopesIn } from './scopes.ts';

/** What a server's refusal says (RFC 6750, RFC 9728 section 5.1). */
export interface Challenge {
  readonly resourceMetadata?: URL;
  readonly scopes: readonly string[];
  readonly isInsufficientScope: boolean;
}

export function readChallenge(text: string): Challenge {
  const { resourceMetadataUrl, scope, error } = extractWWWAuthenticateParams(new Response(null, { headers: { 'www-authenticate': text } }));
  return {
    ...(resourceMetadataUrl === undefined ? {} : { resourceMetadata: resourceMetadataUrl }),
    scopes: scopesIn(scope).slice(0, LIMITS.scopesMax),
    isInsufficientScope: error === 'insufficient_scope',
  };
}

export interface Discovery {
  readonly serverUrl: string;
  readonly challenge: Challenge;
  /** The issuer that an administrator declared: no other is taken, whatever the server says. */
  readonly issuer: string | undefined;
  readonly fetch: OAuthFetch;
  readonly server: string;
}

/** Where people authorise calls of a server. `resource` is what tokens are asked for (RFC 8707). */
export interface Discovered {
  readonly provider: Provider;
  readonly resource: string;
  /** What the server says is needed: of its challenge, else all that its metadata names. */
  readonly scopes: readonly string[];
}

/**
 * From a server's own refusal to its authorization server (MCP authorization, 2026-07-28): protected resource metadata
 * (RFC 9728) that must be about this server, then authorization server metadata (RFC 8414, OpenID Connect Discovery)
 * that must be its issuer's own and know PKCE with S256. Throws `ERR_UPSTREAM_CREDENTIAL` and what the guarded fetch throws.
 */
export async function discover(asked: Discovery): Promise<Discovered> {
  const { server, challenge } = asked;
  try {
    const resource = await readResource(asked);
    const issuer = asked.issuer ?? resource?.authorization_servers?.[0] ?? new URL(asked.serverUrl).origin;
    if (asked.issuer !== undefined && resource?.authorization_servers?.includes(asked.issuer) === false) {
      throw refused(server, 'the server does not name the declared issuer');
    }
    const metadata = await discoverAuthorizationServerMetadata(issuer, { fetchFn: asked.fetch });
    if (metadata === undefined) throw refused(server, 'the issuer has no metadata');
    const provider = PROVIDER.safeParse(metadata, { reportInput: false });
    if (!provider.success) throw refused(server, `metadata of the issuer: ${provider.error.issues.map(({ path }) => path.join('.')).join(', ').slice(0, 200)}`);
    if (!provider.data.code_challenge_methods_supported.includes('S256')) throw refused(server, 'the issuer does not know PKCE with S256');
    const scopes = challenge.scopes.length > 0 ? challenge.scopes : scopesIn(resource?.scopes_supported?.join(' ')).slice(0, LIMITS.scopesMax);
    return { provider: provider.data, resource: resource?.resource ?? asked.serverUrl, scopes };
  } catch (cause) {
    // What other people's metadata says stays out of records: the kind of failure is enough.
    throw cause instanceof SallyportError ? cause : refused(server, `discovery: ${cause instanceof Error ? cause.name : 'failed'}`, cause);
  }
}

type ResourceMetadata = Awaited<ReturnType<typeof discoverOAuthProtectedResourceMetadata>>;

/** Servers of 2025-03-26 have no such metadata: their origin is the issuer. `undefined` only where the server says "not found". */
async function readResource({ serverUrl, challenge, fetch, server }: Discovery): Promise<ResourceMetadata | undefined> {
  let status = 0;
  const watched: OAuthFetch = async (input, init) => {
    const response = await fetch(input, init);
    ({ status } = response);
    return response;
  };
  let metadata: ResourceMetadata;
  try {
    const where = challenge.resourceMetadata === undefined ? {} : { resourceMetadataUrl: challenge.resourceMetadata };
    metadata = await discoverOAuthProtectedResourceMetadata(serverUrl, where, watched);
  } catch (cause) {
    if (status === 404 && challenge.resourceMetadata === undefined) return undefined;
    throw cause;
  }
  // Metadata about something else would get tokens for something else (RFC 9728, section 3.3).
  if (!checkResourceAllowed({ requestedResource: serverUrl, configuredResource: metadata.resource })) {
    throw refused(server, 'the protected resource metadata is about another resource');
  }
  return metadata;
}
