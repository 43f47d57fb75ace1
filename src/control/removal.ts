import { route } from './route.ts';
import type { Route } from './route.ts';
import { deleteStored, type StoredKind } from './stored.ts';

/** The route that removes one row which nothing else hangs on. A change that leaves policies without their objects does not compile, and is refused. */
export function removal(kind: StoredKind, path: string, summary: string): Route {
  return route({
    method: 'DELETE', path, summary, access: 'change', reach: 'space',
    act: async ({ admin, space, params }, control) => {
      const id = params['id'] ?? '';
      return control.change({ admin, space }, { resource: kind, id, verb: 'remove' }, async (rows) => {
        await deleteStored(rows, kind, space, id, admin.id);
        return { id };
      });
    },
  });
}
