import { z } from 'zod';
import { MANIFEST_REQUEST } from '../manifest/schema.ts';
import { NAME, WORDS } from '../names.ts';

const FILE = z.string().min(1).max(500);
const TEXT = z.string().max(4 * 1024 * 1024);

/** Cedar text, and the name under which diagnostics speak of it. */
export const POLICY = z.strictObject({ file: FILE, source: TEXT });

/** `was`: the digest of the text that this one was made from, '' for none; where something else stands there now, it is refused. */
export const POLICY_WISH = POLICY.extend({ was: z.string().max(64).exactOptional() });

const POLICY_FILES = z.array(z.strictObject({ file: FILE, text: TEXT })).max(10_000);
export const CHECK_REQUEST = z.strictObject({ policies: POLICY_FILES });
/** Tests as YAML text, and policies to use instead of those in force; absent: those in force. */
export const TEST_REQUEST = z.strictObject({ cases: POLICY_FILES.min(1), policies: POLICY_FILES.exactOptional() });

const AT = z.int().nonnegative();
/** What is looked at instead of what is in force; nothing named: what is stored. `enforce`: policies in shadow that are to hold. */
const CANDIDATE = z.strictObject({
  manifest: MANIFEST_REQUEST.omit({ dryRun: true }).exactOptional(),
  policies: POLICY_FILES.exactOptional(),
  proposal: z.string().min(1).max(64).exactOptional(),
  enforce: z.array(z.string().min(1).max(256)).max(100).exactOptional(),
}).refine(({ manifest, policies, proposal }) => [manifest, policies, proposal].filter((one) => one !== undefined).length <= 1, {
  error: 'must be one of a manifest, policies and a proposal',
});
export type CandidateWish = z.infer<typeof CANDIDATE>;

const WINDOW = {
  /** Epoch ms, `until` exclusive; absent: until now. */
  since: AT, until: AT.exactOptional(),
  agent: z.string().min(1).max(512).exactOptional(), server: NAME.exactOptional(), tool: z.string().min(1).max(1024).exactOptional(),
  principal: z.string().min(1).max(512).exactOptional(),
  /** Why payloads are to be opened; absent: they stay closed, and what depends on them is undecidable. */
  reason: WORDS.exactOptional(),
} as const;

export const SIMULATE_REQUEST = z.strictObject({ ...WINDOW, candidate: CANDIDATE.exactOptional(), reveal: z.boolean().exactOptional() });
export type SimulateWish = z.infer<typeof SIMULATE_REQUEST>;

export const ANALYSE_REQUEST = z.strictObject({ candidate: CANDIDATE.exactOptional(), agent: z.string().min(1).max(512).exactOptional() });
export type AnalyseWish = z.infer<typeof ANALYSE_REQUEST>;

/** `limits`: policies that forbid what was not used; `permits`: such as permit what was, to stand instead of others. */
export const SUGGEST_REQUEST = z.strictObject({
  ...WINDOW, by: z.enum(['agent', 'group']).default('agent'), form: z.enum(['limits', 'permits']).default('limits'),
});
export type SuggestWish = z.infer<typeof SUGGEST_REQUEST>;
