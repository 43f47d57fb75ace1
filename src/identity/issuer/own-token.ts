import { createLocalJWKSet, jwtVerify, type JWTPayload } from 'jose';
import type { IssuerParts } from './parts.ts';

/** The claims of an unexpired access token of this very issuer; `undefined` for anything else. */
export async function readOwnToken(token: string, parts: Pick<IssuerParts, 'keys' | 'origin'>): Promise<JWTPayload | undefined> {
  const open = parts.keys.published.map(({ kid, jwk: { kty = '', crv = '', x = '', y = '' } }) => ({ kid, kty, crv, x, y, alg: 'ES256' }));
  const keys = createLocalJWKSet({ keys: open });
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: parts.origin, typ: 'at+jwt', algorithms: ['ES256'], requiredClaims: ['sub', 'aud', 'exp', 'iat', 'jti', 'client_id'],
    });
    return payload;
  } catch {
    return undefined;
  }
}
