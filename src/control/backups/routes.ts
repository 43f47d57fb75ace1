import { z } from 'zod';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { whoOf } from '../change.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';

const MADE = z.strictObject({
  id: z.uuid(), createdAt: z.int(), bytes: z.int(), sha256: z.string().regex(/^[0-9a-f]{64}$/), snapshot: z.int(), records: z.int(),
  recipients: z.array(z.string().max(3_000)).max(16),
});

export const backupRoutes: readonly Route[] = [
  route({
    method: 'POST', path: '/backups', summary: 'Put on record that a backup was made, of what, and for whom', access: 'change', reach: 'organisation',
    local: true, body: MADE,
    act: async ({ admin, body }, { record }) => {
      await record({ event: 'backup.created', space: DEFAULT_SPACE, ...whoOf(admin), snapshot: body.snapshot, detail: body });
      return {};
    },
  }),
];
