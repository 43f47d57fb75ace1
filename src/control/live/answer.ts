import { z } from 'zod';

const RECORD = z.object({
  position: z.int(), id: z.string(), at: z.number(), category: z.string(), event: z.string(), exchange: z.string(),
  principal: z.string().exactOptional(), principalKind: z.string().exactOptional(), agent: z.string().exactOptional(), context: z.string().exactOptional(),
  server: z.string().exactOptional(), tool: z.string().exactOptional(), method: z.string().exactOptional(), action: z.string().exactOptional(),
  effect: z.string().exactOptional(), code: z.string().exactOptional(), reason: z.string().exactOptional(), latencyMs: z.number().exactOptional(),
  /** The gravest of its findings, and how many there are. */
  severity: z.string().exactOptional(), findings: z.int().exactOptional(),
});
/** What a live view shows of a record; the rest is asked for. */
export type LiveRecord = z.infer<typeof RECORD>;

/** One event of `GET /live`: its name, and what stands in its `data`. */
export const LIVE = z.discriminatedUnion('event', [
  /** First: as whom one is told. `records`: whether records come, too. */
  z.object({
    event: z.literal('hello'),
    data: z.object({ id: z.string(), space: z.string(), roles: z.array(z.string()), records: z.boolean(), at: z.number() }),
  }),
  /** Answers whose paths begin with these may be others now; `*`: all may. */
  z.object({ event: z.literal('changed'), data: z.object({ topics: z.array(z.string()) }) }),
  /** `dropped`: how many there were besides, too many to be told. */
  z.object({ event: z.literal('records'), data: z.object({ records: z.array(RECORD), dropped: z.int() }) }),
  z.object({ event: z.literal('beat'), data: z.object({ at: z.number() }) }),
  /** Last: why it ends. What was allowed when it began is not allowed now, or it is another now. */
  z.object({ event: z.literal('over'), data: z.object({ code: z.string(), reason: z.string() }) }),
]).meta({
  examples: [
    { event: 'hello', data: { id: 'https://localhost:7444|ana', space: 'default', roles: ['analyst'], records: true, at: 1_790_000_000_000 } },
    { event: 'changed', data: { topics: ['audit', 'approvals'] } },
  ],
});
export type Live = z.infer<typeof LIVE>;
