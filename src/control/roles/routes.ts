import { NAME } from '../names.ts';
import { removal } from '../removal.ts';
import { route, validate } from '../route.ts';
import type { Route } from '../route.ts';
import { listStored, needStored, putStored } from '../stored.ts';
import { bindingId } from '../manifest/wanted.ts';
import { BINDINGS, ROLES } from './answer.ts';
import { BINDING, ROLE } from './schema.ts';

const roleRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/roles', summary: 'Roles of the space', access: 'read', reach: 'space', answer: ROLES,
    act: async ({ space }, { store }) => ({ roles: (await listStored(store, 'role', space)).map(({ id, body }) => ({ id, ...body })) }),
  }),
  route({
    method: 'PUT', path: '/roles/:id', summary: 'Make or replace a role', access: 'change', reach: 'space', body: ROLE,
    act: async ({ admin, space, params, body }, control) => {
      const id = validate(NAME, params['id'], 'id');
      return control.change({ admin, space }, { resource: 'role', id, verb: 'put', detail: body }, async (rows) => {
        for (const { server, toolset } of body.allow) {
          await (toolset === undefined ? needStored(rows, 'server', space, server ?? '') : needStored(rows, 'toolset', space, toolset));
        }
        await putStored(rows, 'role', space, id, body, admin.id);
        return { id, ...body };
      });
    },
  }),
  removal('role', '/roles/:id', 'Remove a role'),
];

const bindingRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/bindings', summary: 'Who has which role', access: 'read', reach: 'space', answer: BINDINGS,
    act: async ({ space }, { store }) => ({ bindings: (await listStored(store, 'binding', space)).map(({ id, body }) => ({ id, ...body })) }),
  }),
  route({
    method: 'POST', path: '/bindings', summary: 'Give someone a role', access: 'change', reach: 'space', body: BINDING,
    act: async ({ admin, space, body }, control) => {
      const id = bindingId(body);
      return control.change({ admin, space }, { resource: 'binding', id, verb: 'add', detail: body }, async (rows) => {
        await needStored(rows, 'role', space, body.role);
        await putStored(rows, 'binding', space, id, body, admin.id);
        return { id, ...body };
      });
    },
  }),
  removal('binding', '/bindings/:id', 'Take a role from someone'),
];

export const rightsRoutes: readonly Route[] = [...roleRoutes, ...bindingRoutes];
