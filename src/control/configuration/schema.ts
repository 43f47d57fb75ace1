import { z } from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import { MANIFEST_REQUEST } from '../manifest/schema.ts';

export const VERSION_NUMBER = z.coerce.number().int().min(1).max(1_000_000_000);
const REASON = z.string().min(1).max(LIMITS.reasonCharsMax);

export const ROLLBACK = z.strictObject({ version: z.int().min(1), reason: REASON, dryRun: z.boolean().default(false) });
/** A manifest that is compared with what is in force. */
export const COMPARED = MANIFEST_REQUEST.omit({ dryRun: true, reason: true });
