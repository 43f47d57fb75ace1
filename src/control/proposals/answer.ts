import { z } from 'zod';

const SUMMARY = z.object({
  id: z.string(), state: z.enum(['open', 'approved', 'done', 'failed', 'rejected', 'expired', 'unfinished']),
  method: z.string(), path: z.string(), params: z.record(z.string(), z.string()), digest: z.string(),
  reasons: z.array(z.string()), proposer: z.object({ id: z.string(), via: z.string(), at: z.number() }), expiresAt: z.number(),
  approvals: z.array(z.object({ id: z.string(), at: z.number() })),
  outcome: z.object({ at: z.number(), id: z.string().optional(), code: z.string().optional() }).optional(),
});
export type ProposalRow = z.infer<typeof SUMMARY>;

export const PROPOSALS = z.object({ proposals: z.array(SUMMARY) });
export type Proposals = z.infer<typeof PROPOSALS>;

/** Exactly what would be done. */
export const PROPOSAL_SHOWN = SUMMARY.extend({ query: z.record(z.string(), z.string()), body: z.json() });
export type ProposalShown = z.infer<typeof PROPOSAL_SHOWN>;
