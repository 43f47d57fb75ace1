import { z } from 'zod';
import { WORDS } from '../names.ts';

/** A bearer token with which an identity provider pushes people and groups. Only its digest is kept. */
export const SCIM_TOKEN = z.strictObject({
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  note: z.string(),
  createdBy: z.string(),
  createdAt: z.int(),
  expiresAt: z.int(),
  revokedAt: z.int().exactOptional(),
});
export type ScimToken = z.infer<typeof SCIM_TOKEN>;

export const NEW_SCIM_TOKEN = z.strictObject({
  note: WORDS,
  ttlMs: z.int().min(60_000).max(366 * 24 * 60 * 60_000),
  /** Of a token that the asker made (`spc_` and 32 random bytes, base64url) and shows to nobody; without it the answer shows one. */
  hash: SCIM_TOKEN.shape.hash.exactOptional(),
});
