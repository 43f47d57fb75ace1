import { z } from 'zod';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { readPublished } from '../issuer/published.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { needStored } from '../stored.ts';
import { listConsents, revokeConsent } from './consents.ts';

export const consentRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/consents', summary: 'What people agreed that clients may do for them', access: 'read', reach: 'organisation',
    query: { person: z.string().max(200).exactOptional() },
    act: async ({ query }, { store, now }) => ({ consents: (await listConsents(store, now(), query.person)).map(({ id, body }) => ({ id, ...body })) }),
  }),
  route({
    method: 'DELETE', path: '/consents/:id', summary: 'Take a consent back: its tokens are dead, and the person is asked again',
    access: 'stop', reach: 'organisation',
    act: async ({ admin, params }, control) => {
      const found = await needStored(control.store, 'consent', DEFAULT_SPACE, params['id'] ?? '');
      await revokeConsent(control, (await readPublished(control.store))?.issuer ?? '', found, admin.id);
      return { id: found.id };
    },
  }),
];
