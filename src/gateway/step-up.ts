import type { AccessRequest, PolicyEngine, Possibility } from '../domain/decision.ts';
import type { Exchange } from '../domain/exchange.ts';
import type { Denial } from '../domain/verdict.ts';
import { needsOf, shortfallOf } from '../identity/scopes.ts';
import type { Objection } from './enforce.ts';

/**
 * What a better token would be allowed: such calls are listed, and refused with the way to that token, for a client that
 * learns nothing of them can't ask for it. What no token of the caller's would be allowed stays hidden.
 */

/** What an OAuth token is good for at most, whatever policy allows its holder; the dispatchers on the way count, too. */
export function scopeLacking({ principal, call, dispatchers = [], snapshot, space }: Exchange): Objection | undefined {
  if (principal.scopes === undefined) return undefined;
  const needs = needsOf([call, ...dispatchers.map(({ resource }) => ({ action: 'call_tool', resource }) as const)]);
  const shortfall = shortfallOf(principal.scopes, needs, snapshot.scopes.filter((grant) => grant.space === space));
  if (shortfall === undefined) return undefined;
  return {
    code: 'ERR_TOKEN_SCOPE', reason: 'This token lacks a scope for the call.', remedy: 'Ask for a token with the scopes of the challenge.',
    data: { scope: shortfall.scope },
  };
}

const BOUND = ['dpop', 'mtls'] as const;

/** The same request with a token that is bound to its holder; none for one that is. */
function proven(request: AccessRequest): readonly AccessRequest[] {
  const { principal } = request;
  return principal.proof === 'bearer' ? BOUND.map((proof) => ({ ...request, principal: { ...principal, proof } })) : [];
}

/** A denial by policy that a sender-constrained token would have been spared says so. */
export function orProof(denial: Denial, request: AccessRequest, engine: PolicyEngine): Denial {
  const isSpared = denial.code === 'ERR_POLICY_DENIED' && proven(request).some((one) => isAllowed(one, engine));
  if (!isSpared) return denial;
  return {
    ...denial, hidden: false, code: 'ERR_PROOF_REQUIRED', reason: 'Policy asks for a token that is bound to its holder.',
    remedy: 'Sign in with DPoP (RFC 9449) or a client certificate (RFC 8705), and call with that token; "sallyport connect" does it for clients that can\'t.',
  };
}

function isAllowed(request: AccessRequest, engine: PolicyEngine): boolean {
  const { outcome, errors } = engine.decide(request);
  return outcome === 'allow' && errors.length === 0;
}

/** What is possible for the caller, with this token or a bound one. */
export function possibleWithProof(request: AccessRequest, engine: PolicyEngine): Possibility {
  const possible = engine.possible(request);
  return possible === 'deny' ? (proven(request).map((one) => engine.possible(one)).find((one) => one !== 'deny') ?? 'deny') : possible;
}
