import type { Json } from '../../domain/json.ts';
import { readSpaceKill } from '../kill/kill.ts';
import { readStandingLimits } from '../manifest/limits.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { listStored, needStored, putStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import { RESET_REQUEST } from './schema.ts';
import type { StoredContext } from './schema.ts';
import { afterReset } from './visit.ts';

export const contextRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/contexts', summary: 'Flow contexts of the space, and what they carry', access: 'read', reach: 'space',
    act: async ({ space }, { store, now }) => {
      const frozen = new Set((await readSpaceKill(store, space)).contexts);
      const idleMs = (await readStandingLimits(store)).contextIdleMs;
      const contexts = (await listStored(store, 'context', space)).toSorted((one, other) => other.body.seenAt - one.body.seenAt);
      return { contexts: contexts.map((context) => presentContext(context, frozen, now() - idleMs)) };
    },
  }),
  route({
    method: 'GET', path: '/contexts/:key', summary: 'One flow context', access: 'read', reach: 'space',
    act: async ({ space, params }, { store, now }) => {
      const frozen = new Set((await readSpaceKill(store, space)).contexts);
      const idleMs = (await readStandingLimits(store)).contextIdleMs;
      return presentContext(await needStored(store, 'context', space, params['key'] ?? ''), frozen, now() - idleMs);
    },
  }),
  route({
    method: 'POST', path: '/contexts/:key/reset', summary: 'End a flow context: what it carried is forgotten', access: 'change', reach: 'space',
    body: RESET_REQUEST,
    act: async ({ admin, space, params, body }, control) => {
      const key = params['key'] ?? '';
      const now = control.now();
      const detail = { reason: body.reason };
      return control.change({ admin, space }, { resource: 'context', id: key, verb: 'reset', detail }, async (rows) => {
        const context = await needStored(rows, 'context', space, key);
        const next = afterReset(context.body, now);
        await rows.flow.clear(space, key);
        await putStored(rows, 'context', space, key, next, admin.id);
        const frozen = new Set((await readSpaceKill(rows, space)).contexts);
        return presentContext({ ...context, body: next }, frozen, 0);
      });
    },
  }),
];

function presentContext({ id, body }: Stored<StoredContext>, frozen: ReadonlySet<string>, idleSince: number): { readonly [key: string]: Json } {
  const { principal, agent, actors, since, seenAt, labels } = body;
  const state = frozen.has(id) ? 'frozen' : seenAt < idleSince ? 'ended' : 'open';
  return { key: id, state, principal, agent, actors, since, seenAt, labels: { ...labels } };
}
