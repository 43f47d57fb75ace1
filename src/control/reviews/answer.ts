import { z } from 'zod';
import { REVIEW_CHECKS, SEVERITIES } from '../../domain/finding.ts';
import { ITEM_STATES, REMEDY_STATES } from '../../review/decision.ts';

const COUNT = z.int().nonnegative();
const COUNTS = z.record(z.string(), COUNT);

/** One campaign. Times are epoch ms; `checks`: how many items of each check were asked. */
const REVIEW_ROW = z.object({
  id: z.string(), title: z.string(), state: z.enum(['open', 'closed']), openedAt: z.number(), openedBy: z.string(), dueAt: z.number(), checks: COUNTS,
  left: COUNT, standIns: COUNT, digest: z.string(), reminders: z.array(z.object({ at: z.number(), people: COUNT })),
  closed: z.object({ at: z.number(), by: z.string(), digest: z.string(), states: COUNTS, remedies: COUNTS }).optional(),
});
export type ReviewRow = z.infer<typeof REVIEW_ROW>;

const ID = '019a0000-0000-7000-8000-000000000000';
const ROW = {
  id: ID, title: 'Fourth quarter', state: 'open', openedAt: 1_790_000_000_000, openedBy: 'https://login.example|olivia', dueAt: 1_791_209_600_000,
  checks: { access: 16, 'wildcard-grant': 1 }, left: 0, standIns: 1, digest: '0'.repeat(64), reminders: [],
} as const;

const TREND = z.object({ title: z.string(), openedAt: z.number(), checks: COUNTS, states: COUNTS });
export const REVIEWS_ANSWER = z.object({ reviews: z.array(REVIEW_ROW), trend: z.array(TREND) }).meta({
  examples: [{ reviews: [ROW], trend: [{ title: ROW.title, openedAt: ROW.openedAt, checks: ROW.checks, states: {} }] }],
});
export type Reviews = z.infer<typeof REVIEWS_ANSWER>;
export const REVIEW_SHOWN = REVIEW_ROW.meta({ examples: [ROW] });

/** What control does on an answer; `task`: somebody has to. */
const REMEDY = z.object({ kind: z.string(), what: z.string().optional(), id: z.string().optional(), server: z.string().optional() });

/** One thing that is asked about. `lapses`: unanswered, it goes by itself. */
const ITEM = z.object({
  id: z.string(), check: z.enum(REVIEW_CHECKS), subject: z.object({ kind: z.string(), id: z.string(), server: z.string().optional() }),
  severity: z.enum(SEVERITIES), title: z.string(), evidence: z.record(z.string(), z.unknown()), owner: z.string().optional(),
  revoke: REMEDY, change: REMEDY.optional(), lapses: z.boolean().optional(), outlier: z.string().optional(), reviewers: z.array(z.string()), as: z.string(),
  state: z.enum(ITEM_STATES), remedy: z.enum(REMEDY_STATES), note: z.string().optional(),
  words: z.array(z.object({ by: z.string(), at: z.number(), decision: z.string(), reason: z.string() })), review: z.string().optional(),
});
export type ReviewItem = z.infer<typeof ITEM>;

const ASKED = {
  id: '0123456789abcdef', check: 'wildcard-grant', subject: { kind: 'agent', id: 'research' }, severity: 'medium', title: 'the agent research has no ceiling',
  evidence: { allow: '*' }, revoke: { kind: 'remove-agent', id: 'research' }, change: { kind: 'task', what: 'register it with what it needs' },
  reviewers: ['olivia'], as: 'stand-in', state: 'open', remedy: 'none', words: [],
} as const;
export const REVIEW_ITEMS = z.object({ items: z.array(ITEM) }).meta({ examples: [{ items: [ASKED] }] });
export type ReviewItems = z.infer<typeof REVIEW_ITEMS>;

/** The least that an item could be, as policy before and after, and what that would have blocked. */
export const REVIEW_SUGGESTION = z.object({
  remedy: z.object({ kind: z.string(), server: z.string(), tools: z.array(z.string()).optional() }), before: z.string(), after: z.string(),
  replayed: z.object({
    since: z.number(), decisions: COUNT, blocked: COUNT, undecidable: COUNT, complete: z.boolean(), tools: COUNTS,
  }),
}).meta({
  examples: [{
    remedy: { kind: 'narrow-grant', server: 'crm', tools: ['read'] }, before: 'permit (…);', after: 'permit (…);',
    replayed: { since: 1_782_000_000_000, decisions: 200, blocked: 0, undecidable: 0, complete: true, tools: {} },
  }],
});
export type ReviewSuggestion = z.infer<typeof REVIEW_SUGGESTION>;
