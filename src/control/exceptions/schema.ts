import { z } from 'zod';
export const EXCEPTION = z.strictObject({ reason: z.string() });
