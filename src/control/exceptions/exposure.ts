import type { Rows } from '../../store/store.ts';
import { listStored } from '../stored.ts';

/** Whether someone took responsibility, until a later time than now, for one exposure finding of a server. */
export async function hasExposureException(rows: Rows, space: string, server: string, rule: string, now: number): Promise<boolean> {
  const exceptions = await listStored(rows, 'exception', space);
  return exceptions.some(({ body }) => body.expiresAt > now && body.scope.kind === 'exposure' && body.scope.server === server && body.scope.rule === rule);
}
