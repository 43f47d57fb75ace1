import { z } from 'zod';
import { CARRIED } from './answer.ts';

const COUNT = z.int().nonnegative();

/** One line of a story: what happened, in words; `position` is of the record that says so. */
const STEP = z.object({
  kind: z.string(), at: z.number(), position: COUNT, exchange: z.string().optional(), server: z.string().optional(), tool: z.string().optional(),
  says: z.string(), details: z.array(z.string()),
});

const VISITED = z.object({
  server: z.string(), calls: COUNT, denied: COUNT, failed: COUNT, sentBytes: COUNT, receivedBytes: COUNT, carried: z.string(), marked: z.boolean(),
  tools: z.array(z.object({ tool: z.string(), calls: COUNT, denied: COUNT })),
});

const FLOW = z.object({ from: z.string(), to: z.string(), carried: z.string(), calls: COUNT, denied: COUNT });

/** One session, told: its steps, the oldest first, and the servers that it went to with what may have flowed between them. */
export const SESSION_STORY = z.object({
  session: z.object({
    context: z.string(), principal: z.string().optional(), agent: z.string().optional(), firstAt: z.number(), lastAt: z.number(), records: COUNT,
    calls: COUNT, denials: COUNT, failures: COUNT, findings: COUNT, severity: z.string().optional(),
    labels: CARRIED,
  }).nullable(),
  told: z.object({ steps: z.array(STEP), graph: z.object({ who: z.string(), agent: z.string(), servers: z.array(VISITED), flows: z.array(FLOW) }) }),
  /** Where older records go on (`after`). */
  next: COUNT.optional(), damaged: COUNT, known: COUNT, end: COUNT,
});
export type SessionStory = z.infer<typeof SESSION_STORY>;
