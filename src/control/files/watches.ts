import type { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { whoOf } from '../change.ts';
import type { By, Control } from '../control.ts';
import { findStored, listStored, putStored } from '../stored.ts';
import type { WATCH_NEWS } from './schema.ts';

/** So many times may a watcher not be heard before it is silent: one beat may be lost. */
const BEATS = 3;

type Watching = Pick<Control, 'store' | 'record' | 'now'>;

/**
 * What a watcher says of itself. That it stops is on record, and so is that it was interrupted: killed, and started again. The
 * row is of who says it: nobody else's word keeps a silent one alive, nor ends one. Throws `ERR_REQUEST_INVALID` beyond the limit.
 */
export async function watchOf({ store, record, now }: Watching, { admin, space }: By, id: string, news: z.infer<typeof WATCH_NEWS>): Promise<void> {
  const { host, place, everyMs, state, reason } = news;
  const known = await findStored(store, 'file-watch', space, id);
  if (known === undefined && (await listStored(store, 'file-watch', space)).length >= LIMITS.watchesMax) {
    throw new SallyportError('ERR_REQUEST_INVALID', `${LIMITS.watchesMax} watchers are known in this space`, {
      remedy: 'Use another space for further hosts.',
    });
  }
  if (state !== 'watching') {
    await record({ event: 'watch.stopped', space, ...whoOf(admin), ...(reason === undefined ? {} : { reason }), detail: { host, place, state } });
  }
  const at = now();
  const isNew = known?.body.state !== 'watching';
  await putStored(store, 'file-watch', space, id, {
    host, place, principal: admin.id, everyMs, since: isNew ? at : known.body.since, seenAt: at, state: state === 'stopped' ? 'stopped' : 'watching',
  }, admin.id);
}

/** Puts on record, once each, which watchers have not been heard for too long: killed, cut off, or their host is gone. */
export async function noteSilence({ store, record, now }: Watching): Promise<void> {
  for (const { id, space, body } of await listStored(store, 'file-watch')) {
    if (body.state !== 'watching' || now() - body.seenAt <= BEATS * body.everyMs) continue;
    const { host, place, principal, seenAt } = body;
    await record({ event: 'watch.stopped', space, principal, principalKind: 'workload', detail: { host, place, state: 'silent', seenAt } });
    await putStored(store, 'file-watch', space, id, { ...body, state: 'silent' }, 'control');
  }
}
