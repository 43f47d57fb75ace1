import { createHash, randomBytes } from 'node:crypto';

const TOKEN_BYTES = 32;

/** A new agent token. `token` is shown once and never stored; `hash` (hex SHA-256) is what the store and gateways know. */
export function makeAgentToken(): { readonly id: string; readonly token: string; readonly hash: string } {
  // The prefix lets secret scanners find a token that leaked.
  const token = `spa_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  return { id: Bun.randomUUIDv7(), token, hash: createHash('sha256').update(token).digest('hex') };
}
