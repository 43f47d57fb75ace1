import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { addRevocation, listRevocations } from './revocations.ts';
import { NEW_REVOCATION } from './schema.ts';

export const revocationRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/revocations', summary: 'Credentials and sign-ins that were ended before their time', access: 'read', reach: 'organisation',
    act: async (_asked, { store, now }) => ({ revocations: (await listRevocations(store, now())).map(({ body }) => ({ ...body })) }),
  }),
  route({
    method: 'POST', path: '/revocations', summary: 'End a credential or a whole sign-in; gateways obey at once, open calls end',
    access: 'stop', reach: 'organisation',
    body: NEW_REVOCATION,
    act: async ({ admin, body: { credential, reason, ttlMs } }, control) => {
      const until = control.now() + ttlMs;
      await control.record({ event: 'token.revoked', space: DEFAULT_SPACE, principal: admin.id, reason, detail: { credential, until } });
      await addRevocation(control, { credential, reason, until }, admin.id);
      return { credential, reason, until };
    },
  }),
];
