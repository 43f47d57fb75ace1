import { z } from 'zod';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { deleteStored, needStored } from '../stored.ts';
import { listConsents } from './consents.ts';

export const consentRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/consents', summary: 'What people agreed that clients may do for them', access: 'read', reach: 'organisation',
    query: { person: z.string().max(200).exactOptional() },
    act: async ({ query }, { store, now }) => ({ consents: (await listConsents(store, now(), query.person)).map(({ id, body }) => ({ id, ...body })) }),
  }),
  route({
    method: 'DELETE', path: '/consents/:id', summary: 'Take a consent back: the person is asked again before the client gets another token',
    access: 'stop', reach: 'organisation',
    act: async ({ admin, params }, control) => {
      const id = params['id'] ?? '';
      const { person, client } = (await needStored(control.store, 'consent', DEFAULT_SPACE, id)).body;
      await control.change({ admin, space: DEFAULT_SPACE }, { resource: 'consent', id, verb: 'revoke', detail: { person, client } }, async (rows) => {
        await deleteStored(rows, 'consent', DEFAULT_SPACE, id, admin.id);
      });
      return { id };
    },
  }),
];
