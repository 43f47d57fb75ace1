import { createHash } from 'node:crypto';
import { SallyportError } from '../domain/errors.ts';
import { REGISTRY_PRINCIPAL_ID, type Principal } from '../domain/principal.ts';
import type { AgentToken } from '../domain/snapshot.ts';

/** What the gateway knows of tokens: by hash, so that neither it nor its memory image holds one. */
export interface Tokens {
  readonly byHash: ReadonlyMap<string, AgentToken>;
  /** Ids of credentials that were revoked; outside the snapshot, checked on every message. */
  readonly revoked: ReadonlySet<string>;
}

const SCHEME = /^Bearer ([A-Za-z0-9._~+/=-]{16,4096})$/;
const REMEDY = 'Send "Authorization: Bearer <token>"; make a token with "sallyport agent create".';

/**
 * Token → Principal (RFC 6750 section 2.1; the header only, never the query or the body).
 * `audience` is the route asked for, as tokens name it: `/mcp/<server>` or `/mcp/t/<toolset>`.
 * Throws ERR_TOKEN_MISSING, _INVALID, _EXPIRED, _AUDIENCE, _REVOKED; no message says more than the code does.
 */
export function authenticate(authorization: string | null, space: string, audience: string, tokens: Tokens, now: number): Principal {
  if (authorization === null) throw new SallyportError('ERR_TOKEN_MISSING', 'This route needs a token.', { remedy: REMEDY });
  const presented = SCHEME.exec(authorization)?.[1];
  if (presented === undefined) throw invalid();
  // Looking a digest up tells nothing about the token by its timing: the attacker can't steer SHA-256 towards a stored one.
  const token = tokens.byHash.get(createHash('sha256').update(presented).digest('hex'));
  if (token === undefined || token.space !== space) throw invalid();
  if (tokens.revoked.has(token.id)) throw new SallyportError('ERR_TOKEN_REVOKED', 'This token was revoked.', { remedy: 'Ask for a new token.' });
  if (now >= token.expiresAt) throw new SallyportError('ERR_TOKEN_EXPIRED', 'This token has expired.', { remedy: 'Ask for a new token.' });
  if (now < token.issuedAt - CLOCK_SKEW_MS) throw invalid();
  if (!token.audience.includes(audience) && !token.audience.includes('*')) {
    throw new SallyportError('ERR_TOKEN_AUDIENCE', 'This token is for another route.', { remedy: `Ask for a token whose audience has ${audience}.` });
  }
  const id = `sallyport|${token.subject}`;
  // Our own workload's requests never were on a network: whoever comes with its name and a token is somebody else.
  if (id === REGISTRY_PRINCIPAL_ID) throw invalid();
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

function invalid(): SallyportError {
  return new SallyportError('ERR_TOKEN_INVALID', 'This token is not valid here.', { remedy: REMEDY });
}

/** The index that `authenticate` looks in; built once per snapshot. */
export function indexTokens(agents: readonly AgentToken[]): ReadonlyMap<string, AgentToken> {
  return new Map(agents.map((token) => [token.hash, token]));
}
