import { z } from 'zod';

const PLAYBOOK_LINE = z.object({
  id: z.string(), slug: z.string().optional(), name: z.string(), version: z.string(), origin: z.string(), automatic: z.boolean(), steps: z.int(),
});
export const PLAYBOOKS = z.object({ playbooks: z.array(PLAYBOOK_LINE) }).meta({
  examples: [{
    playbooks: [{
      id: 'playbook--0a0b0c0d-0000-4000-8000-000000000000', slug: 'prompt-injection', name: 'Orders in data', version: '2026-11-23T00:00:00.000Z',
      origin: 'shipped', automatic: false, steps: 18,
    }],
  }],
});
export type Playbooks = z.infer<typeof PLAYBOOKS>;

const RUN_LINE = z.object({
  id: z.string(), playbook: z.string(), name: z.string(), incident: z.string(), mode: z.string(), state: z.string(), reason: z.string(), startedAt: z.number(),
  startedBy: z.string(), endedAt: z.number().optional(), waiting: z.array(z.int()), done: z.int(),
});
const RUN = {
  id: '019a0000-0000-7000-8000-000000000001', playbook: 'playbook--0a0b0c0d-0000-4000-8000-000000000000', name: 'Orders in data',
  incident: '019a0000-0000-7000-8000-000000000000', mode: 'step', state: 'running', reason: 'an incident', startedAt: 1_790_000_000_000,
  startedBy: 'p_0123456789abcdef0123', waiting: [2], done: 1,
} as const;
export const PLAYBOOK_RUNS = z.object({ runs: z.array(RUN_LINE), total: z.int() }).meta({ examples: [{ runs: [RUN], total: 1 }] });
export type PlaybookRuns = z.infer<typeof PLAYBOOK_RUNS>;

/** What a step is, what it waits for and what came of it. `people` do it, or control does a `request`; `answers`: what people are asked by it. */
const STEP = z.object({
  n: z.int(), name: z.string(), kind: z.enum(['people', 'request']), who: z.string(), does: z.array(z.string()), state: z.string(), tries: z.int(),
  answers: z.array(z.string()).optional(), with: z.record(z.string(), z.json()).optional(), content: z.string().optional(), by: z.string().optional(),
  note: z.string().optional(), proposal: z.string().optional(), startedAt: z.number().optional(), endedAt: z.number().optional(),
});
export type PlaybookStep = z.infer<typeof STEP>;

export const PLAYBOOK_RUN_SHOWN = RUN_LINE.extend({
  steps: z.array(STEP), variables: z.record(z.string(), z.json()),
  wayBack: z.array(z.object({ containment: z.string(), step: z.int(), name: z.string(), lift: z.string() })).optional(),
  guidance: z.array(z.string()).optional(),
}).meta({
  examples: [{
    ...RUN, variables: {}, steps: [{ n: 2, name: 'Look at the session', kind: 'people', who: 'analyst', does: ['Look at it.'], state: 'waiting', tries: 0 }],
  }],
});
export type PlaybookRunShown = z.infer<typeof PLAYBOOK_RUN_SHOWN>;
