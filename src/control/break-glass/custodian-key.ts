import { argon2, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { promisify } from 'node:util';
import { SallyportError } from '../../domain/errors.ts';

/** PKCS #8 and SPKI around a raw Ed25519 key (RFC 8410). */
const PRIVATE_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_HEAD = Buffer.from('302a300506032b6570032100', 'hex');

/** RFC 9106 section 4, second recommended option. */
const COST = { parallelism: 4, tagLength: 32, memory: 65_536, passes: 3 } as const;
const PASSPHRASE_MIN = 16;

const derive = promisify(argon2);

export interface CustodianKey {
  /** Raw, base64url: what control keeps. */
  readonly publicKey: string;
  readonly sign: (text: string) => string;
}

/**
 * The key pair that a passphrase comes to: nothing is kept but the salt and the public half, so there is nothing to steal and
 * nothing to lose. Throws `ERR_PASSWORD_WEAK` for a passphrase that is short: the public half lets whoever steals it guess at leisure.
 */
export async function deriveCustodianKey(passphrase: string, salt: string): Promise<CustodianKey> {
  const message = passphrase.normalize('NFC');
  if ([...new Intl.Segmenter().segment(message)].length < PASSPHRASE_MIN) {
    throw new SallyportError('ERR_PASSWORD_WEAK', `a custodian's passphrase has ${PASSPHRASE_MIN} characters or more`, { remedy: 'Take six random words.' });
  }
  const seed = Buffer.from(await derive('argon2id', { message: Buffer.from(message), nonce: Buffer.from(salt, 'base64url'), ...COST }));
  const key = createPrivateKey({ key: Buffer.concat([PRIVATE_HEAD, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(PUBLIC_HEAD.length).toString('base64url');
  return { publicKey, sign: (text) => sign(null, Buffer.from(text), key).toString('base64url') };
}

/** Never throws. */
export function isSignedByCustodian(publicKey: string, text: string, signature: string): boolean {
  try {
    const key = createPublicKey({ key: Buffer.concat([PUBLIC_HEAD, Buffer.from(publicKey, 'base64url')]), format: 'der', type: 'spki' });
    return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
}
