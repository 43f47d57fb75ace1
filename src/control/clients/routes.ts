import { createHash, randomBytes } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { deleteStored, findStored, listStored, putStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import { clientIdOf, isOwnClient } from './find.ts';
import { NEW_CLIENT } from './schema.ts';
import type { StoredClient } from './schema.ts';

const SECRET_BYTES = 32;

export const clientRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/clients', summary: 'Pre-registered clients of the embedded issuer', access: 'read', reach: 'space',
    act: async ({ space }, { store }) => ({ clients: (await listStored(store, 'client', space)).map(present) }),
  }),
  route({
    method: 'POST', path: '/clients', summary: 'Register a client; its secret, if it has one, is shown this once', access: 'change', reach: 'space',
    body: NEW_CLIENT,
    act: async ({ admin, space, body: { id, ...body } }, control) => {
      const secret = body.authentication === 'client_secret_basic' ? `spc_${randomBytes(SECRET_BYTES).toString('base64url')}` : undefined;
      const client: StoredClient = {
        ...body, createdAt: control.now(), ...(secret === undefined ? {} : { secretHash: createHash('sha256').update(secret).digest('hex') }),
      };
      const { authentication, grantTypes, redirectUris } = client;
      const what = { resource: 'client', id, verb: 'register', detail: { authentication, grantTypes, redirectUris } };
      await control.change({ admin, space }, what, async (rows) => {
        if (isOwnClient(clientIdOf(space, id)) || await findStored(rows, 'client', space, id) !== undefined) {
          throw new SallyportError('ERR_CONFLICT', `the client "${id}" is registered already`, { remedy: 'Remove it first, or choose another name.' });
        }
        await putStored(rows, 'client', space, id, client, admin.id);
      });
      return { ...present({ id, space, body: client }), ...(secret === undefined ? {} : { secret }) };
    },
  }),
  route({
    method: 'DELETE', path: '/clients/:id', summary: 'Remove a client: it gets no more tokens; those that it has end within minutes',
    access: 'change', reach: 'space',
    act: async ({ admin, space, params }, control) => {
      const id = params['id'] ?? '';
      await control.change({ admin, space }, { resource: 'client', id, verb: 'remove' }, (rows) => deleteStored(rows, 'client', space, id, admin.id));
      return { id };
    },
  }),
];

/** Never the secret, nor its hash. */
function present({ id, space, body: { name, redirectUris, grantTypes, dpop, authentication, keys, createdAt } }: Stored<StoredClient>): JsonObject {
  return { id, clientId: clientIdOf(space, id), name, redirectUris, grantTypes, dpop, authentication, keys: keys.length, createdAt };
}
