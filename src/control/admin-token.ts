import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SallyportError } from '../domain/errors.ts';
import type { Admin } from './route.ts';

const TOKEN_BYTES = 32;
const ADMIN: Admin = { id: 'sallyport|admin', may: ['read', 'change'] };

/** Decides whether an `Authorization` header is the administrator's. */
export type AuthenticateAdmin = (authorization: string | null) => Admin;

/** Opens the administrator's token (made at the first start, 0600), and keeps only its digest in memory. */
export function openAdminToken(file: string): AuthenticateAdmin {
  const expected = digest(readToken(file) ?? makeToken(file));
  return (authorization) => {
    const given = /^Bearer ([\w-]{20,200})$/.exec(authorization ?? '')?.[1] ?? '';
    // Digests have one length, so the comparison tells nothing about the token, not even how long it is.
    if (!timingSafeEqual(digest(given), expected)) {
      throw new SallyportError('ERR_ADMIN_TOKEN', 'the administrator\'s token is missing or wrong', { remedy: 'Send `Authorization: Bearer` with the token of control/admin.token.' });
    }
    return ADMIN;
  };
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function readToken(file: string): string | undefined {
  try {
    // A token that others can read is no secret any more: refuse it instead of quietly repairing the mode.
    if ((statSync(file).mode & 0o077) !== 0) {
      throw new SallyportError('ERR_ADMIN_TOKEN', 'control/admin.token can be read by other users', { remedy: 'Delete the file; control makes a new token when it starts.' });
    }
    const token = readFileSync(file, 'utf8').trim();
    if (token.length < TOKEN_BYTES) throw new SallyportError('ERR_ADMIN_TOKEN', 'control/admin.token is damaged', { remedy: 'Delete the file and start control again.' });
    return token;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function makeToken(file: string): string {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${token}\n`, { mode: 0o600, flag: 'wx' });
  return token;
}
