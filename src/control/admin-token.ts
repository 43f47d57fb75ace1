import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { ACCESSES } from './access.ts';
import type { Admin } from './route.ts';
import { openSecretFile } from './secret-file.ts';

const TOKEN_BYTES = 32;
const ROOT: Admin = { id: 'sallyport|admin', may: ACCESSES, proof: { via: 'root', kind: 'workload', groups: [], proof: 'bearer', issuedAt: 0 } };

/** The holder of this machine's token, if that is what was shown: may do everything, and is named in every record. */
export type OpenAdminToken = (token: string) => Admin | undefined;

/** Opens the administrator's token (made at the first start, 0600), and keeps only its digest in memory. */
export function openAdminToken(file: string): OpenAdminToken {
  const expected = digest(openSecretFile(file, () => randomBytes(TOKEN_BYTES).toString('base64url')));
  // Digests have one length, so the comparison tells nothing about the token, not even how long it is.
  return (token) => (timingSafeEqual(digest(token), expected) ? ROOT : undefined);
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
