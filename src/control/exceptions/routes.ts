import { SallyportError } from '../../domain/errors.ts';
import { LEARN_MS_MAX } from '../../policy/learn.ts';
import { removal } from '../removal.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { listStored, needStored, putStored } from '../stored.ts';
import { EXCEPTIONS } from './answer.ts';
import { NEW_EXCEPTION } from './schema.ts';

const DAY_MS = 24 * 60 * 60_000;
const LIFE_MS_MAX = 366 * DAY_MS;

export const exceptionRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/exceptions', summary: 'Exceptions of the space, ended ones too', access: 'read', reach: 'space', answer: EXCEPTIONS,
    act: async ({ space }, { store, now }) => ({
      exceptions: (await listStored(store, 'exception', space)).map(({ id, body }) => ({ id, state: body.expiresAt > now() ? 'active' : 'expired', ...body })),
    }),
  }),
  route({
    method: 'POST', path: '/exceptions', summary: 'Except something from the rules, for a reason and a time',
    access: 'change', reach: 'space', body: NEW_EXCEPTION,
    act: async ({ admin, space, body }, control) => {
      const id = Bun.randomUUIDv7();
      const createdAt = control.now();
      checkLife(body.expiresAt - createdAt, body.scope.kind === 'learn' ? LEARN_MS_MAX : LIFE_MS_MAX);
      const exception = { ...body, createdAt };
      return control.change({ admin, space }, { resource: 'exception', id, verb: 'add', detail: exception }, async (rows) => {
        if (body.scope.kind === 'vendor') await needStored(rows, 'vendor', space, body.scope.vendor);
        else if (body.scope.kind !== 'package') await needStored(rows, 'server', space, body.scope.server);
        await putStored(rows, 'exception', space, id, exception, admin.id);
        return { id, state: 'active', ...exception };
      });
    },
  }),
  removal('exception', '/exceptions/:id', 'End an exception'),
];

function checkLife(lifeMs: number, lifeMsMax: number): void {
  if (lifeMs > 0 && lifeMs <= lifeMsMax) return;
  throw new SallyportError(
    'ERR_REQUEST_INVALID', `body.expiresAt: it ends in the future, within ${Math.floor(lifeMsMax / DAY_MS)} days`,
    { remedy: 'Make it a policy if it is meant to stay.' },
  );
}
