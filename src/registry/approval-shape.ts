import { z } from 'zod';
import { LIMITS } from '../domain/limits.ts';
import { ID, SAFE_URL, SECRET, WORDS } from './manifest-words.ts';

/** `approvals:` of sallyport.yaml: who is asked, how, and for how long. Holds no secret. */

const SPAN = z.string().regex(/^[1-9]\d{0,3}(?:min|h)$/, 'must be a time such as 15min or 2h')
  .refine((text) => msOfSpan(text) <= LIMITS.approvalMsMax, { error: 'must be 24h at most' });

/** `15min`, `2h` → ms. */
export function msOfSpan(text: string): number {
  const [, count = '', unit = ''] = /^(\d+)(min|h)$/.exec(text) ?? [];
  return Number(count) * (unit === 'h' ? 3_600_000 : 60_000);
}

const WEBHOOK = z.strictObject({ url: SAFE_URL, secret: SECRET, format: z.enum(['slack', 'teams', 'json']).exactOptional(),
  allowPrivate: z.boolean().exactOptional() });

export const APPROVALS_SHAPE = z.strictObject({
  /** Whether one person alone may approve their own agents' calls, being there. Absent: only where nobody else is known. */
  solo: z.boolean().exactOptional(),
  /** How long an answer may take, and then the call. */
  expire: SPAN.exactOptional(),
  /** A group (or person) that may answer for the owner of any server. */
  onCall: WORDS.exactOptional(),
  /** Who may answer for an owner, by the owner's own name as servers have it. */
  deputies: z.record(WORDS, WORDS).exactOptional(),
  /** After this time without an answer the group that is named is asked, too. */
  escalateAfter: SPAN.exactOptional(),
  escalateTo: WORDS.exactOptional(),
  /** What one person may approve in a day: who approves without end looks at nothing any more. */
  perDay: z.int().min(1).max(10_000).exactOptional(),
  webhooks: z.record(ID, WEBHOOK).exactOptional(),
}).refine(({ escalateAfter, escalateTo }) => (escalateAfter === undefined) === (escalateTo === undefined), {
  path: ['escalateTo'], error: 'escalateAfter and escalateTo belong together',
});
export type ApprovalsShape = z.infer<typeof APPROVALS_SHAPE>;
