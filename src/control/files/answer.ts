import { z } from 'zod';

const WATCH_ROW = z.object({
  host: z.string(), place: z.string(), principal: z.string(), everyMs: z.number(), since: z.number(), seenAt: z.number(),
  state: z.enum(['watching', 'stopped', 'silent']),
});
export type WatchRow = z.infer<typeof WATCH_ROW>;

const BASELINE_ROW = z.object({ host: z.string(), place: z.string(), root: z.string(), number: z.number(), files: z.number(), by: z.string(), at: z.number() });
export type BaselineRow = z.infer<typeof BASELINE_ROW>;

const PLACE = { host: 'laptop-7', place: '/home/mia' } as const;

/** Watchers, and the baseline that was approved last of each place. Times are epoch ms. */
export const FILE_WATCHES = z.object({ watches: z.array(WATCH_ROW), baselines: z.array(BASELINE_ROW) }).meta({
  examples: [{
    watches: [{ ...PLACE, principal: 'mia', everyMs: 60_000, since: 1_790_000_000_000, seenAt: 1_790_000_900_000, state: 'watching' }],
    baselines: [{ ...PLACE, root: '0'.repeat(64), number: 3, files: 7, by: 'https://localhost:7444|0198c4d2', at: 1_790_000_000_000 }],
  }],
});
export type FileWatches = z.infer<typeof FILE_WATCHES>;
