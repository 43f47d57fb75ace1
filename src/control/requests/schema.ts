import { z } from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import { WORDS } from '../names.ts';
import { NEW_SERVER } from '../servers/schema.ts';

const WHEN = z.strictObject({ by: z.string(), at: z.int() });
const ADDRESS = z.url({ protocol: /^https?$/ }).max(LIMITS.uriLengthMax)
  .refine((url) => !/^[a-z]+:\/\/[^/]*@/i.test(url), { error: 'must not hold a user name or password' });

/** What somebody wants: a version of a catalogue, an address, or a package in its launcher's words (`npx -y name@1.2.3`). */
const WANTED = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('entry'), entry: z.string().min(3).max(600) }),
  z.strictObject({ kind: z.literal('remote'), url: ADDRESS }),
  z.strictObject({ kind: z.literal('command'), command: z.array(z.string().min(1).max(1000)).min(1).max(50) }),
]);

export const NEW_REQUEST = z.strictObject({ wanted: WANTED, purpose: WORDS });

export const REVIEW = z.strictObject({
  /** What will be declared, exactly. */
  definition: NEW_SERVER,
  note: WORDS,
});

const REQUEST_STATES = ['requested', 'reviewed', 'approved', 'refused', 'withdrawn'] as const;

/** A server that somebody asked for, and what became of that. */
export const REGISTRY_REQUEST = z.strictObject({
  wanted: WANTED,
  purpose: WORDS,
  requester: z.strictObject({ id: z.string(), at: z.int() }),
  state: z.enum(REQUEST_STATES),
  review: REVIEW.extend({
    by: z.string(), at: z.int(),
    /** Of the request and the definition: what is approved. */
    digest: z.string(),
    /** What was known of it then, for the approver. */
    facts: z.array(z.string().max(2_000)).max(100),
  }).exactOptional(),
  approval: WHEN.exactOptional(),
  refusal: WHEN.extend({ reason: WORDS }).exactOptional(),
  expiresAt: z.int(),
});
export type RegistryRequest = z.infer<typeof REGISTRY_REQUEST>;
