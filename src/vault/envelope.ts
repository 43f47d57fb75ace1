import { armor, Decrypter, Encrypter } from 'age-encryption';
import { SallyportError } from '../domain/errors.ts';
import type { VaultKey } from './identity.ts';

/*
 * Texts whose truth is vouched for elsewhere (a signature over their digest) need no vouching here: they are sealed for
 * the vault's public key alone, which works while the vault is locked.
 */

/** An armored age file for a recipient (`age1…`). */
export async function sealFor(recipient: string, text: string): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return armor.encode(await encrypter.encrypt(text));
}

/** Throws `ERR_VAULT_SEAL` for what this key does not open. Who called checks that it is what it should be. */
export async function openEnvelope(key: VaultKey, sealed: string): Promise<string> {
  try {
    const decrypter = new Decrypter();
    decrypter.addIdentity(key.unseal);
    return await decrypter.decrypt(armor.decode(sealed), 'text');
  } catch {
    // The cause could repeat what was inside.
    throw new SallyportError('ERR_VAULT_SEAL', 'a sealed text is damaged, or is sealed for another key', {
      remedy: 'Restore a backup, or the key that it was sealed for.',
    });
  }
}

/** Whether a text is sealed already. */
export function isSealed(text: string): boolean {
  return text.startsWith('-----BEGIN AGE ENCRYPTED FILE-----');
}
