import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { armor, Decrypter, Encrypter } from 'age-encryption';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';

/**
 * A new recovery key: the private half sealed by a passphrase (age's scrypt recipient, armoured), for a file of its owner's.
 * Throws `ERR_REQUEST_INVALID` for a short passphrase.
 */
export async function makeRecoveryKey(passphrase: string): Promise<{ readonly key: KeyObject; readonly sealed: string }> {
  if (passphrase.length < LIMITS.passphraseCharsMin) {
    throw new SallyportError('ERR_REQUEST_INVALID', `the passphrase has fewer than ${LIMITS.passphraseCharsMin} characters`, {
      remedy: 'Take five or more random words.',
    });
  }
  const { privateKey: key } = generateKeyPairSync('ed25519');
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  return { key, sealed: armor.encode(await encrypter.encrypt(key.export({ type: 'pkcs8', format: 'pem' }))) };
}

/** Throws `ERR_RECOVERY_ORDER` for a wrong passphrase and for what is no recovery key. */
export async function openRecoveryKey(sealed: string, passphrase: string): Promise<KeyObject> {
  const decrypter = new Decrypter();
  try {
    decrypter.addPassphrase(passphrase);
    const key = createPrivateKey(await decrypter.decrypt(armor.decode(sealed), 'text'));
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Told below; the cause might repeat what was typed.
  }
  throw new SallyportError('ERR_RECOVERY_ORDER', 'the passphrase does not open this recovery key', {
    remedy: 'Try again; the file is the one that `sallyport recovery key` wrote.',
  });
}
