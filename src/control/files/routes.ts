import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import type { RecordEvent } from '../../domain/record.ts';
import { whoOf } from '../change.ts';
import type { Control } from '../control.ts';
import { route } from '../route.ts';
import type { Asked, Route } from '../route.ts';
import { findStored, listStored, putStored } from '../stored.ts';
import { FILE_WATCHES } from './answer.ts';
import { FILE_ACT, FILE_CHANGE, NEW_BASELINE, WATCH_NEWS } from './schema.ts';
import { watchOf } from './watches.ts';

/** Each act a part of control of its own, so that policy tells who may seal from who may unseal (`resource.name == "file-unseals"`). */
const ACTS: readonly (readonly [path: string, event: RecordEvent, summary: string])[] = [
  ['/file-seals', 'file.sealed', 'Secrets leave a client\'s file, or the file is encrypted: asked and recorded before it is done'],
  ['/file-unseals', 'file.unsealed', 'Secrets go back into a client\'s file: asked and recorded before it is done'],
  ['/file-restores', 'file.restored', 'A client\'s file becomes what it was: asked and recorded before it is done'],
  ['/file-enforcements', 'file.enforced', 'Managed settings of a client are written: asked and recorded before it is done'],
];

const WATCHED = { host: z.string().min(1).max(512), place: z.string().min(1).max(512) };

export const fileRoutes: readonly Route[] = [
  ...ACTS.map(([path, event, summary]) => route({
    method: 'POST', path, summary, access: 'protect', reach: 'space', body: FILE_ACT,
    act: async ({ admin, space, body: { reason, failed, ...detail } }, control): Promise<Json> => {
      await control.record({
        event, space, ...whoOf(admin), detail, ...(reason === undefined ? {} : { reason }), ...(failed === undefined ? {} : { code: failed }),
      });
      return {};
    },
  })),
  route({
    method: 'POST', path: '/file-changes', summary: 'A watcher says in what files are not what was approved', access: 'observe', reach: 'space',
    body: FILE_CHANGE,
    act: async ({ admin, space, body }, control): Promise<Json> => {
      await control.record({ event: 'file.changed', space, ...whoOf(admin), detail: body });
      return {};
    },
  }),
  route({
    method: 'POST', path: '/file-approvals', summary: 'Approve the files of a host as they are: its baseline', access: 'approve', reach: 'space',
    body: NEW_BASELINE,
    act: async (asked, control) => approve(asked, control),
  }),
  route({
    method: 'GET', path: '/file-approvals', summary: 'The baseline of a host that was approved last', access: 'observe', reach: 'space', query: WATCHED,
    act: async ({ space, query }, { store }): Promise<Json> => {
      const found = await findStored(store, 'file-baseline', space, idOf(query.host, query.place));
      return { baseline: found === undefined ? null : { root: found.body.root, number: found.body.number, at: found.body.at } };
    },
  }),
  route({
    method: 'POST', path: '/file-watches', summary: 'A watcher says that it watches, or that it stops', access: 'observe', reach: 'space', body: WATCH_NEWS,
    act: async ({ admin, space, body }, control): Promise<Json> => {
      await watchOf(control, { admin, space }, idOf(admin.id, body.host, body.place), body);
      return {};
    },
  }),
  route({
    method: 'GET', path: '/file-watches', summary: 'Who watches files on which hosts, who went silent, and what was approved there last', access: 'read',
    reach: 'space', answer: FILE_WATCHES,
    act: async ({ space }, { store }): Promise<Json> => ({
      watches: (await listStored(store, 'file-watch', space)).map(({ body }) => ({ ...body })),
      baselines: (await listStored(store, 'file-baseline', space)).map(({ body }) => ({ ...body })),
    }),
  }),
];

type Approval = Pick<Asked<unknown, z.infer<typeof NEW_BASELINE>>, 'admin' | 'space' | 'body'>;

/** Numbers only rise: an older baseline does not come back by being approved once more under its old number. Throws `ERR_CONFLICT`. */
async function approve({ admin, space, body }: Approval, control: Control): Promise<Json> {
  const { host, place, root, number, files, reason, ...detail } = body;
  const id = idOf(host, place);
  const known = await findStored(control.store, 'file-baseline', space, id);
  if (number <= (known?.body.number ?? 0)) {
    throw new SallyportError('ERR_CONFLICT', 'another baseline of this host was approved since', {
      remedy: 'Look at what differs, then approve anew: sallyport config baseline',
    });
  }
  if (known === undefined && (await listStored(control.store, 'file-baseline', space)).length >= LIMITS.watchesMax) throw tooMany();
  await control.record({ event: 'file.approved', space, ...whoOf(admin), reason, detail: { host, place, root, number, files, ...detail } });
  await putStored(control.store, 'file-baseline', space, id, { host, place, root, number, files, by: admin.id, at: control.now() }, admin.id);
  return { number };
}

function tooMany(): SallyportError {
  return new SallyportError('ERR_REQUEST_INVALID', `${LIMITS.watchesMax} hosts have baselines in this space`, {
    remedy: 'Use another space for further hosts.',
  });
}

function idOf(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 40);
}
