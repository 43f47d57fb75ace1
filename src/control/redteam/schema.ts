import { z } from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import { OUTCOMES, type RunReport, type ScenarioResult } from '../../redteam/outcome.ts';
import { CLAIMS } from '../../redteam/scenario.ts';

const WORD = z.string().min(1).max(200);
const TEXT = z.string().max(1_000);
const WORDS = z.array(WORD).max(200);
const MOMENT = z.int().nonnegative();

const EVIDENCE = z.strictObject({
  position: z.int().nonnegative(), event: WORD, server: WORD.exactOptional(), tool: WORD.exactOptional(), code: WORD.exactOptional(),
  policies: WORDS.exactOptional(), findings: WORDS.exactOptional(),
});

const RESULT: z.ZodType<ScenarioResult> = z.strictObject({
  id: WORD, title: WORD, incident: z.int().min(1).max(1_000).exactOptional(), techniques: WORDS, claim: z.enum(CLAIMS), outcome: z.enum(OUTCOMES),
  acted: z.array(z.strictObject({ control: WORD, shows: WORDS })).max(200), silent: WORDS, red: TEXT.exactOptional(),
  harm: z.array(z.strictObject({ what: WORD, evidence: TEXT })).max(50), evidence: z.array(EVIDENCE).max(LIMITS.redteamEvidenceMax), tookMs: MOMENT,
});

const RUN = {
  startedAt: MOMENT, endedAt: MOMENT, seed: WORD, configuration: z.string().regex(/^[0-9a-f]{64}$/), source: z.enum(['shipped', 'live', 'file']),
  isolated: z.boolean(), leftOut: WORDS, agent: WORD, without: WORD.exactOptional(), results: z.array(RESULT).min(1).max(LIMITS.redteamScenariosMax),
} as const;

/** A run as whoever did it hands it in. What differs from the run before, control finds out itself. */
export const RUN_REQUEST = z.strictObject(RUN);
export type RunRequest = z.infer<typeof RUN_REQUEST>;

const OUTCOME_OR_ABSENT = z.union([z.enum(OUTCOMES), z.literal('absent')]);

/** A run as it is kept. */
export const REDTEAM_RUN: z.ZodType<RunReport & { readonly by: string }> = z.strictObject({
  ...RUN, id: WORD, by: z.string().max(2_000), before: WORD.exactOptional(),
  techniques: z.array(z.strictObject({
    technique: WORD, outcome: z.enum(OUTCOMES), scenarios: z.array(WORD).max(LIMITS.redteamScenariosMax), controls: WORDS,
  })),
  differences: z.array(z.strictObject({ scenario: WORD, was: OUTCOME_OR_ABSENT, is: OUTCOME_OR_ABSENT, lost: WORDS, regressed: z.boolean() })),
});
