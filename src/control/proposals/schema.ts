import { z } from 'zod';
import { WORDS } from '../names.ts';

const WHO = z.strictObject({
  id: z.string(), via: z.enum(['root', 'session', 'token', 'break-glass', 'socket']), kind: z.enum(['person', 'workload']),
  groups: z.array(z.string()), at: z.int(),
});

/** A wide action that waits for a second person: the exact request, and who wants it. Rows of the space that was asked. */
export const PROPOSAL = z.strictObject({
  method: z.enum(['POST', 'PUT', 'DELETE']),
  /** The route's pattern, and what stands at its `:names`. */
  path: z.string(),
  params: z.record(z.string(), z.string()),
  query: z.record(z.string(), z.string()),
  body: z.json().nullable(),
  /** SHA-256 (hex) of the canonical form of all of the above. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  /** Why it is wide, in plain words. */
  reasons: z.array(z.string()).min(1),
  proposer: WHO,
  expiresAt: z.int(),
  /**
   * `approved` before it is carried out: nothing is carried out twice, whatever happens then. `done` and `failed` once that is over; one that
   * stays `approved` was being carried out when control died.
   */
  state: z.enum(['open', 'approved', 'done', 'failed', 'rejected']),
  approvals: z.array(WHO),
  /** Of what is done or failed: the id of what it made or changed, if its answer has one; the code of the error. */
  outcome: z.strictObject({ at: z.int(), id: z.string().max(200).exactOptional(), code: z.string().exactOptional() }).exactOptional(),
  rejection: z.strictObject({ by: z.string(), at: z.int(), reason: z.string() }).exactOptional(),
});
export type Proposal = z.infer<typeof PROPOSAL>;

/** Names what was shown: if the proposal were another by now, nothing is approved. */
export const APPROVE_PROPOSAL = z.strictObject({ digest: z.string().regex(/^[0-9a-f]{64}$/) });
export const REJECT_PROPOSAL = z.strictObject({ reason: WORDS });
