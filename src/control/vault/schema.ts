import { z } from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import { DATE } from '../../registry/manifest-words.ts';
import { WORDS } from '../names.ts';

/** The name after `vault:`. */
export const SECRET_NAME = z.string().max(200).regex(/^[\w-][\w./-]*$/, 'must be letters, digits and `_ - . /`');

const KEEP = { owner: WORDS.exactOptional(), expires: DATE.exactOptional(), rotateBy: DATE.exactOptional() };

const VERSION = z.strictObject({
  version: z.int().min(1),
  createdAt: z.number(),
  createdBy: z.string(),
  /** An armored age file; gone once the version is revoked. */
  sealed: z.string().exactOptional(),
  revokedAt: z.number().exactOptional(),
});
export type SecretVersion = z.infer<typeof VERSION>;

const PROVIDED = { provider: z.string().min(1).max(63), argument: z.string().max(1024).default('') };

/** A secret as it is stored: sealed, oldest version first, or where somebody else keeps it. */
export const STORED_SECRET = z.strictObject({
  ...KEEP,
  createdAt: z.number(),
  lastUsedAt: z.number().exactOptional(),
  /** It opens nothing, and is there to be found; where it was planted. */
  canary: WORDS.exactOptional(),
  holds: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('sealed'), versions: z.array(VERSION).min(1).max(LIMITS.secretVersionsMax) }),
    z.strictObject({ kind: z.literal('provider'), ...PROVIDED }),
  ]),
});
export type StoredSecret = z.infer<typeof STORED_SECRET>;

/** Everything but what would break a header, a variable or a file of one text. */
const VALUE = z.string().min(1).max(LIMITS.secretBytesMax).regex(/^[^\0]+$/, 'must be text without NUL');

export const SET_SECRET = z.union([
  z.strictObject({ value: VALUE, ...KEEP }),
  z.strictObject({ ...PROVIDED, ...KEEP }),
], { error: 'must have either a value, or a provider and its argument' });
export type SetSecret = z.infer<typeof SET_SECRET>;

/** What a canary looks like, and where it is planted. */
export const CANARY = z.strictObject({ like: z.enum(['token', 'aws', 'github', 'password']).default('token'), planted: WORDS });
export type Canary = z.infer<typeof CANARY>;

export const ROTATE_SECRET = z
  .strictObject({ value: VALUE.exactOptional(), restore: z.int().min(1).exactOptional(), revokeOld: z.boolean().default(false), ...KEEP })
  .refine(({ value, restore }) => (value === undefined) !== (restore === undefined), { error: 'must have either a value, or the version to restore' });
export type RotateSecret = z.infer<typeof ROTATE_SECRET>;

export const REVOKE_VERSION = z.strictObject({ version: z.int().min(1) });

const PASSPHRASE = z.string().min(1).max(1024);
export const UNLOCK = z.strictObject({ passphrase: PASSPHRASE });
export const REKEY = z.strictObject({
  /** Where the new key is to rest; absent: where the old one does. */
  source: z.enum(['file', 'passphrase', 'keyring']).exactOptional(),
  /** What opens the old key, where a passphrase does. */
  passphrase: PASSPHRASE.exactOptional(),
  newPassphrase: PASSPHRASE.exactOptional(),
});
export type Rekey = z.infer<typeof REKEY>;
