import { SallyportError } from '../domain/errors.ts';
import type { TokenAlgorithm } from '../domain/issuer.ts';
import { isObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { digestOf } from './credential.ts';
import { decodeBody, decodeObject, importJwk, isSignedBy, thumbprintOf, type VerificationKey } from './jws.ts';

/** Algorithms of proofs: one per kind of key, so that a client has no choice that matters. */
export const PROOF_ALGORITHMS: readonly TokenAlgorithm[] = ['ES256', 'EdDSA', 'ES384', 'RS256', 'PS256'];

/** What a DPoP proof must be about. */
export interface ProofContext {
  readonly method: string;
  /** The canonical URIs under which this route may be called. */
  readonly uris: readonly string[];
  /** Digest of the access token: `ath`. */
  readonly ath: string;
  /** The thumbprint that the token is bound to. */
  readonly jkt: string;
  readonly now: number;
}

/** A proof whose signature holds; whether it is new is the nonce keeper's to say. */
export interface Proof {
  readonly nonce: string;
  /** Digest of key and `jti`: what is remembered of it. */
  readonly id: string;
}

interface ProofHeader {
  readonly algorithm: TokenAlgorithm;
  readonly key: VerificationKey;
  readonly jkt: string;
}

export interface Proofs {
  /**
   * Checks a proof as RFC 9449 section 4.3 lists it, but for whether its nonce is one of ours and it comes for the first time.
   * Throws ERR_PROOF_INVALID, ERR_PROOF_NONCE.
   */
  check(header: string | null, context: ProofContext): Proof;
}

const WINDOW_MS = 5 * 60_000;

export function createProofs(): Proofs {
  // A client's header is the same in all its proofs; reading a key costs as much as the rest of a check without the signature.
  const headers = new Map<string, ProofHeader>();
  const headerOf = (segment: string): ProofHeader => {
    const known = headers.get(segment);
    if (known !== undefined) return known;
    const header = readHeader(segment);
    if (headers.size >= LIMITS.proofKeysMax) headers.clear();
    headers.set(segment, header);
    return header;
  };
  return {
    check(header, context) {
      if (header === null) throw invalidProof('no proof');
      if (header.length > LIMITS.proofLengthMax) throw invalidProof('too long');
      const jwt = decodeBody(header);
      if (jwt === undefined) throw invalidProof('not one JWT');
      const { algorithm, key, jkt } = headerOf(jwt.head);
      if (jkt !== context.jkt) throw invalidProof('another key than the token\'s');
      const { htm, htu, iat, jti, ath, nonce } = jwt.claims;
      if (htm !== context.method) throw invalidProof('htm');
      if (typeof htu !== 'string' || !isSameUri(htu, context.uris)) throw invalidProof('htu');
      if (typeof iat !== 'number' || Math.abs(context.now - iat * 1000) > WINDOW_MS) throw invalidProof('iat');
      if (ath !== context.ath) throw invalidProof('ath');
      if (typeof jti !== 'string' || jti.length < 8 || jti.length > LIMITS.nameLengthMax) throw invalidProof('jti');
      if (!isSignedBy(key, algorithm, jwt)) throw invalidProof('signature');
      if (typeof nonce !== 'string' || nonce === '') throw nonceNeeded('no nonce');
      return { nonce, id: digestOf(`${jkt}|${jti}`) };
    },
  };
}

function readHeader(segment: string): ProofHeader {
  const { typ, alg, jwk, crit, b64 } = decodeObject(segment) ?? {};
  if (typ !== 'dpop+jwt') throw invalidProof('type');
  const algorithm = PROOF_ALGORITHMS.find((one) => one === alg);
  if (algorithm === undefined) throw invalidProof('algorithm not allowed');
  if (crit !== undefined || b64 !== undefined) throw invalidProof('critical extension');
  const key = isObject(jwk) ? importJwk(jwk) : undefined;
  const jkt = isObject(jwk) ? thumbprintOf(jwk) : undefined;
  if (key === undefined || jkt === undefined) throw invalidProof('key');
  return { algorithm, key, jkt };
}

/** RFC 9449 section 4.3 step 9: without query and fragment, after the normalisation of RFC 3986 section 6.2.2 and .3. */
function isSameUri(htu: string, uris: readonly string[]): boolean {
  if (uris.includes(htu)) return true;
  if (!URL.canParse(htu)) return false;
  const { origin, pathname, username, password } = new URL(htu);
  return username === '' && password === '' && uris.includes(origin + pathname);
}

export function invalidProof(internal: string): SallyportError {
  return new SallyportError('ERR_PROOF_INVALID', 'The proof of possession is not valid here.', {
    remedy: 'Send a DPoP proof (RFC 9449) for this request, made with the key that the token is bound to.', internal,
  });
}

export function nonceNeeded(internal: string): SallyportError {
  return new SallyportError('ERR_PROOF_NONCE', 'The proof of possession needs a nonce of this gate.', {
    remedy: 'Make the proof anew, with the nonce of the DPoP-Nonce header.', internal,
  });
}
