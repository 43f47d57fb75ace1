import { z } from 'zod';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { readPublished } from './published.ts';

export const issuerRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/issuer', summary: 'The embedded issuer: its name and public keys', access: 'read',
    act: async (_asked, { store }) => {
      const published = await readPublished(store);
      return published === undefined ? { issuer: null, jwks: { keys: [] } } : { ...published };
    },
  }),
  route({
    method: 'POST', path: '/issuer/keys/rotate', summary: 'Sign with the next key; tokens of the one before stay good until they end, unless keys are compromised', access: 'change',
    body: z.strictObject({ compromised: z.boolean().default(false) }).default({ compromised: false }),
    act: async ({ body }, control) => ({ kid: await control.issuer().rotate(body.compromised) }),
  }),
];
