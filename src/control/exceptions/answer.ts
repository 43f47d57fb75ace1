import { z } from 'zod';
import { EXCEPTION } from './schema.ts';

const EXCEPTION_ROW = EXCEPTION.extend({ id: z.string(), state: z.enum(['active', 'expired']) });
export type ExceptionRow = z.infer<typeof EXCEPTION_ROW>;

/** What is excepted from the rules, and until when; ended ones too. */
export const EXCEPTIONS = z.object({ exceptions: z.array(EXCEPTION_ROW) });
export type Exceptions = z.infer<typeof EXCEPTIONS>;
