import type { ErrorCode } from '../domain/errors.ts';
import type { Route } from '../domain/inbound.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { metadataOf, metadataUriOf } from './metadata.ts';
import { PROOF_ALGORITHMS } from './proof.ts';
import { nameOf } from './scopes.ts';

/** What was refused, and how: the parts that a challenge may tell. */
export interface Refusal {
  readonly code: ErrorCode;
  /** ERR_TOKEN_SCOPE: all scopes to ask for. */
  readonly scope?: string;
  /** The scheme that the client spoke; without a header, bearer. */
  readonly scheme: 'bearer' | 'dpop';
}

/** RFC 6750 section 3.1, RFC 9449 section 7.1 and 9, RFC 9470 section 3. A missing token gets none. */
const ERRORS: Partial<Record<ErrorCode, string>> = {
  ERR_TOKEN_SCOPE: 'insufficient_scope',
  ERR_TOKEN_ZONE: 'insufficient_user_authentication',
  ERR_PROOF_NONCE: 'use_dpop_nonce',
  ERR_PROOF_INVALID: 'invalid_dpop_proof',
};

/**
 * The `WWW-Authenticate` of a refusal (RFC 9110 section 11.6.1; MCP 2026-07-28 basic/authorization). Bearer stands first: clients
 * that know one scheme read the first. What is wrong with a token is told in the RFC's word and no other.
 */
export function challengeOf(refusal: Refusal, route: Route | undefined, snapshot: Snapshot | undefined): string {
  const { code, scheme } = refusal;
  const realm = route === undefined ? 'sallyport' : `${route.kind}:${route.name}`;
  const error = code === 'ERR_TOKEN_MISSING' ? undefined : (ERRORS[code] ?? 'invalid_token');
  const hasIssuer = route !== undefined && snapshot !== undefined && metadataOf(route, snapshot) !== undefined;
  const shared = [
    `realm="${realm}"`,
    ...(error === undefined ? [] : [`error="${error}"`]),
    ...(hasIssuer ? [`resource_metadata="${metadataUriOf(route, snapshot.network)}"`] : []),
    ...scopeOf(refusal, route, snapshot),
    // Signed in anew: from where the token was used first, its own age is no proof of that.
    ...(code === 'ERR_TOKEN_ZONE' ? ['max_age="0"'] : []),
  ].join(', ');
  const bearer = `Bearer ${shared}`;
  if (!hasIssuer && scheme === 'bearer') return bearer;
  const dpop = `DPoP ${shared}, algs="${PROOF_ALGORITHMS.join(' ')}"`;
  // Who proves possession is answered in that scheme alone (RFC 9449 section 7.1): Bearer would invite a downgrade.
  return scheme === 'dpop' ? dpop : `${bearer}, ${dpop}`;
}

/** A first sign-in asks for reading and no more; what else a call needs is asked for when it is needed. */
function scopeOf({ code, scope }: Refusal, route: Route | undefined, snapshot: Snapshot | undefined): readonly string[] {
  if (code === 'ERR_TOKEN_SCOPE') return scope === undefined ? [] : [`scope="${scope}"`];
  if (code !== 'ERR_TOKEN_MISSING' || route?.kind !== 'server' || snapshot === undefined) return [];
  const asks = snapshot.issuers.some((issuer) => issuer.scopes === 'required' && issuer.spaces.includes(route.space));
  if (!asks) return [];
  return [`scope="${nameOf({ server: route.name, effect: 'read' }, snapshot.scopes.filter(({ space }) => space === route.space))}"`];
}
