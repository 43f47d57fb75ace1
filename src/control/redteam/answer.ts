import { z } from 'zod';
import { OUTCOMES } from '../../redteam/outcome.ts';

const COUNT = z.int().nonnegative();
const OUTCOME = z.enum(OUTCOMES);
const NAMES = z.array(z.string());

/** One rehearsal in a list: how many scenarios ended how. Times are epoch ms. */
const RUN_ROW = z.object({
  id: z.string(), startedAt: z.number(), endedAt: z.number(), source: z.string(), agent: z.string(), seed: z.string(), isolated: z.boolean(), red: COUNT,
  regressed: COUNT, prevented: COUNT, detected: COUNT, missed: COUNT, void: COUNT,
});
export type RunRow = z.infer<typeof RUN_ROW>;

const RAN = {
  id: '019a0000-0000-7000-8000-000000000000', startedAt: 1_790_000_000_000, endedAt: 1_790_000_240_000, source: 'live', agent: 'scripted', seed: 'november',
  isolated: true,
} as const;

export const REDTEAM_RUNS = z.object({ runs: z.array(RUN_ROW) }).meta({
  examples: [{ runs: [{ ...RAN, red: 0, regressed: 0, prevented: 40, detected: 3, missed: 0, void: 0 }] }],
});
export type RedteamRuns = z.infer<typeof REDTEAM_RUNS>;

const SHOWN_BY = z.object({
  position: COUNT, event: z.string(), server: z.string().optional(), tool: z.string().optional(), code: z.string().optional(), policies: NAMES.optional(),
  findings: NAMES.optional(),
});

/** What became of one scenario; `red` says why it is not as claimed. */
const RESULT = z.object({
  id: z.string(), title: z.string(), incident: z.number().optional(), techniques: NAMES, claim: z.string(), outcome: OUTCOME,
  acted: z.array(z.object({ control: z.string(), shows: NAMES })), silent: NAMES, red: z.string().optional(),
  harm: z.array(z.object({ what: z.string(), evidence: z.string() })), evidence: z.array(SHOWN_BY), tookMs: z.number(),
});
export type RedteamResult = z.infer<typeof RESULT>;

const TECHNIQUE = z.object({ technique: z.string(), outcome: OUTCOME, scenarios: NAMES, controls: NAMES });

const DIFFERENCE = z.object({ scenario: z.string(), was: z.string(), is: z.string(), lost: NAMES, regressed: z.boolean() });

/** One rehearsal with all of its evidence. `before`: the one that it is compared with. */
export const REDTEAM_RUN_SHOWN = z.object({
  id: z.string(), startedAt: z.number(), endedAt: z.number(), source: z.string(), agent: z.string(), seed: z.string(), isolated: z.boolean(),
  configuration: z.string(), leftOut: NAMES, without: z.string().optional(), before: z.string().optional(), by: z.string().optional(),
  results: z.array(RESULT), techniques: z.array(TECHNIQUE), differences: z.array(DIFFERENCE),
}).meta({
  examples: [{
    ...RAN, configuration: '0'.repeat(64), leftOut: ['gateway'], by: 'https://login.example|nina', differences: [],
    results: [{
      id: 'money-to-a-new-account', title: 'A letter makes the agent pay', techniques: ['AML.T0051.001'], claim: 'prevented', outcome: 'prevented',
      acted: [{ control: 'untrusted-destination', shows: ['default/untrusted-destination'] }], silent: [], harm: [], tookMs: 259,
      evidence: [{ position: 160, event: 'call.denied', server: 'bank', tool: 'transfer', code: 'ERR_APPROVAL_REQUIRED' }],
    }],
    techniques: [{ technique: 'AML.T0051.001', outcome: 'prevented', scenarios: ['money-to-a-new-account'], controls: ['untrusted-destination'] }],
  }],
});
export type RedteamRun = z.infer<typeof REDTEAM_RUN_SHOWN>;
