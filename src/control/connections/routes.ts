import { z } from 'zod';
import type { Json } from '../../domain/json.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { CONNECTIONS } from './answer.ts';
import { listStored, needStored, type Stored } from '../stored.ts';
import type { Connection } from './schema.ts';

export const connectionRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/connections', summary: 'Accounts that people connected, without what opens them', access: 'read', reach: 'space',
    answer: CONNECTIONS,
    query: { server: z.string().exactOptional(), principal: z.string().exactOptional() },
    act: async ({ space, query }, { store }) => {
      const all = await listStored(store, 'connection', space);
      const wanted = all.filter(({ body }) => (query.server ?? body.server) === body.server && (query.principal ?? body.principal) === body.principal);
      return { connections: wanted.map(presentConnection) };
    },
  }),
  route({
    method: 'DELETE', path: '/connections/:id', summary: 'End a connection here and at its provider; gateways drop its token at once',
    access: 'change', reach: 'space',
    act: async ({ admin, space, params }, { store, connections }) => {
      const connection = await needStored(store, 'connection', space, params['id'] ?? '');
      await connections.end(connection, admin.id);
      return presentConnection(await needStored(store, 'connection', space, connection.id));
    },
  }),
];

function presentConnection({ id, body }: Stored<Connection>): Json {
  const { sealed: _, provider, endedAt, ...rest } = body;
  return { id, ...rest, provider: provider.issuer, endedAt: endedAt ?? null };
}
