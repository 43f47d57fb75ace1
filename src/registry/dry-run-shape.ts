import { z } from 'zod';
import { LIMITS } from '../domain/limits.ts';

const NAME = z.string().min(1).max(LIMITS.nameLengthMax);

/** How a tool is declared to show what it would do, and do nothing: `{ argument: dry_run, value: true }` or `{ tool: preview }`. */
export const DRY_RUN = z.union([
  z.strictObject({ argument: NAME, value: z.union([z.boolean(), z.string().max(200)]) }), z.strictObject({ tool: NAME }),
], { error: 'must have either argument and value, or tool' });
