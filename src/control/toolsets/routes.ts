import type { Rows } from '../../store/store.ts';
import { NAME } from '../names.ts';
import { removal } from '../removal.ts';
import { route, validate } from '../route.ts';
import type { Route } from '../route.ts';
import { listStored, needStored, putStored } from '../stored.ts';
import { TOOLSETS } from './answer.ts';
import { TOOLSET } from './schema.ts';

export const toolsetRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/toolsets', summary: 'Toolsets of the space', access: 'read', reach: 'space', answer: TOOLSETS,
    act: async ({ space }, { store }) => ({ toolsets: (await listStored(store, 'toolset', space)).map(({ id, body }) => ({ id, ...body })) }),
  }),
  route({
    method: 'PUT', path: '/toolsets/:id', summary: 'Make or replace a toolset', access: 'change', reach: 'space', body: TOOLSET,
    act: async ({ admin, space, params, body }, control) => {
      const id = validate(NAME, params['id'], 'id');
      const what = { resource: 'toolset', id, verb: 'put', detail: { members: body.members.map((member) => member.server) } };
      return control.change({ admin, space }, what, async (rows) => {
        await checkMembers(rows, space, body.members);
        await putStored(rows, 'toolset', space, id, body, admin.id);
        return { id, ...body };
      });
    },
  }),
  removal('toolset', '/toolsets/:id', 'Remove a toolset'),
];

async function checkMembers(rows: Rows, space: string, members: readonly { readonly server: string }[]): Promise<void> {
  for (const { server } of members) await needStored(rows, 'server', space, server);
}
