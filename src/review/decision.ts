import { SallyportError } from '../domain/errors.ts';
import type { ReviewItem, Remedy } from './item.ts';

/** `certify`: it stays as it is. `revoke`: it goes. `change`: less of it stays. `delegate`: somebody else is asked. */
export const DECISIONS = ['certify', 'revoke', 'change', 'delegate'] as const;
export type ReviewDecision = (typeof DECISIONS)[number];

/**
 * `open`: nobody answered. `certified`, `revoked`, `changed`: as somebody said. `lapsed`: nobody answered in time, and it was taken away.
 * `unanswered`: nobody answered in time, and it stays.
 */
export const ITEM_STATES = ['open', 'certified', 'revoked', 'changed', 'lapsed', 'unanswered'] as const;
export type ItemState = (typeof ITEM_STATES)[number];

/**
 * `none`: there is nothing to do. `done`: control did it. `task`: somebody has to. `failed`: control could not. `verified`: a later look did not
 * find it any more. `returned`: it was there again.
 */
export const REMEDY_STATES = ['none', 'done', 'task', 'failed', 'verified', 'returned'] as const;
export type RemedyState = (typeof REMEDY_STATES)[number];

const PLAIN: readonly string[] = ['info', 'low'];

/**
 * Guards against answers that nobody thought about: many at once are certified only where little is at stake and nothing is odd about
 * them. Throws `ERR_REQUEST_INVALID` with the first item that wants a look of its own.
 */
export function needLook(items: readonly Pick<ReviewItem, 'id' | 'severity' | 'outlier' | 'title'>[], decision: ReviewDecision): void {
  if (items.length <= 1 || decision !== 'certify') return;
  const grave = items.find(({ severity, outlier }) => !PLAIN.includes(severity) || outlier !== undefined);
  if (grave === undefined) return;
  throw new SallyportError('ERR_REQUEST_INVALID', `item ${grave.id} wants a look of its own: ${grave.outlier ?? `it is ${grave.severity}`}`, {
    remedy: 'Certify it alone, with its own reason; many at once are for what is of low severity.',
  });
}

/** What a decision makes control do. */
export function remedyFor({ revoke, change }: Pick<ReviewItem, 'revoke' | 'change'>, decision: ReviewDecision): Remedy | undefined {
  if (decision === 'revoke') return revoke;
  return decision === 'change' ? (change ?? { kind: 'task', what: 'change it as the reviewer said' }) : undefined;
}
