import { z } from 'zod';
import { CATEGORIES, CONFIDENTIALITIES } from '../../domain/server.ts';

const LABELS = z.strictObject({
  confidentiality: z.enum(CONFIDENTIALITIES),
  categories: z.array(z.enum(CATEGORIES)).readonly(),
  integrity: z.enum(['trusted', 'untrusted']),
});

/** A flow context: whose it is, and what it carries since it last began. `grants` are digests of the sign-ins that were seen. */
export const CONTEXT = z.strictObject({
  principal: z.string(),
  agent: z.string(),
  actors: z.array(z.string()).readonly(),
  generation: z.int(),
  since: z.number(),
  seenAt: z.number(),
  labels: LABELS,
  grants: z.array(z.string()).readonly(),
});
export type StoredContext = z.infer<typeof CONTEXT>;

const KEY = z.string().regex(/^[0-9a-f]{32}$/, 'must be the key of a flow context');
const TEXT = z.string().max(2_000);

/** What a gateway says when it looks at a context; `knew` is the generation that it saw before. */
export const VISIT = z.strictObject({
  space: z.string().max(100),
  key: KEY,
  principal: TEXT,
  agent: TEXT,
  actors: z.array(TEXT).max(100).readonly(),
  grant: TEXT.exactOptional(),
  knew: z.int().min(1).exactOptional(),
  add: LABELS,
});
export type ContextVisit = z.infer<typeof VISIT>;

/** A gateway's cascade rule tripped. */
export const FREEZE = z.strictObject({ space: z.string().max(100), context: KEY, why: TEXT, exchange: TEXT, principal: TEXT, agent: TEXT });
export type Freeze = z.infer<typeof FREEZE>;

export const RESET_REQUEST = z.strictObject({ reason: z.string().trim().min(1).max(2_000) });
