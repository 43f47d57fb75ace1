import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

/**
 * Sealed handles: session ids, request states, task ids. AES-256-GCM under a key that control hands to gateways, so that
 * every replica opens what any replica sealed; `binding` (purpose, principal, server …) is authenticated with it, so
 * that a handle is worth nothing to another principal, server or purpose.
 */
export interface Seal {
  seal(binding: string, text: string): string;
  /** As `seal`, but always the same for the same binding and text: for handles that clients compare, such as task ids. */
  sealStable(binding: string, text: string): string;
  /** The text, or undefined when it was not sealed by us with this binding. */
  open(binding: string, sealed: string): string | undefined;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

export function createSeal(key: Uint8Array): Seal {
  if (key.length !== 32) throw new RangeError('a seal key has 32 bytes');
  // A nonce made from all that is sealed repeats only where everything repeats (the idea of RFC 5297); its key is a key apart.
  const nonceKey = createHmac('sha256', key).update('sallyport/seal/nonce').digest();
  const sealWith = (iv: Buffer, binding: string, text: string): string => {
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(binding));
    return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url');
  };
  return {
    seal: (binding, text) => sealWith(randomBytes(IV_BYTES), binding, text),
    sealStable(binding, text) {
      const nonce = createHmac('sha256', nonceKey).update(JSON.stringify([binding, text])).digest();
      return sealWith(nonce.subarray(0, IV_BYTES), binding, text);
    },
    open(binding, sealed) {
      const box = Buffer.from(sealed, 'base64url');
      // Buffer skips what is not base64url: only the one spelling that we wrote is a handle of ours.
      if (box.length < IV_BYTES + TAG_BYTES || box.toString('base64url') !== sealed) return undefined;
      const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, IV_BYTES)).setAAD(Buffer.from(binding));
      decipher.setAuthTag(box.subarray(box.length - TAG_BYTES));
      try {
        return Buffer.concat([decipher.update(box.subarray(IV_BYTES, box.length - TAG_BYTES)), decipher.final()]).toString('utf8');
      } catch {
        return undefined;
      }
    },
  };
}
