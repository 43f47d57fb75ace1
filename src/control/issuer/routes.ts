import { z } from 'zod';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { readPublished } from './published.ts';

export const issuerRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/issuer', summary: 'The embedded issuer: its name and public keys', access: 'read', reach: 'organisation',
    act: async (_asked, { store }) => {
      const published = await readPublished(store);
      return published === undefined ? { issuer: null, jwks: { keys: [] } } : { ...published };
    },
  }),
  route({
    method: 'POST', path: '/issuer/registration-tokens', summary: 'A token with which one client may register itself within the hour; it is shown this once',
    access: 'change', reach: 'organisation',
    act: async ({ admin }, control) => {
      const token = await control.issuer().makeRegistrationToken();
      await control.record({ event: 'client.changed', space: DEFAULT_SPACE, principal: admin.id, action: 'client.invite' });
      return { token, expiresAt: control.now() + LIMITS.registrationTokenMs };
    },
  }),
  route({
    method: 'POST', path: '/issuer/keys/rotate',
    summary: 'Sign with the next key; tokens of the one before stay good until they end, unless keys are compromised',
    access: 'govern', reach: 'organisation',
    body: z.strictObject({ compromised: z.boolean().default(false) }).default({ compromised: false }),
    act: async ({ body }, control) => ({ kid: await control.issuer().rotate(body.compromised) }),
  }),
];
