import { Decrypter, Encrypter } from 'age-encryption';
import { SallyportError } from '../domain/errors.ts';
import type { VaultKey } from './identity.ts';

/*
 * Whole files, sealed as small texts are (`seal.ts`): an age file that any age tool opens with the key, bound to its place, and vouched
 * for with the key, so that what somebody else sealed for our public recipient, or took from elsewhere, is not taken for ours.
 */

const NEWLINE = 0x0a;

export async function sealBytes(key: VaultKey, bound: readonly string[], bytes: Uint8Array): Promise<Uint8Array> {
  const proof = Buffer.from(await crypto.subtle.sign('HMAC', key.vouch, vouchedFor(bound, bytes))).toString('base64url');
  const encrypter = new Encrypter();
  encrypter.addRecipient(key.recipient);
  return encrypter.encrypt(Buffer.concat([Buffer.from(`${JSON.stringify({ sallyport: 1, proof })}\n`), bytes]));
}

/** Throws `ERR_VAULT_SEAL` when it is not what was sealed for this place with this key. */
export async function openBytes(key: VaultKey, bound: readonly string[], sealed: Uint8Array): Promise<Uint8Array> {
  const plain = await decrypt(key, sealed);
  const end = plain?.indexOf(NEWLINE) ?? -1;
  if (plain === undefined || end < 0) throw broken();
  const proof = /^\{"sallyport":1,"proof":"([\w-]{43})"\}$/.exec(Buffer.from(plain.subarray(0, end)).toString('latin1'))?.[1];
  const bytes = plain.slice(end + 1);
  if (proof === undefined || !(await crypto.subtle.verify('HMAC', key.vouch, Buffer.from(proof, 'base64url'), vouchedFor(bound, bytes)))) throw broken();
  return bytes;
}

async function decrypt(key: VaultKey, sealed: Uint8Array): Promise<Uint8Array | undefined> {
  try {
    const decrypter = new Decrypter();
    decrypter.addIdentity(key.unseal);
    return await decrypter.decrypt(sealed);
  } catch {
    // The cause could repeat what was inside.
    return undefined;
  }
}

/** JSON has no line break of its own: no two different places and contents have the same bytes. */
function vouchedFor(bound: readonly string[], bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat([Buffer.from(`${JSON.stringify(bound)}\n`), bytes]));
}

function broken(): SallyportError {
  return new SallyportError('ERR_VAULT_SEAL', 'what was kept of a file is damaged, was moved, or is sealed for another key', {
    remedy: 'Restore its copy, or the key that it was sealed for.',
  });
}
