import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { KnownSecrets } from '../../domain/known-secrets.ts';

/*
 * How secrets are known travels in snapshots, which others may read too (the store, its backups): it is sealed with what control and
 * gateways alone have, bound to its space. AES-256-GCM; a new nonce for each set.
 */

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Of the key that control gives gateways (32 bytes), for this use alone. */
export function knownKeyOf(secret: Uint8Array): Uint8Array {
  return createHmac('sha256', secret).update('sallyport/known-secrets').digest();
}

export function sealKnown(key: Uint8Array, space: string, known: KnownSecrets): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(space));
  return Buffer.concat([iv, cipher.update(gzipSync(JSON.stringify(known))), cipher.final(), cipher.getAuthTag()]).toString('base64url');
}

/** Throws where it was not sealed with this key for this space. */
export function openKnown(key: Uint8Array, space: string, sealed: string): KnownSecrets {
  const box = Buffer.from(sealed, 'base64url');
  const end = box.length - TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, IV_BYTES)).setAAD(Buffer.from(space)).setAuthTag(box.subarray(end));
  const plain = Buffer.concat([decipher.update(box.subarray(IV_BYTES, end)), decipher.final()]);
  // Nobody else can have sealed it.
  const known: KnownSecrets = JSON.parse(gunzipSync(plain).toString('utf8'));
  return known;
}
