import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { readApprovers } from '../approvals/approvers.ts';
import { whoOf } from '../change.ts';
import type { Control } from '../control.ts';
import { route, type Admin, type Route } from '../route.ts';
import { listStored, needStored } from '../stored.ts';
import { QUARANTINE, QUARANTINED_SHOWN } from './answer.ts';
import { endQuarantine, openAnswer, type Quarantined } from './keep.ts';
import { END } from './schema.ts';

/** Answers that policy withholds for a person. */
export const quarantineRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/quarantine', summary: 'Answers that wait for a person, and what became of earlier ones', access: 'approve', reach: 'space',
    answer: QUARANTINE,
    act: async ({ space }, { store, now }) => {
      const kept = (await listStored(store, 'quarantined', space)).filter(({ body }) => body.expiresAt > now());
      return { quarantined: kept.map(summarize) };
    },
  }),
  route({
    method: 'GET', path: '/quarantine/:id', summary: 'One answer whole, as it came; that it was opened is on record', access: 'investigate', reach: 'space',
    answer: QUARANTINED_SHOWN,
    act: async ({ admin, space, params }, control) => {
      const one = await needStored(control.store, 'quarantined', space, params['id'] ?? '');
      const { id, body: { sealed, exchange } } = one;
      if (sealed === undefined) return summarize(one);
      await control.record({ event: 'body.opened', space, ...whoOf(admin), exchange, detail: { id, resource: 'quarantined' } });
      return { ...summarize(one), answer: await openAnswer(control.vault, space, id, sealed) };
    },
  }),
  route({
    method: 'POST', path: '/quarantine/:id/release', summary: 'Let the same call have this answer, once', access: 'approve', reach: 'space', body: END,
    act: ({ admin, space, params, body }, control) => end(control, admin, space, params['id'] ?? '', 'released', body.reason),
  }),
  route({
    method: 'POST', path: '/quarantine/:id/drop', summary: 'Destroy an answer that was withheld', access: 'approve', reach: 'space', body: END,
    act: ({ admin, space, params, body }, control) => end(control, admin, space, params['id'] ?? '', 'dropped', body.reason),
  }),
];

async function end(control: Control, admin: Admin, space: string, id: string, state: 'released' | 'dropped', reason: string): Promise<Json> {
  return control.store.transaction(async (rows) => {
    const one = await needStored(rows, 'quarantined', space, id);
    const { solo, isRequester } = await readApprovers(rows, space);
    const { asked } = one.body;
    if (state === 'released' && !solo && (asked === undefined || isRequester({ body: asked }, admin.id))) {
      throw new SallyportError('ERR_APPROVER', 'who asked for an answer does not release it', { remedy: 'Ask somebody else who may approve.' });
    }
    await endQuarantine(control, rows, one, state, { by: admin.id, reason });
    return { id, state };
  });
}

function summarize({ id, body: { sealed: _said, digest: _of, asked: _who, findings, policies, end: ended, shape, ...rest } }: Quarantined): JsonObject {
  return {
    id, ...rest, shape, policies: [...policies], findings: findings.map((finding) => ({ ...finding })), ...(ended === undefined ? {} : { end: { ...ended } }),
  };
}
