import { z } from 'zod';

/** Cedar text, and the name under which diagnostics speak of it. */
export const POLICY = z.strictObject({ file: z.string().min(1).max(500), source: z.string().max(1024 * 1024) });
