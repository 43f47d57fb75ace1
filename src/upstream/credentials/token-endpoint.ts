import { createPrivateKey } from 'node:crypto';
import { importJWK, type JWK } from 'jose';
import {
  allowInsecureRequests, ClientSecretPost, customFetch, genericTokenEndpointRequest, None, PrivateKeyJwt,
  processGenericTokenEndpointResponse, ResponseBodyError, WWWAuthenticateChallengeError, type ClientAuth,
} from 'oauth4webapi';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { TokenClient } from '../../domain/server.ts';
import type { OAuthFetch } from '../guarded-fetch.ts';
import { refused } from './refused.ts';
import { scopesIn } from './scopes.ts';

/** A client as one authorization server knows it. */
export interface OAuthClient {
  readonly tokenUrl: string;
  readonly issuer?: string;
  readonly clientId: string;
  readonly secret?: string;
  readonly authentication?: TokenClient['authentication'];
}

export interface GrantRequest {
  readonly client: OAuthClient;
  readonly grantType: string;
  /** Empty values are left out. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly fetch: OAuthFetch;
  /** Whose token it is to be; for errors. */
  readonly server: string;
  readonly now: number;
}

/** A token as it was granted. `scopes` is what was granted, as far as the answer says it. */
export interface Grant {
  readonly token: string;
  readonly expiresAt: number;
  readonly scopes?: readonly string[];
  readonly refreshToken?: string;
  /** RFC 8693, section 2.2.1. */
  readonly issuedType?: string;
}

/** Assertions are for the issuer, not for one of its endpoints: one that leaks is then good nowhere else (RFC 7523, section 3). */
export function issuerOf({ tokenUrl, issuer }: Pick<OAuthClient, 'tokenUrl' | 'issuer'>): string {
  return issuer ?? new URL(tokenUrl).origin;
}

/**
 * One request to a token endpoint, by a certified client's rules. Throws `ERR_UPSTREAM_CREDENTIAL` (its `internal` is the
 * provider's error code and nothing else of its words) and what the guarded fetch throws.
 */
export async function requestGrant(request: GrantRequest): Promise<Grant> {
  const { client, server, now } = request;
  const as = { issuer: issuerOf(client), token_endpoint: client.tokenUrl };
  const self = { client_id: client.clientId };
  const parameters = Object.entries(request.parameters).filter(([, value]) => value !== '');
  try {
    const options = { [customFetch]: (url: string, init: object) => request.fetch(url, init), [allowInsecureRequests]: true };
    const response = await genericTokenEndpointRequest(as, self, await authenticationOf(client), request.grantType, parameters, options);
    // An ID-JAG is no access token: its type is `N_A` (RFC 8693, section 2.2.1).
    const answer = await processGenericTokenEndpointResponse(as, self, response, { recognizedTokenTypes: { n_a: () => undefined } });
    if (answer.token_type === 'dpop') throw refused(server, 'token type dpop');
    const lifeMs = Math.min((answer.expires_in ?? LIMITS.upstreamTokenMs / 1000) * 1000, LIMITS.upstreamTokenMsMax);
    return {
      token: answer.access_token,
      expiresAt: now + lifeMs,
      ...(answer.scope === undefined ? {} : { scopes: scopesIn(answer.scope) }),
      ...(answer.refresh_token === undefined ? {} : { refreshToken: answer.refresh_token }),
      ...(typeof answer['issued_token_type'] === 'string' ? { issuedType: answer['issued_token_type'] } : {}),
    };
  } catch (cause) {
    throw faultOf(cause, server);
  }
}

function faultOf(cause: unknown, server: string): SallyportError {
  if (cause instanceof SallyportError) return cause;
  if (cause instanceof ResponseBodyError) return refused(server, `refused: ${codeIn(cause.error)}`, cause);
  if (cause instanceof WWWAuthenticateChallengeError) return refused(server, 'refused: invalid_client', cause);
  return refused(server, cause instanceof Error ? `not a token response (${cause.name})` : 'not a token response', cause);
}

/** An error code is a word of the RFC's; anything longer is the provider's own text and may hold anything. */
function codeIn(text: string): string {
  return /^[a-z_]{1,40}$/.test(text) ? text : 'another error';
}

async function authenticationOf({ secret, authentication }: OAuthClient): Promise<ClientAuth> {
  if (secret === undefined) return None();
  if (authentication === 'private_key_jwt') return PrivateKeyJwt(await privateKeyOf(secret));
  return authentication === 'client_secret_post' ? ClientSecretPost(secret) : basic(secret);
}

/**
 * RFC 6749, section 2.3.1, escaping what its form encoding escapes and nothing more: servers that decode nothing, and there
 * are many, then still read names with dots and dashes.
 */
export function basic(secret: string): ClientAuth {
  return (_issuer, client, _body, headers) => {
    const encoded = `${formEncoded(client.client_id)}:${formEncoded(secret)}`;
    headers.set('authorization', `Basic ${Buffer.from(encoded).toString('base64')}`);
  };
}

function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}

const ALGORITHMS: Readonly<Record<string, string>> = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512', Ed25519: 'EdDSA' };

/** A private key written as JWK or as PEM (PKCS 8). Throws `ERR_UPSTREAM_CREDENTIAL`, never with a part of the key. */
async function privateKeyOf(text: string): Promise<{ readonly key: CryptoKey; readonly kid?: string }> {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- importJWK checks it
    const jwk = (text.trimStart().startsWith('{') ? JSON.parse(text) : createPrivateKey(text).export({ format: 'jwk' })) as JWK;
    const key = await importJWK(jwk, jwk.alg ?? ALGORITHMS[jwk.crv ?? ''] ?? 'RS256');
    if (key instanceof Uint8Array) throw new Error('a symmetric key');
    return { key, ...(jwk.kid === undefined ? {} : { kid: jwk.kid }) };
  } catch {
    throw new SallyportError('ERR_UPSTREAM_CREDENTIAL', 'The private key of a client is not usable.', {
      remedy: 'Give a private key as JWK, or as PEM (PKCS 8).', dispatched: false,
    });
  }
}
