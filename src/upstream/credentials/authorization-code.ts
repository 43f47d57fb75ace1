import {
  exchangeAuthorization, IssuerMismatchError, OAuthError, refreshAuthorization, registerClient, startAuthorization, validateAuthorizationResponseIssuer,
} from '@modelcontextprotocol/client';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { isLoopbackHost } from '../../domain/loopback.ts';
import type { OAuthFetch } from '../guarded-fetch.ts';
import { CLIENT, type Provider, type ProviderClient } from './provider.ts';
import { refused } from './refused.ts';
import { scopesIn } from './scopes.ts';
import type { Grant } from './token-endpoint.ts';

/** One person's way through one provider for one server. */
export interface Authorization {
  readonly provider: Provider;
  readonly client: ProviderClient;
  readonly resource: string;
  readonly server: string;
}

/** Where the person's browser goes, and what proves later that the code came of it (RFC 7636). */
export interface Begun {
  readonly url: string;
  readonly verifier: string;
}

/** The authorization request: code, PKCE S256, state, resource (RFC 8707). Throws `ERR_UPSTREAM_CREDENTIAL`. */
export async function beginAuthorization(
  { provider, client, resource, server }: Authorization, redirectUrl: string, scopes: readonly string[], state: string,
): Promise<Begun> {
  // A browser is sent there: nothing but a web page may be opened.
  if (!isBrowsable(provider.authorization_endpoint)) throw refused(server, 'the authorization endpoint is not at an https URL');
  const scope = scopes.join(' ');
  const { authorizationUrl, codeVerifier } = await startAuthorization(provider.issuer, {
    metadata: provider, clientInformation: client, redirectUrl, state, resource, ...(scope === '' ? {} : { scope }),
  });
  return { url: authorizationUrl.href, verifier: codeVerifier };
}

function isBrowsable(endpoint: string): boolean {
  const { protocol, hostname } = new URL(endpoint);
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
}

/** RFC 9207: whose answer this is, compared as it stands. Throws `ERR_UPSTREAM_CREDENTIAL` before anything else of it is believed. */
export function checkIssuer({ provider, server }: Authorization, iss: string | undefined): void {
  const issParameterSupported = provider.authorization_response_iss_parameter_supported ?? false;
  try {
    validateAuthorizationResponseIssuer({ iss, expectedIssuer: provider.issuer, issParameterSupported });
  } catch (cause) {
    throw refused(server, 'the answer is not of the issuer that was asked', cause);
  }
}

export interface Redemption {
  readonly code: string;
  readonly iss: string | undefined;
  readonly verifier: string;
  readonly redirectUri: string;
  readonly fetch: OAuthFetch;
  readonly now: number;
}

export async function redeemCode(authorization: Authorization, { code, iss, verifier, redirectUri, fetch, now }: Redemption): Promise<Grant> {
  const { provider, client, resource, server } = authorization;
  try {
    const tokens = await exchangeAuthorization(provider.issuer, {
      metadata: provider, clientInformation: client, authorizationCode: code, codeVerifier: verifier, redirectUri, resource, fetchFn: fetch,
      ...(iss === undefined ? {} : { iss }),
    });
    return grantOf(tokens, server, now);
  } catch (cause) {
    throw faultOf(cause, server);
  }
}

/** `undefined`: the provider refuses this refresh token for good (used twice, revoked, expired): the person must connect again. */
export async function refreshGrant(
  { provider, client, resource, server }: Authorization, refreshToken: string, fetch: OAuthFetch, now: number,
): Promise<Grant | undefined> {
  try {
    const tokens = await refreshAuthorization(provider.issuer, { metadata: provider, clientInformation: client, refreshToken, resource, fetchFn: fetch });
    return grantOf(tokens, server, now);
  } catch (cause) {
    if (cause instanceof OAuthError && DEAD.has(cause.code)) return undefined;
    throw faultOf(cause, server);
  }
}

const DEAD: ReadonlySet<string> = new Set(['invalid_grant', 'unauthorized_client', 'invalid_client']);

export interface Registering {
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly fetch: OAuthFetch;
}

/** Dynamic registration (RFC 7591): a confidential client where the provider gives a secret. */
export async function registerAt(provider: Provider, server: string, { redirectUri, scopes, fetch }: Registering): Promise<ProviderClient> {
  const supported = provider.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
  const method = (['client_secret_basic', 'client_secret_post', 'none'] as const).find((one) => supported.includes(one)) ?? 'none';
  try {
    const scope = scopes.join(' ');
    const registered = await registerClient(provider.issuer, {
      metadata: provider,
      clientMetadata: { ...clientMetadata(redirectUri), token_endpoint_auth_method: method },
      ...(scope === '' ? {} : { scope }),
      fetchFn: fetch,
    });
    return CLIENT.parse(registered);
  } catch (cause) {
    throw cause instanceof SallyportError ? cause : refused(server, 'the issuer registers no client', cause);
  }
}

/** What the gate says of itself as a client, whichever way an issuer gets to know it. */
export function clientMetadata(redirectUri: string): {
  readonly client_name: string;
  readonly redirect_uris: string[];
  readonly grant_types: string[];
  readonly response_types: string[];
  readonly application_type: 'web' | 'native';
} {
  const { protocol, hostname } = new URL(redirectUri);
  return {
    client_name: 'Sallyport',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    // OpenID Connect registration: only native clients may come back to loopback.
    application_type: protocol === 'https:' && !isLoopbackHost(hostname) ? 'web' : 'native',
  };
}

type Tokens = Awaited<ReturnType<typeof exchangeAuthorization>>;

function grantOf(tokens: Tokens, server: string, now: number): Grant {
  if (tokens.token_type.toLowerCase() !== 'bearer') throw refused(server, 'a token type that is not Bearer');
  const lifeMs = Math.min((tokens.expires_in ?? LIMITS.upstreamTokenMsMax / 1000) * 1000, LIMITS.upstreamTokenMsMax);
  return {
    token: tokens.access_token,
    expiresAt: now + lifeMs,
    ...(tokens.scope === undefined ? {} : { scopes: scopesIn(tokens.scope) }),
    ...(tokens.refresh_token === undefined ? {} : { refreshToken: tokens.refresh_token }),
  };
}

function faultOf(cause: unknown, server: string): SallyportError {
  if (cause instanceof SallyportError) return cause;
  if (cause instanceof IssuerMismatchError) return refused(server, 'the answer is not of the issuer that was asked', cause);
  if (cause instanceof OAuthError) return refused(server, `refused: ${/^[a-z_]{1,40}$/.test(cause.code) ? cause.code : 'another error'}`, cause);
  return refused(server, `not a token response (${cause instanceof Error ? cause.name : 'failed'})`, cause);
}
