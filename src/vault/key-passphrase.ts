import { rm } from 'node:fs/promises';
import { armor, Decrypter, Encrypter } from 'age-encryption';
import { SallyportError } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import { describeFile, readIdentities, readPrivateFile, writeIdentities, writePrivateFile } from './key-source.ts';
import type { KeySource } from './key-source.ts';

/**
 * The key in a file that a passphrase opens (age's scrypt recipient). `passphrase` is asked each time and not kept; undefined:
 * nobody has said it yet, so the vault stays locked. Deriving takes about a second, on purpose.
 */
export function keyByPassphrase(path: string, passphrase: () => Promise<string | undefined>): KeySource {
  return {
    load: async () => {
      const sealed = await readPrivateFile(path);
      return sealed === undefined ? [] : readIdentities(await unwrap(sealed, await need(passphrase)));
    },
    save: async (identities) => {
      const encrypter = new Encrypter();
      encrypter.setPassphrase(checkStrength(await need(passphrase)));
      await writePrivateFile(path, armor.encode(await encrypter.encrypt(writeIdentities(identities))));
    },
    erase: () => rm(path, { force: true }),
    describe: () => describeFile(path),
  };
}

async function unwrap(sealed: string, passphrase: string): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    return await decrypter.decrypt(armor.decode(sealed), 'text');
  } catch {
    throw new SallyportError('ERR_VAULT_KEY', 'the passphrase does not open the vault\'s key', {
      remedy: 'Try again; if the file is damaged, restore its copy.',
    });
  }
}

async function need(passphrase: () => Promise<string | undefined>): Promise<string> {
  const given = await passphrase();
  if (given !== undefined) return given;
  throw new SallyportError('ERR_VAULT_LOCKED', 'the vault is locked: nobody has given its passphrase', {
    remedy: 'Give it with: sallyport vault unlock, or name a file that holds it in SALLYPORT_VAULT_PASSPHRASE_FILE.',
  });
}

function checkStrength(passphrase: string): string {
  if (passphrase.length >= LIMITS.passphraseCharsMin) return passphrase;
  throw new SallyportError('ERR_REQUEST_INVALID', `the passphrase has fewer than ${LIMITS.passphraseCharsMin} characters`, {
    remedy: 'Take five or more random words.',
  });
}
