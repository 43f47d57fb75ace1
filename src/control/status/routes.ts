import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { alarmsOf } from '../break-glass/openings.ts';
import type { Killed } from '../../domain/snapshot.ts';
import { presentDetection } from '../knowledge/detection.ts';
import { readNetwork } from '../manifest/settings.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { listStored } from '../stored.ts';

export const statusRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/status', summary: 'What is in force, and how each role is', access: 'read', reach: 'space',
    act: async ({ admin, space }, control) => {
      const { snapshots, lease } = control;
      const now = control.now();
      const network = await readNetwork(control.store);
      return {
        now,
        snapshot: snapshots.current === undefined ? null : { version: snapshots.current.version, ageMs: now - snapshots.current.createdAt },
        problems: snapshots.problems,
        lease: lease.current === undefined ? null : { ageMs: now - lease.current.lease.issuedAt, endsInMs: lease.current.lease.expiresAt - now },
        killed: lease.current === undefined ? null : killedIn(lease.current.lease.killed, admin.organisation === true ? '' : `${space}/`),
        revoked: lease.current?.lease.revokedCredentials.length ?? 0,
        detection: presentDetection(control),
        network: { listen: network.listen, publicUrl: network.publicUrl },
        roles: { control: true, ...(await control.roles()) },
        breakGlass: { ...alarmsOf(await listStored(control.store, 'opening', DEFAULT_SPACE), now) },
      };
    },
  }),
];

/** What is stopped in other spaces is named to nobody who administers one alone. */
function killedIn({ all, ...lists }: Killed, start: string): { readonly [key: string]: boolean | readonly string[] } {
  return { all, ...Object.fromEntries(Object.entries(lists).map(([kind, names]) => [kind, names.filter((name) => name.startsWith(start))])) };
}
