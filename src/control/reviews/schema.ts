import { z } from 'zod';
import { REVIEW_CHECKS, SEVERITIES } from '../../domain/finding.ts';
import type { JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DECISIONS, ITEM_STATES, REMEDY_STATES } from '../../review/decision.ts';
import { SUBJECT_KINDS } from '../../review/item.ts';
import { GRANTEE } from '../grantee.ts';
import { WORDS } from '../names.ts';

const AT = z.int();
const TEXT = z.string().max(4_096);
const DIGEST = z.string().regex(/^[0-9a-f]{64}$/);
const ITEM_ID = z.string().regex(/^[0-9a-f]{16}$/, 'must be the id of an item: 16 hexadecimal digits');

const REMEDY = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('drop-grant'), binding: TEXT, server: TEXT }),
  z.strictObject({ kind: z.literal('narrow-grant'), binding: TEXT, server: TEXT, tools: z.array(TEXT).max(20_000) }),
  z.strictObject({ kind: z.enum(['remove-exception', 'remove-agent', 'revoke-token', 'quarantine-server']), id: TEXT }),
  z.strictObject({ kind: z.literal('task'), what: TEXT }),
]);

const WORD = z.strictObject({ by: z.string(), at: AT, decision: z.enum(DECISIONS), reason: WORDS });

/** One item of an open campaign. Who is behind a group is read anew whenever it matters. */
export const REVIEW_ITEM = z.strictObject({
  campaign: z.uuid(),
  check: z.enum(REVIEW_CHECKS),
  subject: z.strictObject({ kind: z.enum(SUBJECT_KINDS), id: TEXT, server: TEXT.exactOptional() }),
  part: TEXT.exactOptional(),
  severity: z.enum(SEVERITIES),
  title: TEXT,
  evidence: z.custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
  owner: TEXT.exactOptional(),
  notBy: z.array(TEXT).exactOptional(),
  /** To whom it was given when it was asked, of a binding or a role of administration: its row may have another id, or be gone, by now. */
  to: GRANTEE.exactOptional(),
  revoke: REMEDY,
  change: REMEDY.exactOptional(),
  lapses: z.boolean().exactOptional(),
  outlier: TEXT.exactOptional(),
  /** Ids of people; any of them may answer. */
  reviewers: z.array(z.string()).max(50),
  as: z.enum(['owner', 'stand-in', 'nobody', 'delegate']),
  state: z.enum(ITEM_STATES),
  /** What was said of it, oldest first; the last decides. */
  words: z.array(WORD).max(20),
  remedy: z.enum(REMEDY_STATES),
  /** What control did, what somebody has to, or why it could not be done. */
  note: TEXT.exactOptional(),
  lookedAt: AT.exactOptional(),
});
export type StoredItem = z.infer<typeof REVIEW_ITEM>;

const DAYS = z.int().min(1).max(3_660);
const THRESHOLDS_SHAPE = z.strictObject({ unusedDays: z.union([z.literal(30), z.literal(60), z.literal(90)]), staleDays: DAYS, expiringDays: DAYS,
  supersededDays: DAYS, exceptionDays: DAYS });

const COUNTS = z.record(z.string(), z.int());

export const REVIEW = z.strictObject({
  title: WORDS,
  state: z.enum(['open', 'closed']),
  openedAt: AT,
  openedBy: z.string(),
  dueAt: AT,
  reminders: z.array(z.strictObject({ at: AT, people: z.int() })).max(100),
  thresholds: THRESHOLDS_SHAPE,
  standIns: z.array(z.string()),
  /** The configuration that it looked at. */
  configuration: z.strictObject({ number: z.int(), digest: z.string() }).exactOptional(),
  /** SHA-256 (hex) of what was asked, canonical. */
  digest: DIGEST,
  checks: COUNTS,
  /** Items that were more than one campaign takes. */
  left: z.int(),
  /** Bindings that took the place of others when something was taken out of them. */
  moved: z.record(z.string(), z.string()),
  lapsedAt: AT.exactOptional(),
  closed: z.strictObject({ at: AT, by: z.string(), digest: DIGEST, states: COUNTS, remedies: COUNTS }).exactOptional(),
});
export type StoredReview = z.infer<typeof REVIEW>;

/** What is left of a campaign when it is closed: everything, as one text that its records name by digest. */
export const REVIEW_EVIDENCE = z.strictObject({ text: z.string() });

/** What is asked for a new campaign. */
export const NEW_REVIEW = z.strictObject({
  title: WORDS.max(200),
  dueInDays: z.int().min(1).max(90).exactOptional(),
  /** Who is asked where an owner is missing, or would judge themselves. */
  standIns: GRANTEE.exactOptional(),
  unusedDays: THRESHOLDS_SHAPE.shape.unusedDays.exactOptional(),
});
export type NewReview = z.infer<typeof NEW_REVIEW>;

export const DECIDE = z.strictObject({
  items: z.array(ITEM_ID).min(1).max(LIMITS.reviewBulkMax, `must be ${LIMITS.reviewBulkMax} at most: nobody reads more in one go`),
  decision: z.enum(DECISIONS),
  reason: WORDS.max(1_000),
  /** To whom, where it is delegated: a name, an address or an id of somebody here. */
  to: WORDS.max(300).exactOptional(),
});
export type Decide = z.infer<typeof DECIDE>;
