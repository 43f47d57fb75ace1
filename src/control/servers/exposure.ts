import { judgeExposure, requireExposure } from '../../registry/exposure.ts';
import type { ExposureException, ExposureFinding } from '../../registry/exposure.ts';
import type { Rows } from '../../store/store.ts';
import { findStored, listStored, needStored, putStored } from '../stored.ts';
import type { ReadAnswer } from './read.ts';
import type { ServerFinding, StoredServer } from './schema.ts';

/** Keeps what a reading found out; a local server has nothing of that kind. */
export async function keepExposure(rows: Rows, space: string, id: string, { exposure }: ReadAnswer, examinedAt: number, by: string): Promise<void> {
  const { body: { endpoint } } = await needStored(rows, 'server', space, id);
  if (exposure === null || endpoint.transport === 'stdio') await rows.delete('exposure', space, id, { by });
  else await putStored(rows, 'exposure', space, id, { examinedAt, url: endpoint.url, ...exposure }, by);
}

/** How a server is exposed, for people: each finding with what to do about it, and until when it is accepted. */
export async function findExposure(rows: Rows, space: string, id: string, now: number): Promise<readonly ServerFinding[]> {
  const { body } = await needStored(rows, 'server', space, id);
  const accepted = (await exceptionsOf(rows, space)).filter(({ server, expiresAt }) => server === id && expiresAt > now);
  return (await judge(rows, space, id, body)).map(({ rule, severity, message, remedy }): ServerFinding => {
    const until = Math.max(...accepted.filter((one) => one.rule === rule).map(({ expiresAt }) => expiresAt));
    return { rule, severity, message: `${message}; ${Number.isFinite(until) ? `accepted until ${new Date(until).toISOString()}` : remedy}` };
  });
}

/** Throws `ERR_EXPOSURE` with every failure that nobody took responsibility for; what was never examined is the worst. */
export async function checkExposure(rows: Rows, space: string, id: string, now: number): Promise<void> {
  const { body } = await needStored(rows, 'server', space, id);
  requireExposure(id, await judge(rows, space, id, { ...body, status: 'scanned' }), await exceptionsOf(rows, space), now);
}

async function judge(rows: Rows, space: string, id: string, server: StoredServer): Promise<readonly ExposureFinding[]> {
  const { endpoint, hosting, status } = server;
  if (endpoint.transport === 'stdio') return [];
  const { url, allowPrivate } = endpoint;
  const kept = (await findStored(rows, 'exposure', space, id))?.body;
  const seen = kept?.url === url ? kept : undefined;
  // Before the first look only what the entry itself says can be found.
  const unseen = status === 'declared' && seen === undefined ? false : undefined;
  return judgeExposure({
    url, hosting, allowPrivate,
    answersUnauthenticated: seen?.answersUnauthenticated ?? unseen,
    acceptsForeignOrigin: seen?.acceptsForeignOrigin ?? unseen,
  });
}

async function exceptionsOf(rows: Rows, space: string): Promise<readonly ExposureException[]> {
  return (await listStored(rows, 'exception', space)).flatMap(({ body: { scope, expiresAt } }) =>
    scope.kind === 'exposure' ? [{ server: scope.server, rule: scope.rule, expiresAt }] : []);
}
