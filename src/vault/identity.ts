import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { SallyportError } from '../domain/errors.ts';

/** The vault's key as control holds it while it runs: key objects that cannot be read out again, never the text. */
export interface VaultKey {
  /** `age1…`: public; says which key something was sealed for. */
  readonly recipient: string;
  /** X25519, opens what is sealed for `recipient`. */
  readonly unseal: CryptoKey;
  /** HMAC-SHA-256. Anyone who knows the recipient can seal for it; only who has the key can vouch for what was sealed. */
  readonly vouch: CryptoKey;
}

/** A new age identity: `AGE-SECRET-KEY-1…`. */
export function makeIdentity(): Promise<string> {
  return generateX25519Identity();
}

/** The public half of an identity. Throws `ERR_VAULT_KEY` for what is none. */
export async function recipientOf(identity: string): Promise<string> {
  if (!IDENTITY.test(identity)) throw notAKey();
  try {
    return await identityToRecipient(identity);
  } catch {
    // The cause would repeat the key.
    throw notAKey();
  }
}

const PREFIX = 'AGE-SECRET-KEY-1';
const IDENTITY = /^AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}$/;

/** Turns an identity into key objects. Throws `ERR_VAULT_KEY`. */
export async function openIdentity(identity: string): Promise<VaultKey> {
  const recipient = await recipientOf(identity);
  const raw = rawKey(identity);
  try {
    const secret = Buffer.concat([PKCS8, raw]);
    const unseal = await crypto.subtle.importKey('pkcs8', secret, { name: 'X25519' }, false, ['deriveBits']);
    secret.fill(0);
    const material = await crypto.subtle.importKey('raw', raw, 'HKDF', false, ['deriveKey']);
    const derivation = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(32), info: new TextEncoder().encode('sallyport/vault/vouch/v1') };
    const vouch = await crypto.subtle.deriveKey(derivation, material, { name: 'HMAC', hash: 'SHA-256', length: 256 }, false, ['sign', 'verify']);
    return { recipient, unseal, vouch };
  } finally {
    raw.fill(0);
  }
}

/** ASN.1 in front of the 32 bytes of an X25519 private key (RFC 8410, section 7). */
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');
/** Bech32's alphabet (BIP 173); the checksum was verified with the recipient. */
const ALPHABET = 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L';
const CHECKSUM_CHARS = 6;

function rawKey(identity: string): Uint8Array<ArrayBuffer> {
  const raw = new Uint8Array(32);
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const character of identity.slice(PREFIX.length, -CHECKSUM_CHARS)) {
    held = ((held << 5) | ALPHABET.indexOf(character)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    raw[at] = (held >> bits) & 0xff;
    at += 1;
  }
  return raw;
}

function notAKey(): SallyportError {
  return new SallyportError('ERR_VAULT_KEY', 'what is kept as the vault\'s key is no age X25519 identity', { remedy: 'Restore the key from its copy.' });
}
