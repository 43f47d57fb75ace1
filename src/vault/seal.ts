import { armor, Decrypter, Encrypter } from 'age-encryption';
import { SallyportError } from '../domain/errors.ts';
import { isArray, isObject } from '../domain/json.ts';
import type { Json } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { VaultKey } from './identity.ts';

/** Kinds of rows whose sealed texts are re-sealed when the vault's key changes. What is of no such kind cannot be sealed. */
export const SEALED_KINDS = ['secret', 'connection', 'registration', 'identity', 'retention-key', 'approval', 'quarantined'] as const;
export type SealedKind = (typeof SEALED_KINDS)[number];

/** Where a sealed text belongs: the kind of its row, then what tells it from every other (space, name, version). */
export type Bound = readonly [kind: SealedKind, ...place: readonly string[]];

/**
 * Seals small texts for the vault's key. What comes out is an armored age file: any age tool opens it with the key. It
 * is bound to its place and vouched for with the key, so that neither a swapped row nor one that somebody else sealed
 * for our public recipient is taken.
 */
export interface Sealer {
  /** Throws `ERR_VAULT_*`; `ERR_REQUEST_INVALID` above `LIMITS.secretBytesMax`. */
  seal(bound: Bound, value: string): Promise<string>;
  /** Throws `ERR_VAULT_SEAL` when it is not what was sealed for this place. */
  open(bound: Bound, sealed: string): Promise<string>;
}

const HEADER = '-----BEGIN AGE ENCRYPTED FILE-----';
/** What the payload, the file's own header and base64 add to the value, generously. */
const SEALED_CHARS_MAX = 4 * LIMITS.secretBytesMax;

export async function seal(key: VaultKey, bound: readonly string[], value: string): Promise<string> {
  if (Buffer.byteLength(value) > LIMITS.secretBytesMax) {
    throw new SallyportError('ERR_REQUEST_INVALID', `a secret has at most ${LIMITS.secretBytesMax} bytes`, { remedy: 'Keep large files elsewhere.' });
  }
  const proof = await crypto.subtle.sign('HMAC', key.vouch, vouchedFor(bound, value));
  const encrypter = new Encrypter();
  encrypter.addRecipient(key.recipient);
  const file = await encrypter.encrypt(JSON.stringify({ sallyport: 1, bound, value, proof: Buffer.from(proof).toString('base64url') }));
  return armor.encode(file);
}

export async function open(key: VaultKey, bound: readonly string[], sealed: string): Promise<string> {
  const found = await openPayload(key, sealed);
  if (JSON.stringify(found.bound) !== JSON.stringify(bound)) throw broken(bound);
  return found.value;
}

/** The same secret, bound to the same place, under another key. */
export async function reseal(from: VaultKey, to: VaultKey, sealed: string): Promise<string> {
  const { bound, value } = await openPayload(from, sealed);
  return seal(to, bound, value);
}

/** Every sealed text in a row's body replaced; the rest as it is. */
export async function replaceSealed(body: Json, replace: (sealed: string) => Promise<string>): Promise<Json> {
  if (typeof body === 'string') return body.startsWith(HEADER) ? replace(body) : body;
  if (isArray(body)) return Promise.all(body.map((item) => replaceSealed(item, replace)));
  if (!isObject(body)) return body;
  const entries = await Promise.all(Object.entries(body).map(async ([name, value]) => [name, await replaceSealed(value, replace)] as const));
  return Object.fromEntries(entries);
}

async function openPayload(key: VaultKey, sealed: string): Promise<{ readonly bound: readonly string[]; readonly value: string }> {
  const payload = await decrypt(key, sealed);
  const { bound, value, proof } = isObject(payload) ? payload : {};
  const place = isArray(bound) ? bound.filter((part) => typeof part === 'string') : [];
  if (typeof value !== 'string' || typeof proof !== 'string') throw broken(place);
  if (!(await crypto.subtle.verify('HMAC', key.vouch, Buffer.from(proof, 'base64url'), vouchedFor(place, value)))) throw broken(place);
  return { bound: place, value };
}

async function decrypt(key: VaultKey, sealed: string): Promise<Json> {
  if (sealed.length > SEALED_CHARS_MAX) throw broken([]);
  try {
    const decrypter = new Decrypter();
    decrypter.addIdentity(key.unseal);
    const plain = await decrypter.decrypt(armor.decode(sealed));
    const payload: Json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(plain));
    plain.fill(0);
    return payload;
  } catch {
    // Whatever was wrong with it: the cause could repeat what was inside.
    throw broken([]);
  }
}

/** JSON keeps the parts apart: no two different places and values have the same bytes. */
function vouchedFor(bound: readonly string[], value: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify([bound, value]));
}

function broken(bound: readonly string[]): SallyportError {
  return new SallyportError('ERR_VAULT_SEAL', 'a sealed value is not what was sealed here: it is damaged, was moved, or is sealed for another key', {
    remedy: 'Find out who wrote to the database; restore a backup, or set the secret again with: sallyport vault set',
    internal: bound.join('/'),
  });
}
