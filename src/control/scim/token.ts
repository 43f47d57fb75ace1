import { createHash, randomBytes } from 'node:crypto';

const TOKEN_BYTES = 32;

/** A new token for a directory, wherever it is made; `hash` (hex SHA-256) is all that is kept of it. */
export function makeScimToken(): { readonly token: string; readonly hash: string } {
  // The prefix lets secret scanners find a token that leaked.
  const token = `spc_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  return { token, hash: createHash('sha256').update(token).digest('hex') };
}
