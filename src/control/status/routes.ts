import { readNetwork } from '../manifest/settings.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';

export const statusRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/status', summary: 'What is in force, and how each role is', access: 'read', reach: 'space',
    act: async (_asked, control) => {
      const { snapshots, lease } = control;
      const now = control.now();
      const network = await readNetwork(control.store);
      return {
        now,
        snapshot: snapshots.current === undefined ? null : { version: snapshots.current.version, ageMs: now - snapshots.current.createdAt },
        problems: snapshots.problems,
        lease: lease.current === undefined ? null : { ageMs: now - lease.current.lease.issuedAt, endsInMs: lease.current.lease.expiresAt - now },
        killed: lease.current === undefined ? null : { ...lease.current.lease.killed },
        revoked: lease.current?.lease.revokedCredentials.length ?? 0,
        network: { listen: network.listen, publicUrl: network.publicUrl },
        roles: { control: true, ...(await control.roles()) },
      };
    },
  }),
];
