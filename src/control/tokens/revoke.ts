import type { Rows } from '../../store/store.ts';
import { listStored, putStored } from '../stored.ts';

/** An agent's tokens end with its registration: without it they would have no ceiling at all. */
export async function revokeTokensOf(rows: Rows, space: string, agent: string, by: string, now: number): Promise<void> {
  for (const { id, body } of await listStored(rows, 'token', space)) {
    if (body.agent === agent && body.revokedAt === undefined && body.expiresAt > now) {
      await putStored(rows, 'token', space, id, { ...body, revokedAt: now }, by);
    }
  }
}
