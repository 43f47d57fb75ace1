import { z } from 'zod';
import { SEVERITIES } from '../../domain/finding.ts';

const COUNT = z.int().nonnegative();
const NAMES = z.array(z.string());

/** One vendor in a list. Times are epoch ms; `due`: why it is due, at `dueAt` where something it said is good until then. */
const VENDOR_ROW = z.object({
  id: z.string(), name: z.string(), owner: z.string(), tier: z.string(), score: z.number(), grade: z.string(), confidence: z.number(), disclosed: z.boolean(),
  dueAt: z.number().optional(), due: z.string(), servers: COUNT, submitted: z.boolean(),
});
export type VendorRow = z.infer<typeof VENDOR_ROW>;

const ROW = { id: 'wordwise', name: 'Wordwise Ltd', owner: 'platform@example.com', tier: 'standard' } as const;
export const VENDORS = z.object({ vendors: z.array(VENDOR_ROW) }).meta({
  examples: [{ vendors: [{ ...ROW, score: 0, grade: 'F', confidence: 0, disclosed: false, due: 'it has disclosed nothing', servers: 1, submitted: false }] }],
});
export type Vendors = z.infer<typeof VENDORS>;

/** What a vendor said: on what ground, and until when it may be believed. Days are of UTC. */
const ANSWER = z.object({ value: z.unknown(), evidence: z.string().optional(), date: z.string(), expires: z.string() });
const DISCLOSURE = z.object({ by: z.string(), date: z.string(), answers: z.record(z.string(), ANSWER) });
export type Disclosed = z.infer<typeof ANSWER>;

const OBSERVED = z.object({ check: z.string(), outcome: z.string(), evidence: z.string() });
const PROBES = z.object({
  endpoint: z.string(), endedAt: z.number(), probes: z.array(z.object({ probe: z.string(), outcome: z.string(), checks: z.array(OBSERVED) })),
});

const ITEM = z.object({
  id: z.string(), domain: z.string(), weight: z.number(), by: z.enum(['probed', 'declared', 'nothing']), worth: z.number(), freshness: z.number(),
  isExcepted: z.boolean(),
});
const SCORE = z.object({
  score: z.number(), grade: z.string(), confidence: z.number(), domains: z.array(z.object({ domain: z.string(), weight: z.number(), share: z.number() })),
  items: z.array(ITEM), penalties: z.array(z.object({ why: z.string(), points: z.number() })), caps: z.array(z.object({ why: z.string(), max: z.number() })),
  mismatches: z.array(z.object({
    id: z.string(), question: z.string(), severity: z.enum(SEVERITIES), said: z.string(), seen: z.string(), isExcepted: z.boolean(),
  })),
  missing: NAMES,
});

/** One vendor with every input of its score. `submitted`: what it sent by its page, and nobody took yet. */
export const VENDOR_SHOWN = z.object({
  id: z.string(), name: z.string(), owner: z.string(), purpose: z.string(), tier: z.string(), endpoints: NAMES, servers: NAMES, data: z.string(),
  contacts: NAMES, at: z.number(), due: z.object({ at: z.number().optional(), why: z.string() }), score: SCORE,
  events: z.array(z.object({ event: z.string(), at: z.number(), note: z.string() })),
  input: z.object({ disclosure: DISCLOSURE.optional(), probes: z.array(PROBES) }),
  disclosed: z.object({ digest: z.string(), via: z.string(), acceptedBy: z.string(), attestedAt: z.number(), attestedBy: z.string() }).optional(),
  submitted: z.object({ by: z.string(), answers: z.record(z.string(), ANSWER), digest: z.string(), submittedAt: z.number() }).optional(),
  links: z.array(z.object({ id: z.string(), expiresAt: z.number(), revokedAt: z.number().optional(), usedAt: z.number().optional() })),
}).meta({
  examples: [{
    ...ROW, purpose: 'translations', endpoints: ['https://mcp.example.com/'], servers: ['translate'], data: 'internal', contacts: [], at: 1_790_000_000_000,
    due: { why: 'it has disclosed nothing' }, events: [], input: { probes: [] }, links: [],
    score: { score: 0, grade: 'F', confidence: 0, domains: [], items: [], penalties: [], caps: [], mismatches: [], missing: ['hosting'] },
  }],
});
export type VendorShown = z.infer<typeof VENDOR_SHOWN>;
