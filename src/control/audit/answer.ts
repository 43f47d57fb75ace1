import { z } from 'zod';

const COUNT = z.int().nonnegative();

/**
 * `calls`: tools, prompts and resources that were permitted. `denials`: what was refused, either way. `held`: waits that people
 * were asked about. `failures`: failed, cancelled, or unknown. `findings`: of detectors that are on.
 */
export const SUMS = { calls: COUNT, denials: COUNT, held: COUNT, failures: COUNT, findings: COUNT } as const;

/** The highest that was seen of each. */
export const CARRIED = z.object({ confidentiality: z.string().exactOptional(), categories: z.array(z.string()), untrusted: z.boolean() });

/** Positions of the ledger below `known` are counted in, of as many as `end`. */
const REACH = { known: COUNT, end: COUNT } as const;

/** A flow context in sum; times are epoch ms. */
const SESSION = z.object({
  context: z.string(), principal: z.string().exactOptional(), principalKind: z.string().exactOptional(), agent: z.string().exactOptional(),
  firstAt: z.number(), lastAt: z.number(), records: COUNT, ...SUMS, severity: z.string().exactOptional(), labels: CARRIED,
  servers: z.array(z.object({ server: z.string(), calls: COUNT, denials: COUNT })),
});

/**
 * `next`: where to go on in the direction asked for (`cursor`); there may be more even where this page is short. `total`: how many
 * match, where they were counted; with `totalIsLeast` there are more.
 */
export const SESSION_LIST = z.object({
  sessions: z.array(SESSION), ...REACH, next: z.string().exactOptional(), total: COUNT.exactOptional(), totalIsLeast: z.boolean().exactOptional(),
}).meta({
  examples: [{
    sessions: [{
      context: '6f1c9f0f7b0d4a6f', principal: 'p_0123456789abcdef0123', principalKind: 'person', agent: 'desk', firstAt: 1_790_000_000_000,
      lastAt: 1_790_000_060_000, records: 14, calls: 5, denials: 1, held: 1, failures: 0, findings: 2, severity: 'high',
      labels: { confidentiality: 'confidential', categories: ['pii'], untrusted: true }, servers: [{ server: 'crm', calls: 5, denials: 1 }],
    }],
    known: 812, end: 812, next: '1790000060000~6f1c9f0f7b0d4a6f', total: 100_000,
  }],
});
export type SessionList = z.infer<typeof SESSION_LIST>;

/**
 * What was done by time: one row in all, or one an agent or server, those with most first. `fields`: what stands in a cell; times
 * without a cell had nothing. `others`: rows that are not shown.
 */
export const ACTIVITY = z.object({
  unit: z.enum(['minute', 'hour']), since: z.number(), until: z.number(), fields: z.tuple([
    z.literal('start'), z.literal('calls'), z.literal('denials'), z.literal('held'), z.literal('failures'), z.literal('findings'),
  ]),
  rows: z.array(z.object({ name: z.string(), ...SUMS, cells: z.array(z.array(z.number())) })), others: COUNT, ...REACH,
}).meta({
  examples: [{
    unit: 'hour', since: 1_790_000_000_000, until: 1_790_086_400_000, fields: ['start', 'calls', 'denials', 'held', 'failures', 'findings'],
    rows: [{ name: 'crm', calls: 41, denials: 2, held: 1, failures: 0, findings: 3, cells: [[1_790_002_800_000, 41, 2, 1, 0, 3]] }], others: 0,
    known: 90, end: 90,
  }],
});
export type Activity = z.infer<typeof ACTIVITY>;
