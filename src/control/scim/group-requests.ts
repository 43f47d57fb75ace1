import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Rows } from '../../store/store.ts';
import { deleteStored, listStored, needStored, putStored } from '../stored.ts';
import { scimResponse } from './fault.ts';
import { fits, readFilter } from './filter.ts';
import { checkedGroup, patchGroup, presentGroup, readGroup } from './groups.ts';
import type { StoredGroup } from './groups.ts';
import { pageOf } from './page.ts';
import { readPatch } from './patch.ts';
import type { ScimAction, ScimRequest } from './web.ts';

const FILTERED = ['displayName', 'externalId', 'id'];

/** `/Groups` (RFC 7644 section 3). */
export const groupRequests: readonly ScimAction[] = [
  {
    method: 'GET', path: '/Groups',
    run: async ({ web, control, base }) => {
      const { searchParams } = web.url;
      const filter = readFilter(searchParams.get('filter'), FILTERED);
      const all = await listStored(control.store, 'group', DEFAULT_SPACE);
      const meant = all.filter(({ id, body: { displayName, externalId } }) =>
        filter === undefined || fits(filter, { displayName, externalId, id }[filter.attribute]));
      return scimResponse(200, pageOf(meant, searchParams, (group) => presentGroup(group, base, showsMembers(searchParams))));
    },
  },
  {
    method: 'GET', path: '/Groups/:id',
    run: async ({ web, control, base, id }) =>
      scimResponse(200, presentGroup(await needStored(control.store, 'group', DEFAULT_SPACE, id), base, showsMembers(web.url.searchParams))),
  },
  {
    method: 'POST', path: '/Groups',
    run: async (request) => {
      const { control, base, body } = request;
      const id = Bun.randomUUIDv7();
      const at = control.now();
      const said = readGroup(body);
      const group = await change(request, id, 'create', async () => ({ id, space: DEFAULT_SPACE, body: { ...said, createdAt: at, changedAt: at } }));
      return scimResponse(201, presentGroup(group, base, true), { location: `${base}/Groups/${id}` });
    },
  },
  {
    method: 'PUT', path: '/Groups/:id',
    run: async (request) => {
      const { control, base, body, id } = request;
      const at = control.now();
      const said = readGroup(body);
      const group = await change(request, id, 'replace', async (rows) => {
        const { body: { createdAt } } = await needStored(rows, 'group', DEFAULT_SPACE, id);
        return { id, space: DEFAULT_SPACE, body: { ...said, createdAt, changedAt: at } };
      });
      return scimResponse(200, presentGroup(group, base, true));
    },
  },
  {
    method: 'PATCH', path: '/Groups/:id',
    run: async (request) => {
      const { control, base, body, id } = request;
      const at = control.now();
      const steps = readPatch(body);
      const group = await change(request, id, 'change', async (rows) => {
        const stored = await needStored(rows, 'group', DEFAULT_SPACE, id);
        return { ...stored, body: patchGroup(stored.body, steps, at) };
      });
      return scimResponse(200, presentGroup(group, base, true));
    },
  },
  {
    method: 'DELETE', path: '/Groups/:id',
    run: async ({ control, admin, id }) => {
      await control.change({ admin, space: DEFAULT_SPACE }, { resource: 'group', id, verb: 'remove' }, (rows) =>
        deleteStored(rows, 'group', DEFAULT_SPACE, id, admin.id));
      return scimResponse(204, undefined);
    },
  },
];

/** Entra ID asks without them: some groups are large. */
function showsMembers(query: URLSearchParams): boolean {
  return !(query.get('excludedAttributes') ?? '').split(',').some((name) => name.trim().toLowerCase() === 'members');
}

function change({ control, admin }: ScimRequest, id: string, verb: string, act: (rows: Rows) => Promise<StoredGroup>): Promise<StoredGroup> {
  return control.change({ admin, space: DEFAULT_SPACE }, { resource: 'group', id, verb }, async (rows) => {
    const group = await checkedGroup(rows, await act(rows));
    await putStored(rows, 'group', DEFAULT_SPACE, id, group.body, admin.id);
    return group;
  });
}
