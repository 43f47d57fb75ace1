import { z } from 'zod';
import { JOB_KINDS } from '../domain/job.ts';

/** `schedule:` of sallyport.yaml: what runs by itself, and how often. What it does not name does not run by itself. */

const EVERY = z.string().regex(/^[1-9]\d{0,2}(?:min|h|d|w)$/, 'must be a time such as 15min, 6h, 1d or 13w')
  .refine((text) => msOfEvery(text) <= 53 * 7 * 86_400_000, { error: 'must be 53w at most' });

/** `15min`, `6h`, `1d`, `13w` → ms. */
export function msOfEvery(text: string): number {
  const [, count = '', unit = ''] = /^(\d+)(min|h|d|w)$/.exec(text) ?? [];
  const ms: Readonly<Record<string, number>> = { min: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };
  return Number(count) * (ms[unit] ?? 0);
}

export const SCHEDULE_SHAPE = z.partialRecord(z.enum(JOB_KINDS), z.strictObject({ every: EVERY }));
