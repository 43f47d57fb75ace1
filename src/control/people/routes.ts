import { SallyportError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { route } from '../route.ts';
import type { Route } from '../route.ts';
import { NEW_SCIM_TOKEN } from '../scim/schema.ts';
import type { ScimToken } from '../scim/schema.ts';
import { makeScimToken } from '../scim/token.ts';
import { listStored, needStored, putStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import { PEOPLE } from './answer.ts';
import { groupsOfPeople } from './groups.ts';
import { readNames } from './names.ts';
import { changePerson, needPerson, switched } from './people.ts';
import { GROUPS_OF_PERSON } from './schema.ts';

const switchRoute = (verb: 'activate' | 'deactivate', summary: string): Route => route({
  method: 'POST', path: `/people/:id/${verb}`, summary, access: verb === 'activate' ? 'govern' : 'stop', reach: 'organisation',
  act: async ({ admin, params }, control) => {
    const id = params['id'] ?? '';
    const at = control.now();
    const { body } = await changePerson(control, admin, { id, verb }, async (rows) => {
      const person = await needPerson(rows, id);
      return { ...person, body: switched(person.body, verb === 'activate', at) };
    });
    return { id, userName: body.userName, active: body.active };
  },
});

const groupsRoute = route({
  method: 'PUT', path: '/people/:id/groups', summary: 'Say which groups a local person is in; losing one ends what was issued before',
  access: 'govern', reach: 'organisation', body: GROUPS_OF_PERSON,
  act: async ({ admin, params, body: { groups } }, control) => {
    const id = params['id'] ?? '';
    const { body } = await changePerson(control, admin, { id, verb: 'groups' }, async (rows) => {
      const person = await needPerson(rows, id);
      if (person.body.source !== 'local') {
        throw new SallyportError('ERR_REQUEST_INVALID', 'this person\'s groups come from a directory or provider', { remedy: 'Change them there.' });
      }
      const at = control.now();
      // A token says the groups of its making: one that was lost must not live on in it.
      const isLess = person.body.groups.some((group) => !groups.includes(group));
      return { ...person, body: { ...person.body, groups, changedAt: at, ...(isLess ? { notBefore: at } : {}) } };
    });
    return { id, userName: body.userName, groups: body.groups };
  },
});

const peopleRoutes: readonly Route[] = [
  groupsRoute,
  route({
    method: 'GET', path: '/people', summary: 'The people of the organisation, and the groups that they are in', access: 'read', reach: 'organisation',
    answer: PEOPLE,
    act: async (_asked, { store }) => {
      const names = await readNames(store);
      const people = (await groupsOfPeople(store)).filter(({ person }) => person.deletedAt === undefined);
      return { people: people.map(({ id, person, groups }): Json => ({ id, ...person, groups, principals: names(id, person) })) };
    },
  }),
  switchRoute('deactivate', 'Nothing of a person works any more: tokens, sessions and connections end at once'),
  switchRoute('activate', 'A person may sign in again; what was issued before stays dead'),
];

const tokenRoutes: readonly Route[] = [
  route({
    method: 'GET', path: '/people/scim-tokens', summary: 'Tokens with which a directory pushes people, without the tokens',
    access: 'read', reach: 'organisation',
    act: async (_asked, { store, now }) => ({ tokens: (await listStored(store, 'scim-token', DEFAULT_SPACE)).map((token) => presentToken(token, now())) }),
  }),
  route({
    method: 'POST', path: '/people/scim-tokens', summary: 'Make a token for a directory (SCIM); it is shown this once',
    access: 'govern', reach: 'organisation', body: NEW_SCIM_TOKEN,
    secretly: ({ hash }) => (hash === undefined ? 'Make the token yourself and send its hash only, as `sallyport person scim-token` does.' : undefined),
    act: async ({ admin, body: { note, ttlMs, hash } }, control) => {
      const fresh = hash === undefined ? makeScimToken() : { hash };
      const at = control.now();
      const id = Bun.randomUUIDv7();
      const made: ScimToken = { hash: fresh.hash, note, createdBy: admin.id, createdAt: at, expiresAt: at + ttlMs };
      const what = { resource: 'scim-token', id, verb: 'create', detail: { note, expiresAt: made.expiresAt } };
      await control.change({ admin, space: DEFAULT_SPACE }, what, (rows) =>
        putStored(rows, 'scim-token', DEFAULT_SPACE, id, made, admin.id));
      return { ...presentToken({ id, space: DEFAULT_SPACE, body: made }, at), ...('token' in fresh ? { token: fresh.token } : {}) };
    },
  }),
  route({
    method: 'DELETE', path: '/people/scim-tokens/:id', summary: 'Revoke a directory\'s token', access: 'stop', reach: 'organisation',
    act: async ({ admin, params }, control) => {
      const id = params['id'] ?? '';
      const at = control.now();
      return control.change({ admin, space: DEFAULT_SPACE }, { resource: 'scim-token', id, verb: 'revoke' }, async (rows) => {
        const { body } = await needStored(rows, 'scim-token', DEFAULT_SPACE, id);
        const next = { ...body, revokedAt: body.revokedAt ?? at };
        await putStored(rows, 'scim-token', DEFAULT_SPACE, id, next, admin.id);
        return presentToken({ id, space: DEFAULT_SPACE, body: next }, at);
      });
    },
  }),
];

export const personRoutes: readonly Route[] = [...tokenRoutes, ...peopleRoutes];

function presentToken({ id, body }: Stored<ScimToken>, now: number): { readonly [key: string]: Json } {
  const { hash: _, ...rest } = body;
  return { id, state: rest.revokedAt !== undefined ? 'revoked' : rest.expiresAt <= now ? 'expired' : 'active', ...rest };
}
