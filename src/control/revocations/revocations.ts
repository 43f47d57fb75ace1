import { createHash } from 'node:crypto';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Rows } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { findStored, listStored, putStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import type { REVOCATION } from './schema.ts';
import type { z } from 'zod';

export type StoredRevocation = z.infer<typeof REVOCATION>;

/** What is dead and could otherwise still be alive. */
export async function listRevocations(rows: Rows, now: number): Promise<readonly Stored<StoredRevocation>[]> {
  return (await listStored(rows, 'revocation', DEFAULT_SPACE)).filter(({ body }) => body.until > now);
}

/** Durable, and in a new lease on its way to every gateway, when it resolves. What has ended by itself is forgotten beside it. */
export async function addRevocation(
  control: Pick<Control, 'store' | 'lease' | 'now'>, revocation: Omit<StoredRevocation, 'revokedAt'>, by: string,
): Promise<void> {
  const now = control.now();
  await control.store.transaction(async (rows) => {
    for (const { id, body } of await listStored(rows, 'revocation', DEFAULT_SPACE)) {
      if (body.until <= now) await rows.delete('revocation', DEFAULT_SPACE, id, { by });
    }
    const id = revocationId(revocation.credential);
    const before = await findStored(rows, 'revocation', DEFAULT_SPACE, id);
    // Ended twice, it stays ended for the longer time.
    const until = Math.max(revocation.until, before?.body.until ?? 0);
    await putStored(rows, 'revocation', DEFAULT_SPACE, id, { ...revocation, until, revokedAt: before?.body.revokedAt ?? now }, by);
  });
  await control.lease.renew();
}

export async function isRevoked(rows: Rows, credentials: readonly string[]): Promise<boolean> {
  for (const credential of credentials) if ((await rows.get('revocation', DEFAULT_SPACE, revocationId(credential))) !== undefined) return true;
  return false;
}

function revocationId(credential: string): string {
  return createHash('sha256').update(credential).digest('hex').slice(0, 32);
}
