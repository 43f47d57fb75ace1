import { z } from 'zod';
import { SPAN, spanOf } from './package-shape.ts';

const DAY_MS = 24 * 60 * 60_000;
const WHO = z.string().min(1).max(300);

/** `reviews:` of sallyport.yaml: who is asked where an owner cannot be, how long there is to answer, and from when on something is worth asking about. */
export const REVIEWS_SHAPE = z.strictObject({
  standIns: z.union([z.strictObject({ group: WHO }), z.strictObject({ principal: WHO })]).exactOptional(),
  dueAfter: SPAN.exactOptional(),
  unusedAfter: z.enum(['30d', '60d', '90d']).exactOptional(),
  staleAfter: SPAN.exactOptional(),
  expiringWithin: SPAN.exactOptional(),
  exceptionsLongerThan: SPAN.exactOptional(),
});
export type ReviewsShape = z.infer<typeof REVIEWS_SHAPE>;

export interface ReviewsPolicy {
  readonly standIns?: NonNullable<ReviewsShape['standIns']>;
  readonly dueInDays: number;
  readonly thresholds: { readonly unusedDays?: 30 | 60 | 90; readonly staleDays?: number; readonly expiringDays?: number; readonly exceptionDays?: number };
}

const UNUSED_DAYS = { '30d': 30, '60d': 60, '90d': 90 } as const;
const DUE_DAYS = 14;

function days(span: string): number {
  return Math.max(1, Math.round(spanOf(span) / DAY_MS));
}

/** With its defaults; spans shorter than a day are one. */
export function readReviewsPolicy({ standIns, dueAfter, unusedAfter, staleAfter, expiringWithin, exceptionsLongerThan }: ReviewsShape): ReviewsPolicy {
  return {
    ...(standIns === undefined ? {} : { standIns }), dueInDays: dueAfter === undefined ? DUE_DAYS : days(dueAfter),
    thresholds: {
      ...(unusedAfter === undefined ? {} : { unusedDays: UNUSED_DAYS[unusedAfter] }), ...(staleAfter === undefined ? {} : { staleDays: days(staleAfter) }),
      ...(expiringWithin === undefined ? {} : { expiringDays: days(expiringWithin) }),
      ...(exceptionsLongerThan === undefined ? {} : { exceptionDays: days(exceptionsLongerThan) }),
    },
  };
}
