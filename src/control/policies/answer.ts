import { z } from 'zod';

const POLICY_ROW = z.object({ id: z.string(), file: z.string(), source: z.string(), digest: z.string() });
export type PolicyRow = z.infer<typeof POLICY_ROW>;

/** Policy files; `digest` is what a change made of this text says as `was`. */
export const POLICIES = z.object({ policies: z.array(POLICY_ROW) }).meta({
  examples: [{
    policies: [{ id: 'crm.cedar', file: 'crm.cedar', source: 'permit (principal, action, resource);', digest: 'e3b0c44298fc1c149afbf4c8996fb924' }],
  }],
});
export type Policies = z.infer<typeof POLICIES>;

const MATRIX_ROW = z.object({ server: z.string(), tool: z.string(), effect: z.string(), cells: z.array(z.enum(['allow', 'deny', 'unknown'])) });
export type MatrixRow = z.infer<typeof MATRIX_ROW>;

/** Each tool against each agent that has a token; `cells` are one a principal, in their order. `unknown`: it depends on arguments or the moment. */
export const MATRIX = z.object({
  principals: z.array(z.object({ id: z.string(), agent: z.string(), groups: z.array(z.string()) })), rows: z.array(MATRIX_ROW),
});
export type Matrix = z.infer<typeof MATRIX>;

/** Why an exchange was decided as it was; each decision with the policies that it came of. */
export const EXPLAINED = z.object({
  exchange: z.string(),
  decisions: z.array(z.object({
    event: z.string(), at: z.number(), summary: z.string(),
    principal: z.string().optional(), agent: z.string().optional(), action: z.string().optional(), server: z.string().optional(), tool: z.string().optional(),
    code: z.string().optional(), shadow: z.array(z.string()).optional(),
    policies: z.array(z.object({ id: z.string(), words: z.string(), place: z.string().optional(), text: z.string().optional() })),
  })),
});
export type Explained = z.infer<typeof EXPLAINED>;

const ATTRIBUTES = z.record(z.string(), z.object({ type: z.string(), values: z.array(z.string()) }));

/** The words that policies are written with. `entities`: by type, the ids that there are; `attributes`: of principal, resource and context. */
export const VOCABULARY = z.object({
  actions: z.array(z.string()), entities: z.record(z.string(), z.array(z.string())),
  attributes: z.object({ principal: ATTRIBUTES, resource: ATTRIBUTES, context: ATTRIBUTES }),
});
export type Vocabulary = z.infer<typeof VOCABULARY>;

/** What the compiler says. */
export const CHECKED = z.object({
  ok: z.boolean(),
  diagnostics: z.array(z.object({
    severity: z.enum(['error', 'warning']), file: z.string(), line: z.number(), column: z.number(), code: z.string(), message: z.string(), remedy: z.string(),
  })),
});
export type Checked = z.infer<typeof CHECKED>;

/** What came of policy tests. */
export const TESTED = CHECKED.extend({
  results: z.array(z.object({ file: z.string(), name: z.string(), passed: z.boolean(), difference: z.string().optional() })),
});
export type Tested = z.infer<typeof TESTED>;

const JUDGED = z.object({ outcome: z.string(), policies: z.array(z.string()) });
const SHARE = z.object({ name: z.string(), decisions: z.number(), changed: z.number(), undecidable: z.number() });

/** A line of a simulation: how far it has come, what came of it at last, or why it came to nothing. */
const SIMULATED_REPORT = z.object({
  decisions: z.number(), unchanged: z.number(), changes: z.record(z.string(), z.number()),
  undecidable: z.object({ count: z.number(), why: z.record(z.string(), z.number()) }),
  policies: z.array(z.object({ policy: z.string(), change: z.string(), count: z.number() })), agents: z.array(SHARE), tools: z.array(SHARE),
  examples: z.array(z.object({
    exchange: z.string(), at: z.number(), change: z.string(), agent: z.string(), server: z.string(), tool: z.string(), was: JUDGED, is: JUDGED.nullable(),
  })),
  damaged: z.number(), erasures: z.number(), payloads: z.boolean(),
});
export type Simulated = z.infer<typeof SIMULATED_REPORT>;
export const SIMULATED_LINE = z.union([
  z.object({ progress: z.object({ decisions: z.number(), at: z.number() }) }), z.object({ report: SIMULATED_REPORT }),
  z.object({ failed: z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() }) }),
]);
export type SimulatedLine = z.infer<typeof SIMULATED_LINE>;
