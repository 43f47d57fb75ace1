import { z } from 'zod';

const MOMENT = z.number();

/** What is remembered of a job between its runs; one row a kind. Epoch ms. */
export const JOB = z.strictObject({
  /** When it is to run next, unless somebody asks for it before. */
  nextAt: MOMENT,
  runs: z.number(),
  /** Who runs it now, and until when they must be heard of again. */
  claim: z.strictObject({ id: z.string(), by: z.string(), at: MOMENT, until: MOMENT }).exactOptional(),
  last: z.strictObject({ at: MOMENT, ms: z.number(), ok: z.boolean(), by: z.string(), code: z.string().exactOptional(), says: z.string() }).exactOptional(),
});
export type JobRow = z.infer<typeof JOB>;
