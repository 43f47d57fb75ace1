import { z } from 'zod';
import { SEVERITIES } from '../../domain/finding.ts';
import { LIMITS } from '../../domain/limits.ts';
import { ABOUT_KINDS } from '../../incident/group.ts';
import { WORDS } from '../names.ts';

const COUNT = z.int().nonnegative();

/** `suppressed` is open again when its time is over. `resolved`: mended; it opens again if it comes back. */
export const FINDING_STATES = ['open', 'acknowledged', 'suppressed', 'resolved'] as const;

const DEED = z.strictObject({
  at: z.number(), by: z.string(), did: z.enum(['acknowledged', 'suppressed', 'resolved', 'reopened', 'returned', 'worsened']), reason: z.string(),
  until: z.number().exactOptional(),
});
export type Deed = z.infer<typeof DEED>;

/** Findings of one detector and rule about one thing; the row's id is a digest of these. */
export const FINDING_GROUP = z.strictObject({
  detector: z.string(), rule: z.string(), about: z.strictObject({ kind: z.enum(ABOUT_KINDS), name: z.string() }),
  /** The gravest of them. */
  severity: z.enum(SEVERITIES),
  count: COUNT,
  /** Of them, those that came while it was suppressed. */
  silenced: COUNT,
  firstAt: z.number(), lastAt: z.number(),
  outcomes: z.strictObject({ stopped: COUNT, passed: COUNT, seen: COUNT }),
  /** The last ones that it was found in. */
  exchanges: z.array(z.string()),
  /** `YYYY-MM-DD` (UTC) → how many; the last days on which there were any. */
  days: z.record(z.string(), COUNT),
  state: z.enum(FINDING_STATES),
  until: z.number().exactOptional(),
  /** What was done about it, the last last. */
  deeds: z.array(DEED),
});
export type FindingGroup = z.infer<typeof FINDING_GROUP>;

/** That nobody wants to hear of a group for a while: what follows the ledger looks here, and nowhere else. */
export const FINDING_SILENCE = z.strictObject({ until: z.number() });

/** One day's findings of a space; the row's id is the day. */
export const FINDING_DAY = z.strictObject({ severities: z.record(z.string(), COUNT), detectors: z.record(z.string(), COUNT), silenced: COUNT });
export type FindingDay = z.infer<typeof FINDING_DAY>;

export const LIST = {
  state: z.enum([...FINDING_STATES, 'all']).default('open'), severity: z.enum(SEVERITIES).exactOptional(), detector: z.string().max(100).exactOptional(),
  kind: z.enum(ABOUT_KINDS).exactOptional(), text: z.string().min(1).max(300).exactOptional(), since: z.coerce.number().int().nonnegative().exactOptional(),
  limit: z.coerce.number().int().min(1).max(LIMITS.findingsShownMax).default(200),
} as const;

export const ACKNOWLEDGE = z.strictObject({ reason: WORDS }).meta({ examples: [{ reason: 'the vendor was told; a new version comes on Friday' }] });
/** `until`: epoch ms. */
export const SUPPRESS = z.strictObject({ reason: WORDS, until: z.int().nonnegative() }).meta({
  examples: [{ reason: 'test data of this server looks like card numbers', until: 1_791_000_000_000 }],
});
export const RESOLVE = z.strictObject({ reason: WORDS }).meta({ examples: [{ reason: 'the definition was pinned again' }] });
export const REOPEN = z.strictObject({ reason: WORDS }).meta({ examples: [{ reason: 'it was something else' }] });
