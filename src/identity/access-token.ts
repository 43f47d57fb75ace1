import { TOKEN_ALGORITHMS, type Issuer } from '../domain/issuer.ts';
import { LIMITS } from '../domain/limits.ts';
import { readClaims, type Vouched } from './claims.ts';
import { digestOf, invalidToken, type Credential } from './credential.ts';
import { settingsOf } from './document.ts';
import { findKey, type IssuerKeys, type KeySet } from './jwks.ts';
import { decodeJwt, isSignedBy, type Jwt } from './jws.ts';

/** What was verified, and by which keys: a rotation verifies anew. */
interface Verified {
  readonly vouched: Vouched;
  readonly by: KeySet;
}

/** JWT access tokens (RFC 9068) of the issuers that a snapshot allows. */
export interface AccessTokens {
  /** Throws, or rejects with, ERR_TOKEN_INVALID, ERR_TOKEN_LIFETIME, ERR_ISSUER_UNAVAILABLE. A promise only while keys are fetched. */
  verify(credential: Credential, issuers: ReadonlyMap<string, Issuer>, now: number): Vouched | Promise<Vouched>;
}

/**
 * Remembers what it verified, by the token's digest, until the token ends: a signature costs more than all other checks of
 * a call. Settings and keys that changed since are a reason to verify again; time, audience and revocation are not looked at here.
 */
export function createAccessTokens(keys: IssuerKeys): AccessTokens {
  const known = new Map<string, Verified>();
  const remember = (digest: string, verified: Verified): Vouched => {
    if (known.size >= LIMITS.verifiedTokensMax) known.clear();
    known.set(digest, verified);
    return verified.vouched;
  };
  return {
    verify(credential, issuers, now) {
      const { digest, token } = credential;
      const found = known.get(digest);
      if (found !== undefined && isStillGood(found, issuers, keys, now)) return found.vouched;
      known.delete(digest);
      const jwt = decodeJwt(token);
      if (jwt === undefined) throw invalidToken('not a JWT');
      const iss = jwt.claims['iss'];
      const issuer = typeof iss === 'string' ? issuers.get(iss) : undefined;
      if (issuer === undefined) throw invalidToken('issuer not allowed');
      const { algorithm, kid } = readHeader(jwt, issuer);
      const finish = (by: KeySet): Vouched => {
        const key = findKey(by, kid, algorithm);
        if (key === undefined) throw invalidToken('unknown key');
        if (!isSignedBy(key, algorithm, jwt)) throw invalidToken('signature');
        // Of what is signed, without the signature: anybody can write an ECDSA signature in a second way.
        return remember(digest, { vouched: readClaims(jwt.claims, issuer, digestOf(jwt.signed)), by });
      };
      const by = keys.lookUp(issuer, kid, algorithm, now);
      return by instanceof Promise ? by.then(finish) : finish(by);
    },
  };
}

function isStillGood({ vouched, by }: Verified, issuers: ReadonlyMap<string, Issuer>, keys: IssuerKeys, now: number): boolean {
  const issuer = issuers.get(vouched.issuer.issuer);
  if (issuer === undefined || (issuer !== vouched.issuer && settingsOf(issuer) !== settingsOf(vouched.issuer))) return false;
  return now < vouched.expiresAt && keys.current(issuer, now) === by;
}

/** Outside providers that write no type, or the general one, make access tokens all the same; `readClaims` tells other kinds apart. */
const TYPES = { own: ['at+jwt', 'application/at+jwt'], outside: ['at+jwt', 'application/at+jwt', 'jwt'] } as const;

/** RFC 8725 section 3: the algorithm is the configuration's to allow, extensions that we don't know are refused, and so is every other type. */
function readHeader({ header }: Jwt, issuer: Issuer): { readonly algorithm: (typeof TOKEN_ALGORITHMS)[number]; readonly kid: string | undefined } {
  const { alg, kid, typ, crit, b64 } = header;
  const algorithm = TOKEN_ALGORITHMS.find((one) => one === alg);
  if (algorithm === undefined || !issuer.algorithms.includes(algorithm)) throw invalidToken('algorithm not allowed');
  if (crit !== undefined || b64 !== undefined) throw invalidToken('critical extension');
  const type = typeof typ === 'string' ? typ.toLowerCase() : typ === undefined && !issuer.embedded ? 'jwt' : '';
  if (!(issuer.embedded ? TYPES.own : TYPES.outside).some((one) => one === type)) throw invalidToken('type');
  if (kid !== undefined && typeof kid !== 'string') throw invalidToken('unknown key');
  return { algorithm, kid };
}
