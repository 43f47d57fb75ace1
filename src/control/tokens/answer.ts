import { z } from 'zod';

const TOKEN_ROW = z.object({
  id: z.string(), state: z.enum(['active', 'expired', 'revoked']), agent: z.string(), kind: z.enum(['person', 'workload']), subject: z.string(),
  groups: z.array(z.string()), audience: z.array(z.string()), issuedAt: z.number(), expiresAt: z.number(), revokedAt: z.number().optional(),
  madeBy: z.string().optional(),
});
export type TokenRow = z.infer<typeof TOKEN_ROW>;

/** Agent tokens; what they are made of is never told again. */
export const TOKENS = z.object({ tokens: z.array(TOKEN_ROW) });
export type Tokens = z.infer<typeof TOKENS>;
