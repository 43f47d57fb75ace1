import { z } from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import { ACCESSES } from '../access.ts';
import { NAME, WORDS } from '../names.ts';

const KEY = z.string().regex(/^[\w-]{43}$/, 'must be a raw Ed25519 public key in base64url');

/**
 * One who may open the break-glass together with another. Control knows only the public key of the pair that the
 * custodian's passphrase comes to (argon2id over this salt); the passphrase never leaves the custodian's own terminal.
 */
export const CUSTODIAN = z.strictObject({
  publicKey: KEY,
  salt: z.string().regex(/^[\w-]{22,86}$/),
  enrolledBy: z.string(),
  enrolledAt: z.int(),
});
export const NEW_CUSTODIAN = CUSTODIAN.pick({ publicKey: true, salt: true });

const SCOPE = {
  /** `*`: every space. */
  space: z.union([z.literal('*'), NAME]),
  access: z.array(z.enum(ACCESSES)).min(1).max(ACCESSES.length),
  reason: WORDS,
};

/** An access that two custodians opened. The token is shown once; its digest is kept. */
export const OPENING = z.strictObject({
  ...SCOPE,
  custodians: z.array(z.string()).length(2),
  tokenHash: z.string().regex(/^[0-9a-f]{64}$/),
  openedAt: z.int(),
  endsAt: z.int(),
  closedAt: z.int().exactOptional(),
  review: z.strictObject({ by: z.string(), at: z.int(), note: z.string() }).exactOptional(),
});
export type Opening = z.infer<typeof OPENING>;

export const OPEN_REQUEST = z.strictObject({ ...SCOPE, minutes: z.int().min(1).max(LIMITS.breakGlassMs / 60_000), custodians: z.tuple([NAME, NAME]) });
export type OpenRequest = z.infer<typeof OPEN_REQUEST>;
export const CONFIRMATION = z.strictObject({ signatures: z.tuple([z.string().max(200), z.string().max(200)]) });
export const REVIEW = z.strictObject({ note: WORDS });
