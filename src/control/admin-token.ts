import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { SallyportError } from '../domain/errors.ts';
import type { Admin } from './route.ts';
import { openSecretFile } from './secret-file.ts';

const TOKEN_BYTES = 32;
const ADMIN: Admin = { id: 'sallyport|admin', may: ['read', 'change'] };

/** Decides whether an `Authorization` header is the administrator's. Throws `ERR_ADMIN_TOKEN`. */
export type AuthenticateAdmin = (authorization: string | null) => Admin;

/** Opens the administrator's token (made at the first start, 0600), and keeps only its digest in memory. */
export function openAdminToken(file: string): AuthenticateAdmin {
  const expected = digest(openSecretFile(file, () => randomBytes(TOKEN_BYTES).toString('base64url')));
  return (authorization) => {
    const given = /^Bearer ([\w-]{20,200})$/.exec(authorization ?? '')?.[1] ?? '';
    // Digests have one length, so the comparison tells nothing about the token, not even how long it is.
    if (!timingSafeEqual(digest(given), expected)) {
      throw new SallyportError(
        'ERR_ADMIN_TOKEN', 'the administrator\'s token is missing or wrong',
        { remedy: 'Send `Authorization: Bearer` with the token of control/admin.token.' },
      );
    }
    return ADMIN;
  };
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
