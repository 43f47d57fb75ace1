import { z } from 'zod';

/** The `backup` part of sallyport.yaml: who can open backups, and who together may bridge what a restore goes back by. Public keys only. */

/** An Ed25519 public key: 32 bytes, base64 in its one canonical text (RFC 4648, section 3.5). */
export const ED25519_KEY = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;
const RECOVERY_KEY = z.string().regex(ED25519_KEY, 'must be a public key as `sallyport recovery key` prints it');
const PERSON = z.string().regex(/^[a-z0-9][a-z0-9.@_-]{0,99}$/, 'must be a short name of a person');

export const BACKUP_SHAPE = z.strictObject({
  recipients: z.array(z.string().regex(/^age1[a-z0-9]{20,2000}$/, 'must be an age recipient: age1…')).min(1).max(16).exactOptional(),
  folder: z.string().startsWith('/', 'must be an absolute path').max(4096).exactOptional(),
  recoveryKeys: z.record(PERSON, RECOVERY_KEY)
    .refine((keys) => Object.keys(keys).length !== 1, { error: 'an order takes two people: name at least two' })
    .refine((keys) => new Set(Object.values(keys)).size === Object.keys(keys).length, { error: 'two people have the same key' })
    .exactOptional(),
});
