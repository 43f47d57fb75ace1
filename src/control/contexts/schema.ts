import { z } from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import { CATEGORIES, CONFIDENTIALITIES } from '../../domain/server.ts';

const LABELS = z.strictObject({
  confidentiality: z.enum(CONFIDENTIALITIES),
  categories: z.array(z.enum(CATEGORIES)).readonly(),
  integrity: z.enum(['trusted', 'untrusted']),
});

const MARKS = z.string().max(LIMITS.flowMarksMax * 8 + 4).regex(/^[A-Za-z0-9+/]*={0,2}$/);
const DIGESTS = z.array(z.string().regex(/^[\w-]{12}$/)).max(LIMITS.flowVouchedMax + 1_000).readonly();

/** What one answer leaves, as a gateway says it: heard, not believed further than that it is more. */
const ENTRY = z.strictObject({
  source: z.string().max(1_200), labels: LABELS, marks: MARKS, asked: DIGESTS, answered: DIGESTS, directory: z.boolean(), saturates: z.boolean(),
});

/** The same as it is kept. */
export const KEPT_ENTRY = z.strictObject({
  source: z.string(), labels: LABELS, isEarly: z.boolean(), marks: z.string(), vouched: z.array(z.string()).readonly(), saturates: z.boolean(),
});

const MOMENT = z.number();
/** What a person decided about one context, until then (epoch ms), by whom and why. */
const PASS = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('endorse'), id: z.string(), digest: z.string(), sink: z.string(), until: MOMENT, by: z.string(), reason: z.string(),
    upTo: z.enum(CONFIDENTIALITIES).exactOptional(),
  }),
  z.strictObject({
    kind: z.literal('declassify'), id: z.string(), source: z.string(), sink: z.string(), to: z.enum(CONFIDENTIALITIES), until: MOMENT, by: z.string(),
      reason: z.string(),
  }),
]);

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
  /** Something came in of which no fingerprints were kept. */
  gaps: z.literal(true).exactOptional(),
  passes: z.array(PASS).readonly().exactOptional(),
  /** The gateways that have seen it, and so may keep what control does not know of yet; outlives its ends. */
  gateways: z.array(z.uuid()).readonly().exactOptional(),
  /** Those of them that were gone when it was last seen: that has made it lost already. */
  writtenOff: z.array(z.uuid()).readonly().exactOptional(),
});
export type StoredContext = z.infer<typeof CONTEXT>;

/** A gateway that has not said goodbye. */
export const GATEWAY = z.strictObject({ since: z.number() });

/** A sign of life: `token` is the last that it was given, if it keeps nothing that control does not know of. */
export const SIGN = z.strictObject({ gateway: z.uuid(), token: z.uuid().exactOptional(), leaves: z.literal(true).exactOptional() });
export type Sign = z.infer<typeof SIGN>;

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
  asks: z.boolean(),
  gateway: z.uuid(),
  /** It was given out while control was away. */
  late: z.literal(true).exactOptional(),
  recall: z.strictObject({ generation: z.int().min(0), after: z.int().min(0), entries: z.array(ENTRY).max(50).readonly() }).exactOptional(),
});
export type ContextVisit = z.infer<typeof VISIT>;

/** A gateway's cascade rule tripped. */
export const FREEZE = z.strictObject({ space: z.string().max(100), context: KEY, why: TEXT, exchange: TEXT, principal: TEXT, agent: TEXT });
export type Freeze = z.infer<typeof FREEZE>;

export const RESET_REQUEST = z.strictObject({ reason: z.string().trim().min(1).max(2_000) });
