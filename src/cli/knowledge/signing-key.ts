import { createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { lstat, readFile } from 'node:fs/promises';
import { SallyportError } from '../../domain/errors.ts';

/** Reads a key that signs bundles: Ed25519, PKCS #8 PEM, and nobody's but its owner's to read. Throws `ERR_FILE_UNSAFE`. */
export async function readSigningKey(path: string): Promise<KeyObject> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isFile() !== true || (found.mode & 0o077) !== 0) {
    throw unsafe(`${path} is no plain file that its owner alone can read`, 'chmod 600, and replace a key that others could read.');
  }
  const key = keyOf(await readFile(path, 'utf8'));
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw unsafe(`${path} holds no Ed25519 key`, 'Make one: (umask 077; openssl genpkey -algorithm ed25519 -out knowledge.key)');
}

function keyOf(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    // The cause might repeat what is in the file.
    return undefined;
  }
}

function unsafe(message: string, remedy: string): SallyportError {
  return new SallyportError('ERR_FILE_UNSAFE', message, { remedy });
}
