import { z } from 'zod';
import { route } from '../route.ts';
import type { Route } from '../route.ts';

const ORDER = z.strictObject({ order: z.string().max(40_000) });

export const recoveryRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/recovery', summary: 'Whether this installation was restored, and waits for an order of two people',
    access: 'read', reach: 'organisation',
    act: async (_, { recovery }) => recovery.status(),
  }),
  route({
    method: 'POST', path: '/recovery/orders',
    summary: 'Apply a recovery order that two people have signed: calls flow again, and roles go back by no more than it says',
    access: 'change', reach: 'organisation', body: ORDER, local: true,
    act: async ({ admin, body }, { recovery }) => {
      const { id, from, to, signers, expiresAt } = await recovery.apply(body.order, admin);
      return { id, from, to, signers, expiresAt };
    },
  }),
];
