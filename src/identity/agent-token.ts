import { SallyportError } from '../domain/errors.ts';
import { REGISTRY_PRINCIPAL_ID, type Principal } from '../domain/principal.ts';
import type { AgentToken } from '../domain/snapshot.ts';
import { invalidToken } from './credential.ts';

/** The index that agent tokens are looked up in: by hash, so that neither the gate nor its memory image holds one. */
export function indexTokens(tokens: readonly AgentToken[]): ReadonlyMap<string, AgentToken> {
  return new Map(tokens.map((token) => [token.hash, token]));
}

/** Hex SHA-256, as stored, of a base64url digest. */
export function hashOf(digest: string): string {
  return Buffer.from(digest, 'base64url').toString('hex');
}

/**
 * Agent token → Principal. `audience` is the route as these tokens name it: `/mcp/<server>` or `/mcp/t/<toolset>`.
 * Throws ERR_TOKEN_INVALID, _EXPIRED, _AUDIENCE.
 */
export function readAgentToken(token: AgentToken | undefined, space: string, audience: string, now: number): Principal {
  if (token === undefined || token.space !== space) throw invalidToken('unknown token');
  if (now >= token.expiresAt) throw expiredToken();
  if (now < token.issuedAt - CLOCK_SKEW_MS) throw invalidToken('issued in the future');
  if (!token.audience.includes(audience) && !token.audience.includes('*')) throw otherAudience(audience);
  const id = `sallyport|${token.subject}`;
  // Our own workload's requests never were on a network: whoever comes with its name and a token is somebody else.
  if (id === REGISTRY_PRINCIPAL_ID) throw invalidToken('the registry\'s name');
  return {
    id,
    kind: token.kind,
    space: token.space,
    groups: token.groups,
    agent: token.agent,
    actors: [],
    proof: 'bearer',
    tokenAgeMs: now - token.issuedAt,
    expiresAt: token.expiresAt,
    credential: token.id,
  };
}

const CLOCK_SKEW_MS = 60_000;

export function expiredToken(): SallyportError {
  return new SallyportError('ERR_TOKEN_EXPIRED', 'This token has expired.', { remedy: 'Ask for a new token.' });
}

export function otherAudience(audience: string): SallyportError {
  return new SallyportError('ERR_TOKEN_AUDIENCE', 'This token is for another route.', { remedy: `Ask for a token whose audience has ${audience}.` });
}
