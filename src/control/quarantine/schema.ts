import { z } from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import { CALLER } from '../approvals/schema.ts';
import { WORDS } from '../names.ts';

const TEXT = z.string().max(4096);
const DIGEST = z.string().regex(/^[0-9a-f]{64}$/);
const SPACE = z.string().min(1).max(100);
const WHAT = { digest: DIGEST, exchange: TEXT, principal: TEXT, agent: TEXT, context: TEXT, server: TEXT, name: z.string().max(LIMITS.uriLengthMax) };
const FINDING = z.strictObject({ detector: TEXT, rule: TEXT, severity: z.enum(SEVERITIES) });

/** Who asked, as whom, and by which tokens: none of them releases what came of it. */
const ASKED = z.strictObject({ principal: CALLER, behind: CALLER, credentials: z.array(TEXT).max(100).readonly() });

/** What a gateway withholds: who asked for what, what was found, what the answer is made of, and the answer as JSON text. */
export const KEEP = z.strictObject({
  space: SPACE, ...WHAT, asked: ASKED, policies: z.array(TEXT).max(100).readonly(), findings: z.array(FINDING).max(LIMITS.findingsPerRecordMax).readonly(),
  shape: z.json(), answer: z.string().max(LIMITS.quarantinedCharsMax),
});
export type Keep = z.infer<typeof KEEP>;

/** The same call comes again, in the same context: it gets what was released for it, once. */
export const TAKE = z.strictObject({ space: SPACE, id: z.uuid(), digest: DIGEST, exchange: TEXT });

export const END = z.strictObject({ reason: WORDS });

const { space: _of, answer: _said, asked, ...KEPT } = KEEP.shape;
export const QUARANTINED = z.strictObject({
  ...KEPT,
  /** Rows of before it was kept have none: nobody who could be them releases those. */
  asked: asked.exactOptional(),
  /** The answer, sealed in parts; gone when nobody may have it any more. */
  sealed: z.array(z.string()).min(1).max(200).exactOptional(),
  state: z.enum(['held', 'released', 'dropped', 'taken']),
  at: z.number(),
  expiresAt: z.number(),
  end: z.strictObject({ by: TEXT, at: z.number(), reason: TEXT }).exactOptional(),
});
