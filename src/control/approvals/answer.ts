import { z } from 'zod';

const SUMMARY = z.object({
  id: z.string(), state: z.string(), askedAt: z.number(), expiresAt: z.number(), exchange: z.string(), principal: z.string(), agent: z.string(),
  server: z.string(), name: z.string(), effect: z.string().nullable(), needs: z.array(z.string()), approvedBy: z.array(z.string()), escalated: z.boolean(),
  lacking: z.array(z.object({ value: z.string(), count: z.number() })),
  end: z.object({ by: z.string(), at: z.number(), reason: z.string().optional() }).optional(),
});
export type ApprovalRow = z.infer<typeof SUMMARY>;

/** `solo`: one person alone administers, and shows by a passkey that it is them. */
export const APPROVALS = z.object({ solo: z.boolean(), presence: z.boolean(), approvals: z.array(SUMMARY) });
export type Approvals = z.infer<typeof APPROVALS>;

const LABELS = z.object({ confidentiality: z.string(), categories: z.array(z.string()), integrity: z.string() });

/** Everything that would run, and what an approver should know besides; what can't be seen in `text`, `exact` stands as `<U+…>`. */
export const APPROVAL_SHOWN = SUMMARY.extend({
  digest: z.string(), action: z.string(), context: z.string(), actors: z.array(z.string()), behind: z.string(), pin: z.string().nullable(),
  text: z.string(), exact: z.string(), hidden: z.boolean(), preview: z.string().optional(), definition: z.string().optional(),
  before: z.object({ id: z.string(), at: z.number(), diff: z.string() }).optional(), path: z.array(z.string()),
  policies: z.array(z.object({ id: z.string(), text: z.string() })),
  findings: z.array(z.object({ detector: z.string(), rule: z.string(), severity: z.string() })),
  labels: z.object({ asked: LABELS, now: LABELS }), risen: z.boolean(), solo: z.boolean(),
});
export type ApprovalShown = z.infer<typeof APPROVAL_SHOWN>;
