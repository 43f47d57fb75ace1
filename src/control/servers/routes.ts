import type { Kit } from '../../detect/edition/kit.ts';
import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { EFFECTS } from '../../domain/server.ts';
import type { Rows } from '../../store/store.ts';
import { WORDS } from '../names.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { deleteStored, findStored, listStored, needStored, putStored } from '../stored.ts';
import { SERVERS, SERVER_DEFINITIONS, SERVER_DIFF, SERVER_SHOWN } from './answer.ts';
import { approveServer } from './approve.ts';
import { quarantinedNames } from '../containments/standing.ts';
import { showDiff } from './diff.ts';
import { countFindings, inspectSurface } from './definitions.ts';
import { presentDefinitions, presentSummary } from './present.ts';
import { showServer } from './show.ts';
import { declareServer } from './declare.ts';
import { enrolServer } from './enrol.ts';
import { withdrawListings } from '../registry/publish.ts';
import { NEW_SERVER } from './schema.ts';

const APPROVAL = z.strictObject({
  /** Digest of what was shown: if the candidate is another by now, nothing is approved. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  /** When what was shown was read: another place may say the very same, and be read since. */
  scannedAt: z.number().exactOptional(),
  /** Tool → effect, as the administrator confirms it. */
  effects: z.record(z.string(), z.enum(EFFECTS)).default({}),
});

const readRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/servers', summary: 'Servers of the space', access: 'read', reach: 'space', answer: SERVERS,
    act: async ({ space }, { store, now }) => {
      const contained = await quarantinedNames(store, now());
      const baselines = new Map((await listStored(store, 'baseline', space)).map(({ id, body }) => [id, body]));
      const drifting = new Set((await listStored(store, 'drift', space)).map(({ id }) => id));
      const refused = new Set((await listStored(store, 'refused', space)).map(({ id }) => id));
      const servers = await listStored(store, 'server', space);
      return {
        servers: servers.map((server) => ({
          ...presentSummary(server, baselines.get(server.id)), drift: drifting.has(server.id), refused: refused.has(server.id),
          ...(contained.has(`${space}/${server.id}`) ? { contained: true } : {}),
        })),
      };
    },
  }),
  route({
    method: 'GET', path: '/servers/:id', summary: 'All that is known of a server', access: 'read', reach: 'space', answer: SERVER_SHOWN,
    act: ({ space, params }, control) => showServer(control.store, space, params['id'] ?? '', control),
  }),
  route({
    method: 'GET', path: '/servers/:id/diff', summary: 'What the candidate changes against what is approved', access: 'read', reach: 'space',
    answer: SERVER_DIFF,
    act: ({ space, params }, { store }) => showDiff(store, space, params['id'] ?? ''),
  }),
  route({
    method: 'GET', path: '/servers/:id/definitions', summary: 'What the server says of itself, whole: the candidate, else what is approved',
    access: 'read', reach: 'space', answer: SERVER_DEFINITIONS,
    act: async ({ space, params }, { store }) => {
      const id = params['id'] ?? '';
      await needStored(store, 'server', space, id);
      const known = (await findStored(store, 'candidate', space, id)) ?? (await findStored(store, 'baseline', space, id));
      return known === undefined ? {} : presentDefinitions(known.body.surface);
    },
  }),
];

const changeRoutes: readonly Route[] = [
  route({
    method: 'POST', path: '/servers', summary: 'Declare a server; nothing can be called on it until it is approved',
    access: 'change', reach: 'space', body: NEW_SERVER,
    act: ({ admin, space, body }, control) => declareServer({ admin, space }, body, control),
  }),
  route({
    method: 'POST', path: '/servers/:id/scan', summary: 'Read everything the server says, through the gate; the result waits for approval',
    access: 'change', reach: 'space',
    act: ({ admin, space, params }, control) => enrolServer({ admin, space }, params['id'] ?? '', control),
  }),
  route({
    method: 'POST', path: '/servers/:id/approve', summary: 'Make the candidate the baseline: from now on the allow-list',
    access: 'approve', reach: 'space', body: APPROVAL,
    act: async ({ admin, space, params, body }, control) => {
      const id = params['id'] ?? '';
      const now = control.now();
      const { kit } = control.knowledge.detecting;
      return control.change({ admin, space }, {
        resource: 'server', id, verb: 'approve',
        detail: { digest: body.digest, effects: body.effects, findings: await foundIn(control.store, space, id, body.digest, kit) },
      }, async (rows) => {
        await approveServer(rows, { space, id, by: admin.id, now, kit, ...body });
        return showServer(rows, space, id, control);
      });
    },
  }),
  route({
    method: 'POST', path: '/servers/:id/quarantine', summary: 'Stop a server now, until it is approved again', access: 'stop', reach: 'space',
    body: z.strictObject({ reason: WORDS }),
    act: async ({ admin, space, params, body }, control) => {
      const id = params['id'] ?? '';
      return control.change({ admin, space }, { resource: 'server', id, verb: 'quarantine', detail: { reason: body.reason } }, async (rows) => {
        const server = await needStored(rows, 'server', space, id);
        await putStored(rows, 'server', space, id, { ...server.body, status: 'quarantined', reason: body.reason }, admin.id);
        return showServer(rows, space, id, control);
      });
    },
  }),
  route({
    method: 'DELETE', path: '/servers/:id', summary: 'Remove a server and its baseline', access: 'change', reach: 'space',
    act: async ({ admin, space, params }, control) => {
      const id = params['id'] ?? '';
      return control.change({ admin, space }, { resource: 'server', id, verb: 'remove' }, async (rows) => {
        await checkUnused(rows, space, id);
        await withdrawListings(rows, space, id, admin.id, control.now());
        await deleteStored(rows, 'server', space, id, admin.id);
        for (const kind of ['baseline', 'candidate', 'drift', 'exposure', 'refused'] as const) await rows.delete(kind, space, id, { by: admin.id });
        return { id };
      });
    },
  }),
];

export const serverRoutes: readonly Route[] = [...readRoutes, ...changeRoutes];

/** What the approver was shown of what is approved, by rule. */
async function foundIn(rows: Rows, space: string, id: string, digest: string, kit: Kit): Promise<JsonObject> {
  const known = [await findStored(rows, 'candidate', space, id), await findStored(rows, 'baseline', space, id)];
  const surface = known.find((one) => one?.body.digest === digest)?.body.surface;
  return surface === undefined ? {} : countFindings(inspectSurface(id, surface, kit));
}

async function checkUnused(rows: Rows, space: string, id: string): Promise<void> {
  const users = (await listStored(rows, 'toolset', space)).filter(({ body }) => body.members.some((member) => member.server === id));
  if (users.length === 0) return;
  throw new SallyportError(
    'ERR_CONFLICT', `the server is in ${users.map((toolset) => `toolset "${toolset.id}"`).join(', ')}`, { remedy: 'Take it out of there first.' },
  );
}
