import { z } from 'zod';

const RECORD = z.looseObject({
  position: z.int(), id: z.string(), at: z.number(), category: z.string(), event: z.string(), exchange: z.string(), node: z.string(),
  principal: z.string().optional(), agent: z.string().optional(), context: z.string().optional(), server: z.string().optional(),
  tool: z.string().optional(), action: z.string().optional(), code: z.string().optional(),
  findings: z.array(z.looseObject({ severity: z.string() })).optional(),
});
/** A record as whoever asks may see it. */
export type LogRecord = z.infer<typeof RECORD>;

/** `known` of `end` records are indexed; `next`: where older ones go on; `damaged`: places that could not be read. */
export const LOG_RECORDS = z.object({
  records: z.array(RECORD), damaged: z.int(), known: z.int(), end: z.int(), next: z.int().optional(), total: z.int().optional(),
  counts: z.array(z.looseObject({ count: z.int() })).optional(),
});
export type LogRecords = z.infer<typeof LOG_RECORDS>;

/** What shows that records stand in the log: the signed checkpoint; of each its leaf, the way to the root, and its line where no name is hidden. */
export const LOG_PROOF = z.object({
  vkey: z.string(), note: z.string(),
  records: z.array(z.object({
    position: z.int(), leaf: z.string(), proof: z.array(z.string()), line: z.string().optional(), record: z.record(z.string(), z.unknown()).nullable(),
  })),
});
export type LogProof = z.infer<typeof LOG_PROOF>;

export const HOLDS = z.object({
  holds: z.array(z.looseObject({
    id: z.string(), reason: z.string(), by: z.string(), at: z.number().optional(), person: z.string().optional(), exchange: z.string().optional(),
    context: z.string().optional(), server: z.string().optional(),
  })),
});
export type Holds = z.infer<typeof HOLDS>;
