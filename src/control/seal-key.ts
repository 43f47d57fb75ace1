import { randomBytes } from 'node:crypto';
import { openSecretFile } from './secret-file.ts';

const KEY_BYTES = 32;

/** The key under which gateways seal session ids and handles; made once, so that handles survive restarts of every role. */
export function openSealKey(file: string): Uint8Array {
  return Buffer.from(openSecretFile(file, () => randomBytes(KEY_BYTES).toString('base64url')), 'base64url');
}
