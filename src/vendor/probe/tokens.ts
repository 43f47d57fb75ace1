import { generateKeyPairSync, sign } from 'node:crypto';

/** What a token of ours would say if it were one of the issuer's. */
export interface Claims {
  readonly issuer: string;
  readonly audience: string;
  /** Epoch ms. */
  readonly now: number;
}

/** A token that says it needs no signature (RFC 7515, `none`). */
export function unsignedToken(claims: Claims): string {
  return `${part({ alg: 'none', typ: 'at+jwt' })}.${part(bodyOf(claims))}.`;
}

/** A token that is signed well, by a key that was made for it. */
export function forgedToken(claims: Claims): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const text = `${part({ alg: 'ES256', typ: 'at+jwt', kid: 'sallyport-probe' })}.${part(bodyOf(claims))}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

function bodyOf({ issuer, audience, now }: Claims): object {
  const at = Math.floor(now / 1000);
  return { iss: issuer, aud: audience, sub: 'sallyport-vendor-probe', client_id: 'sallyport-vendor-probe', iat: at, exp: at + 600, jti: crypto.randomUUID() };
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
