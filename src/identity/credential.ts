import { createHash } from 'node:crypto';
import { SallyportError } from '../domain/errors.ts';

/** What an `Authorization` header presents, before anything of it is believed. */
export interface Credential {
  readonly scheme: 'bearer' | 'dpop';
  readonly kind: 'agent' | 'jwt' | 'opaque';
  readonly token: string;
  /** Base64url SHA-256 of the token: the key of all memory of it, and the `ath` of a proof (RFC 9449 section 4.2). */
  readonly digest: string;
}

const AUTHORIZATION = /^(Bearer|DPoP) ([A-Za-z0-9._~+/=-]{16,8192})$/i;
const JWT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const AGENT_TOKEN = 'spa_';

const TOKEN_REMEDY = 'Send "Authorization: Bearer <token>": sign in at the issuer that the challenge names, or ask an administrator for an agent token.';

/**
 * Reads the one `Authorization` header (RFC 6750 section 2.1; the runtime joins repeated ones with a comma, which no
 * token has). Throws ERR_TOKEN_MISSING, ERR_TOKEN_INVALID.
 */
export function readCredential(authorization: string | null): Credential {
  if (authorization === null) throw new SallyportError('ERR_TOKEN_MISSING', 'This route needs a token.', { remedy: TOKEN_REMEDY });
  const match = AUTHORIZATION.exec(authorization);
  const [scheme, token] = [match?.[1], match?.[2]];
  if (scheme === undefined || token === undefined) throw invalidToken('malformed authorization');
  return {
    scheme: scheme.toLowerCase() === 'dpop' ? 'dpop' : 'bearer',
    kind: token.startsWith(AGENT_TOKEN) ? 'agent' : JWT.test(token) ? 'jwt' : 'opaque',
    token,
    digest: digestOf(token),
  };
}

/** Looking a digest up tells nothing about the token by its timing: the attacker can't steer SHA-256 towards a stored one. */
export function digestOf(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('base64url');
}

/**
 * What a record may say of a credential that was refused: enough to see that it is the same one again, and to find it when
 * its owner is asked, useless as a credential.
 */
export function fingerprintOf(authorization: string): string {
  const token = AUTHORIZATION.exec(authorization)?.[2] ?? authorization;
  return `sha256:${createHash('sha256').update(token).digest('hex').slice(0, 16)}`;
}

/** One public text for all that is wrong with a token before its issuer vouched for it: a forger learns nothing by trying. */
export function invalidToken(internal: string): SallyportError {
  return new SallyportError('ERR_TOKEN_INVALID', 'This token is not valid here.', { remedy: TOKEN_REMEDY, internal });
}
