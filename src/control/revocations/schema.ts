import { z } from 'zod';
import { LIMITS } from '../../domain/limits.ts';

/** A credential (`<issuer>|<jti>`) or a whole sign-in (`<issuer>|<grant>`), as principals carry them. */
const CREDENTIAL = z.string().min(3).max(4096).regex(/^[^\p{Cc}]+\|[^\p{Cc}]+$/u, 'must be <issuer>|<id>');

/** Kept until nothing that it ends can be alive any more. */
export const REVOCATION = z.strictObject({ credential: CREDENTIAL, reason: z.string().max(300), revokedAt: z.number(), until: z.number() });

export const NEW_REVOCATION = z.strictObject({
  credential: CREDENTIAL,
  reason: z.string().trim().min(1).max(300),
  /** How long what it ends could still live; unless it is known better, as long as the longest sign-in, whose refresh tokens must stay dead too. */
  ttlMs: z.int().min(1).max(LIMITS.grantMs).default(LIMITS.grantMs),
});
