import { changePerson, listPeople, needPerson } from '../people/people.ts';
import type { StoredPerson } from '../people/people.ts';
import { groupsOfPeople } from '../people/groups.ts';
import { scimResponse } from './fault.ts';
import { fits, readFilter } from './filter.ts';
import type { Filter } from './filter.ts';
import { pageOf } from './page.ts';
import { readPatch } from './patch.ts';
import { createUser, patchUser, presentUser, readUser, removeUser, replaceUser } from './users.ts';
import type { ScimAction, ScimRequest } from './web.ts';

const FILTERED = ['userName', 'externalId', 'id', 'displayName'];

/** `/Users` (RFC 7644 section 3). */
export const userRequests: readonly ScimAction[] = [
  {
    method: 'GET', path: '/Users',
    run: async ({ web, control, base }) => {
      const filter = readFilter(web.url.searchParams.get('filter'), FILTERED);
      const people = (await listPeople(control.store)).filter((person) => filter === undefined || isMeant(person, filter));
      return scimResponse(200, pageOf(people, web.url.searchParams, (person) => presentUser(person, base)));
    },
  },
  {
    method: 'GET', path: '/Users/:id',
    run: async ({ control, base, id }) => {
      const person = await needPerson(control.store, id);
      const groups = (await groupsOfPeople(control.store)).find((one) => one.id === id)?.groups ?? [];
      return scimResponse(200, presentUser(person, base, groups));
    },
  },
  {
    method: 'POST', path: '/Users',
    run: async (request) => {
      const { control, base, body } = request;
      const id = Bun.randomUUIDv7();
      const at = control.now();
      const profile = readUser(body);
      const person = await change(request, id, 'create', (rows) => createUser(rows, profile, id, at));
      return scimResponse(201, presentUser(person, base), { location: `${base}/Users/${id}` });
    },
  },
  {
    method: 'PUT', path: '/Users/:id',
    run: async (request) => {
      const { control, base, body, id } = request;
      const at = control.now();
      const profile = readUser(body);
      return scimResponse(200, presentUser(await change(request, id, 'replace', (rows) => replaceUser(rows, id, profile, at)), base));
    },
  },
  {
    method: 'PATCH', path: '/Users/:id',
    run: async (request) => {
      const { control, base, body, id } = request;
      const at = control.now();
      const steps = readPatch(body);
      return scimResponse(200, presentUser(await change(request, id, 'change', (rows) => patchUser(rows, id, steps, at)), base));
    },
  },
  {
    method: 'DELETE', path: '/Users/:id',
    run: async (request) => {
      const { control, id } = request;
      const at = control.now();
      await change(request, id, 'remove', (rows) => removeUser(rows, id, at));
      return scimResponse(204, undefined);
    },
  },
];

function change({ control, admin }: ScimRequest, id: string, verb: string, act: Parameters<typeof changePerson>[3]): Promise<StoredPerson> {
  return changePerson(control, admin, { id, verb }, act);
}

function isMeant({ id, body }: StoredPerson, filter: Filter): boolean {
  const { userName, externalId, displayName } = body;
  return fits(filter, { userName, externalId, displayName, id }[filter.attribute]);
}
