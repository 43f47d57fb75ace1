import { ACCESSES } from '../access.ts';
import type { Access } from '../access.ts';
import type { Control } from '../control.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { route } from '../route.ts';
import type { Admin, Route } from '../route.ts';
import { ADMINISTRATION, readAdministration, takesTwo, writeAdministration } from '../proposals/second-person.ts';
import { deleteStored, findStored, listStored, putStored } from '../stored.ts';
import { bindingId } from '../manifest/wanted.ts';
import { ME } from './answer.ts';
import { NEW_ADMIN_GRANT } from './schema.ts';

export const adminRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/admins', summary: 'Who administers this space, in which role', access: 'read', reach: 'space',
    act: async ({ space }, { store }) => ({ admins: (await listStored(store, 'admin', space)).map(({ id, body }) => ({ id, ...body })) }),
  }),
  route({
    method: 'POST', path: '/admins', summary: 'Give somebody a role', access: 'govern', reach: 'space', body: NEW_ADMIN_GRANT,
    act: async ({ admin, space, body }, control) => {
      const id = bindingId(body);
      return control.change({ admin, space }, { resource: 'admin', id, verb: 'add', detail: body }, async (rows) => {
        await putStored(rows, 'admin', space, id, body, admin.id);
        return { id, ...body };
      });
    },
  }),
  route({
    method: 'DELETE', path: '/admins/:id', summary: 'Take a role from somebody', access: 'govern', reach: 'space',
    act: async ({ admin, space, params }, control) => {
      const id = params['id'] ?? '';
      return control.change({ admin, space }, { resource: 'admin', id, verb: 'remove' }, async (rows) => {
        await deleteStored(rows, 'admin', space, id, admin.id);
        return { id };
      });
    },
  }),
  route({
    method: 'GET', path: '/me', summary: 'Who is asking, by which proof, in which roles of this space', access: 'self', reach: 'space',
    answer: ME,
    act: async ({ admin, space }, control) => ({
      id: admin.id, name: await nameOf(admin, control), via: admin.proof?.via ?? '', groups: admin.proof?.groups ?? [],
      roles: admin.roles ?? [], space, organisation: admin.organisation === true,
      may: await accessesOf(admin, space, control), mayEverywhere: await accessesOf(admin, '*', control),
    }),
  }),
  route({
    method: 'GET', path: '/administration', summary: 'How administration is run: whether wide actions take two people', access: 'read', reach: 'organisation',
    act: async (_asked, { store }) => ({ ...(await readAdministration(store)), takesTwo: await takesTwo(store) }),
  }),
  route({
    method: 'PUT', path: '/administration', summary: 'Say how administration is run', access: 'govern', reach: 'organisation', body: ADMINISTRATION,
    act: async ({ admin, space, body }, control) =>
      control.change({ admin, space }, { resource: 'administration', id: 'administration', verb: 'put', detail: body }, async (rows) => {
        await writeAdministration(rows, body, admin.id);
        return body;
      }),
  }),
];

/** What somebody is called, for themselves to see: the name that they sign in with, else what stands behind their issuer. */
async function nameOf({ id }: Admin, { store }: Control): Promise<string> {
  const subject = id.slice(id.lastIndexOf('|') + 1);
  return (await findStored(store, 'person', DEFAULT_SPACE, subject))?.body.userName ?? subject;
}

/** So that a page needn't offer what would be refused; each request is decided anew all the same. */
async function accessesOf(admin: Admin, space: string, { admins }: Control): Promise<readonly Access[]> {
  const decided = await Promise.all(ACCESSES.map(async (access) => ({ access, ...(await admins.decide(admin, { access, space, part: '' })) })));
  return decided.filter(({ outcome }) => outcome === 'allow').map(({ access }) => access);
}
