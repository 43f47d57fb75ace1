import { z } from 'zod';
import { CONTAINMENT_TARGETS, CONTAINMENT_VERBS } from '../../domain/containment.ts';
import { LIMITS } from '../../domain/limits.ts';
import { readApprove } from '../../policy/obligations.ts';
import { WORDS } from '../names.ts';

const INCIDENT = z.string().regex(/^[\w.:-]{1,128}$/, 'must be an incident\'s id');
const SCOPE = z.strictObject({ target: z.enum(CONTAINMENT_TARGETS), name: z.string().max(2_100).default('') });

/** What some verbs ask beside what they are done to. */
const WISHES = {
  /** Of `require-approval`. */
  approvers: z.string().max(200).refine((text) => readApprove(text) !== undefined, {
    error: 'must be whose word counts: owner, role:approver, a group, or 2:<one of these>',
  }).exactOptional(),
  /** Of `step-up`: how old a token may be. */
  tokenAgeMaxS: z.int().min(30).max(86_400).exactOptional(),
  /** Of `rollback-pin`: what was approved, by its digest. Absent: what was before the present. */
  digest: z.string().regex(/^[0-9a-f]{64}$/).exactOptional(),
  /** Of `page` and `notify-vendor`: what to say. */
  message: WORDS.exactOptional(),
};

export const NEW_CONTAINMENT = z.strictObject({
  verb: z.enum(CONTAINMENT_VERBS),
  scope: SCOPE,
  reason: WORDS,
  incident: INCIDENT.exactOptional(),
  forMs: z.int().min(LIMITS.containmentMsMin).max(LIMITS.containmentMsMax).exactOptional(),
  ...WISHES,
  /** Says what would be done, and does nothing. */
  dryRun: z.boolean().default(false),
});
export type NewContainment = z.infer<typeof NEW_CONTAINMENT>;

/** What a containment is about when it is asked for: things by kind, so many of each, some of them by name. */
const TOUCHED = z.record(z.string(), z.strictObject({ count: z.int(), names: z.array(z.string()).readonly() }));
export type Touched = z.infer<typeof TOUCHED>;

/** What an act came to; of a secret that is held, which version. */
const RESULT = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
export type Result = z.infer<typeof RESULT>;

/** One containment as it is stored. Outside the signed configuration, as switches are: it takes away, at once. */
export const CONTAINMENT = z.strictObject({
  verb: z.enum(CONTAINMENT_VERBS),
  scope: SCOPE,
  reason: z.string(),
  incident: z.string().exactOptional(),
  ...WISHES,
  by: z.string(),
  /** Epoch ms. */
  at: z.number(),
  until: z.number().exactOptional(),
  state: z.enum(['applied', 'lifted', 'expired', 'done', 'failed']),
  touched: TOUCHED,
  /** Of `block-host` by who may everywhere: in every space. */
  everywhere: z.literal(true).exactOptional(),
  ended: z.strictObject({ by: z.string(), at: z.number(), reason: z.string() }).exactOptional(),
  result: RESULT.exactOptional(),
});
export type StoredContainment = z.infer<typeof CONTAINMENT>;

export const LIFT_REQUEST = z.strictObject({ reason: WORDS });
