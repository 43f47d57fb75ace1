import { constants, createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import type { TokenAlgorithm } from '../domain/issuer.ts';
import { isObject, type Json, type JsonObject } from '../domain/json.ts';

/** A JWT in its one compact form (RFC 7515 section 7.1), decoded and not yet verified. */
export interface Jwt {
  readonly header: JsonObject;
  readonly claims: JsonObject;
  /** What is signed. */
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/** Undefined for whatever is no JWT in exactly one spelling: padding, stray bits and foreign characters are refused. */
export function decodeJwt(text: string): Jwt | undefined {
  const body = decodeBody(text);
  const header = body === undefined ? undefined : decodeObject(body.head);
  return body === undefined || header === undefined ? undefined : { ...body, header };
}

/** A JWT whose header is left as it came: proofs of one client all have the same. */
export function decodeBody(text: string): (Omit<Jwt, 'header'> & { readonly head: string }) | undefined {
  const [head, second, third, ...rest] = text.split('.');
  if (head === undefined || second === undefined || third === undefined || rest.length > 0) return undefined;
  const [claims, signature] = [decodeObject(second), decodeBytes(third)];
  if (claims === undefined || signature === undefined) return undefined;
  return { head, claims, signed: Buffer.from(text.slice(0, head.length + 1 + second.length)), signature };
}

/** A segment that is a JSON object in base64url. */
export function decodeObject(segment: string): JsonObject | undefined {
  const bytes = decodeBytes(segment);
  if (bytes === undefined) return undefined;
  try {
    const value: Json = JSON.parse(UTF8.decode(bytes));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeBytes(segment: string): Buffer | undefined {
  const bytes = Buffer.from(segment, 'base64url');
  return bytes.toString('base64url') === segment ? bytes : undefined;
}

/** A public key and the algorithms that it may verify: one key, never two kinds of signature by the token's own choice. */
export interface VerificationKey {
  readonly kid: string | undefined;
  readonly algorithms: readonly TokenAlgorithm[];
  readonly key: KeyObject;
}

const RSA_BITS = { min: 2048, max: 8192 } as const;
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth'];

/**
 * A JWK as a key (RFC 7517); undefined when it is not one that we take: symmetric, for encryption, too short, or with its
 * private half in it, which everybody then has.
 */
export function importJwk(jwk: JsonObject): VerificationKey | undefined {
  if (PRIVATE_MEMBERS.some((member) => member in jwk)) return undefined;
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig') return undefined;
  if (Array.isArray(jwk['key_ops']) && !jwk['key_ops'].includes('verify')) return undefined;
  const material = materialOf(jwk);
  if (material === undefined) return undefined;
  try {
    const key = createPublicKey({ key: material, format: 'jwk' });
    const fits = algorithmsOf(key).filter((algorithm) => jwk['alg'] === undefined || jwk['alg'] === algorithm);
    return fits.length === 0 ? undefined : { kid: typeof jwk['kid'] === 'string' ? jwk['kid'] : undefined, algorithms: fits, key };
  } catch {
    return undefined;
  }
}

/** RFC 7638: SHA-256 over the members that make the key, in their order; undefined where `importJwk` is. */
export function thumbprintOf(jwk: JsonObject): string | undefined {
  const material = materialOf(jwk);
  return material === undefined ? undefined : createHash('sha256').update(JSON.stringify(material)).digest('base64url');
}

/** The members that make the key, in the order of RFC 7638; nothing else of a JWK reaches the runtime's parser. */
function materialOf({ kty, crv, x, y, n, e }: JsonObject): Record<string, string> | undefined {
  if (kty === 'EC' && typeof crv === 'string' && typeof x === 'string' && typeof y === 'string') return { crv, kty, x, y };
  if (kty === 'OKP' && typeof crv === 'string' && typeof x === 'string') return { crv, kty, x };
  if (kty === 'RSA' && typeof n === 'string' && typeof e === 'string') return { e, kty, n };
  return undefined;
}

function algorithmsOf(key: KeyObject): readonly TokenAlgorithm[] {
  const details = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'ed25519') return ['EdDSA'];
  if (key.asymmetricKeyType === 'ec') return details.namedCurve === 'prime256v1' ? ['ES256'] : details.namedCurve === 'secp384r1' ? ['ES384'] : [];
  const bits = details.modulusLength ?? 0;
  return key.asymmetricKeyType === 'rsa' && bits >= RSA_BITS.min && bits <= RSA_BITS.max ? ['RS256', 'PS256'] : [];
}

const SIGNATURES: Readonly<Record<TokenAlgorithm, (key: KeyObject, signed: Buffer, signature: Buffer) => boolean>> = {
  EdDSA: (key, signed, signature) => verify(null, signed, key, signature),
  ES256: (key, signed, signature) => signature.length === 64 && verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature),
  ES384: (key, signed, signature) => signature.length === 96 && verify('sha384', signed, { key, dsaEncoding: 'ieee-p1363' }, signature),
  RS256: (key, signed, signature) => verify('sha256', signed, { key, padding: constants.RSA_PKCS1_PADDING }, signature),
  PS256: (key, signed, signature) => verify('sha256', signed, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }, signature),
};

/** Whether `algorithm` is one of the key's and the signature is its (RFC 7518 section 3). Never throws. */
export function isSignedBy({ key, algorithms }: VerificationKey, algorithm: TokenAlgorithm, { signed, signature }: Pick<Jwt, 'signed' | 'signature'>): boolean {
  try {
    return algorithms.includes(algorithm) && SIGNATURES[algorithm](key, signed, signature);
  } catch {
    return false;
  }
}
