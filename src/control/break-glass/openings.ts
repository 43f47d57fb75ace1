import { createHash } from 'node:crypto';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { Control } from '../control.ts';
import type { Admin } from '../route.ts';
import { listStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import type { Opening } from './schema.ts';

export type StoredOpening = Stored<Opening>;

/** Only its digest is kept. */
export function hashOfToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Whether an opened access still is one: it ends by itself. */
export function isOpen({ endsAt, closedAt }: Opening, now: number): boolean {
  return closedAt === undefined && now < endsAt;
}

export function principalOfOpening(id: string): string {
  return `sallyport|break-glass/${id}`;
}

/** Who a break-glass token makes its bearer: what was opened, where it was opened, until it ends. Nothing: no such access. */
export async function findOpening({ store, now }: Control, token: string): Promise<Admin | undefined> {
  const hash = hashOfToken(token);
  const found = (await listStored(store, 'opening', DEFAULT_SPACE)).find(({ body }) => body.tokenHash === hash);
  if (found === undefined || !isOpen(found.body, now())) return undefined;
  const { space, access, openedAt } = found.body;
  return {
    id: principalOfOpening(found.id), may: ['self', ...access.filter((one) => one !== 'self')],
    proof: { via: 'break-glass', kind: 'workload', groups: [], proof: 'bearer', issuedAt: openedAt, space },
  };
}

/** What of the break-glass everybody must see: what is open, what nobody reviewed yet, and what of that is overdue. */
export interface Alarms {
  readonly open: readonly string[];
  readonly unreviewed: readonly string[];
  readonly overdue: readonly string[];
}

export function alarmsOf(openings: readonly StoredOpening[], now: number): Alarms {
  const unreviewed = openings.filter(({ body }) => body.review === undefined);
  return {
    open: openings.filter(({ body }) => isOpen(body, now)).map(({ id }) => id),
    unreviewed: unreviewed.map(({ id }) => id),
    overdue: unreviewed.filter(({ body }) => now - body.openedAt > LIMITS.breakGlassReviewMs).map(({ id }) => id),
  };
}
