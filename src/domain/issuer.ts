import type { JsonObject } from './json.ts';
import type { Effect } from './server.ts';

export const TOKEN_ALGORITHMS = ['EdDSA', 'ES256', 'ES384', 'RS256', 'PS256'] as const;
/** Signatures that a token or proof may have; `none` and every symmetric one are never among them. */
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number];

/** An issuer whose access tokens the gate takes. Membership is the allow-list (invariant 3). */
export interface Issuer {
  /** Compared character by character with `iss`. */
  readonly issuer: string;
  /** The spaces whose routes its tokens may open. */
  readonly spaces: readonly string[];
  /** Audiences taken besides the route's own canonical URI (RFC 8707), for providers that know one audience for a whole API. */
  readonly audience: readonly string[];
  /** The embedded issuer's keys travel in the snapshot; others are fetched. */
  readonly jwks?: JsonObject;
  /** Absent: found through the issuer's metadata (RFC 8414, OpenID Connect Discovery). */
  readonly jwksUri?: string;
  readonly algorithms: readonly TokenAlgorithm[];
  /** A token that lives longer (`exp` - `iat`) is refused. */
  readonly tokenLifetimeMaxMs: number;
  /** Claims: whose groups, which client, which space (default `groups`; `client_id`, then `azp`; none). */
  readonly groupsClaim: string;
  readonly clientClaim: string;
  /** `ignored`: the provider gives none that mean anything here, so policy alone decides. */
  readonly scopes: 'required' | 'ignored';
  /** Claims that must have exactly these values: binds an issuer to one environment or tenant. */
  readonly claims: Readonly<Record<string, string>>;
  /** Opaque tokens are asked about here (RFC 7662), by this client. */
  readonly introspection?: { readonly endpoint: string; readonly clientId: string; readonly secret: string };
  /** Whether its address may lie in a private network. */
  readonly allowPrivate: boolean;
  readonly embedded: boolean;
}

/** A scope of the company's own, and what it stands for. Built in: `<server>.<effect>`, and `<server>` for every effect of it. */
export interface ScopeGrant {
  readonly scope: string;
  readonly space: string;
  readonly allow: readonly { readonly server: string; readonly effects: '*' | readonly Effect[] }[];
}
