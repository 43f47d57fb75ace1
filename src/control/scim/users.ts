import { isArray, isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Rows } from '../../store/store.ts';
import { foldName, listPeople, needPerson, switched } from '../people/people.ts';
import type { StoredPerson } from '../people/people.ts';
import { PERSON } from '../people/schema.ts';
import type { Person } from '../people/schema.ts';
import { listStored } from '../stored.ts';
import { USER_SCHEMA } from './describe.ts';
import { ScimFault } from './fault.ts';
import { readBoolean } from './patch.ts';
import type { Step } from './patch.ts';

/** What a directory may say of a person; everything else that it sends is left aside. */
type Profile = Partial<Pick<Person, 'userName' | 'displayName' | 'email' | 'externalId' | 'active'>>;

export function presentUser({ id, body }: StoredPerson, base: string, groups: readonly string[] = []): JsonObject {
  const { userName, displayName, email, externalId, active, createdAt, changedAt } = body;
  return {
    schemas: [USER_SCHEMA], id, userName, active,
    ...(externalId === undefined ? {} : { externalId }), ...(displayName === undefined ? {} : { displayName, name: { formatted: displayName } }),
    ...(email === undefined ? {} : { emails: [{ value: email, type: 'work', primary: true }] }),
    ...(groups.length === 0 ? {} : { groups: groups.map((display) => ({ display })) }),
    meta: {
      resourceType: 'User', location: `${base}/Users/${id}`, created: new Date(createdAt).toISOString(), lastModified: new Date(changedAt).toISOString(),
    },
  };
}

/** Reads a whole User (RFC 7643 section 4.1). Names of attributes are compared without regard to case. */
export function readUser(body: JsonObject): Profile & Pick<Person, 'userName'> {
  const of = (name: string): Json | undefined => Object.entries(body).find(([known]) => known.toLowerCase() === name.toLowerCase())?.[1];
  const userName = textOf(of('userName'), 'userName');
  if (userName === undefined) throw new ScimFault(400, '`userName` is missing.', 'invalidValue');
  const displayName = textOf(of('displayName'), 'displayName') ?? nameOf(of('name'));
  const email = emailOf(of('emails'));
  const externalId = textOf(of('externalId'), 'externalId');
  const active = of('active');
  return {
    userName, active: active === undefined || active === null ? true : readBoolean(active),
    ...(displayName === undefined ? {} : { displayName }), ...(email === undefined ? {} : { email }), ...(externalId === undefined ? {} : { externalId }),
  };
}

/** A new person. Throws 409 `uniqueness` where the name is another's. */
export async function createUser(rows: Rows, profile: ReturnType<typeof readUser>, id: string, at: number): Promise<StoredPerson> {
  const people = await listStored(rows, 'person', DEFAULT_SPACE);
  if (people.length >= LIMITS.peopleMax) throw new ScimFault(400, 'There are too many people.', 'tooMany');
  const { active = true, ...rest } = profile;
  const person: Person = { ...rest, active, source: 'scim', groups: [], createdAt: at, changedAt: at, ...(active ? {} : { deactivatedAt: at, notBefore: at }) };
  return checked(rows, { id, space: DEFAULT_SPACE, body: person });
}

/** PUT: what the directory leaves out is gone, but for what is not its to say. */
export async function replaceUser(rows: Rows, id: string, profile: ReturnType<typeof readUser>, at: number): Promise<StoredPerson> {
  const person = await needPerson(rows, id);
  const { displayName: _, email: _email, externalId: _external, ...kept } = person.body;
  const { active = true, ...rest } = profile;
  return checked(rows, { ...person, body: { ...switched({ ...kept, ...rest, changedAt: at }, active, at) } });
}

export async function patchUser(rows: Rows, id: string, steps: readonly Step[], at: number): Promise<StoredPerson> {
  const person = await needPerson(rows, id);
  const body = steps.reduce((now, step) => patched(now, step, at), person.body);
  return checked(rows, { ...person, body: { ...body, changedAt: at } });
}

/** What was issued stays dead, so the row stays, switched off; the directory sees it no more. */
export async function removeUser(rows: Rows, id: string, at: number): Promise<StoredPerson> {
  const person = await needPerson(rows, id);
  return { ...person, body: { ...switched(person.body, false, at), groups: [], deletedAt: at } };
}

function patched(person: Person, { op, attribute, sub, value }: Step, at: number): Person {
  const gone = op === 'remove';
  switch (attribute) {
    case 'active':
      return switched(person, gone ? false : readBoolean(value), at);
    case 'username': {
      const userName = textOf(value, 'userName');
      if (gone || userName === undefined) throw new ScimFault(400, '`userName` cannot be removed.', 'mutability');
      return { ...person, userName };
    }
    case 'displayname':
      return withText(person, 'displayName', gone ? undefined : textOf(value, 'displayName'));
    case 'externalid':
      return withText(person, 'externalId', gone ? undefined : textOf(value, 'externalId'));
    case 'name':
      return sub === undefined || sub === 'formatted' ? withText(person, 'displayName', gone ? undefined : nameOf(value) ?? person.displayName) : person;
    case 'emails':
      return withText(person, 'email', gone ? undefined : emailOf(value) ?? person.email);
    case 'id':
    case 'meta':
    case 'groups':
      throw new ScimFault(400, `\`${attribute}\` is not the directory's to write.`, 'mutability');
    default:
      return person;
  }
}

function withText(person: Person, name: 'displayName' | 'externalId' | 'email', value: string | undefined): Person {
  const { [name]: _, ...rest } = person;
  return value === undefined ? rest : { ...rest, [name]: value };
}

function textOf(value: Json | undefined, name: string): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw new ScimFault(400, `\`${name}\` is text.`, 'invalidValue');
}

function nameOf(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value;
  if (!isObject(value)) return undefined;
  const { formatted, givenName, familyName } = value;
  if (typeof formatted === 'string' && formatted !== '') return formatted;
  const parts = [givenName, familyName].flatMap((part) => (typeof part === 'string' && part !== '' ? [part] : []));
  return parts.length === 0 ? undefined : parts.join(' ');
}

function emailOf(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value;
  const list = isArray(value) ? value.filter(isObject) : isObject(value) ? [value] : [];
  const chosen = list.find(({ primary }) => primary === true) ?? list[0];
  return typeof chosen?.['value'] === 'string' ? chosen['value'] : undefined;
}

async function checked(rows: Rows, person: StoredPerson): Promise<StoredPerson> {
  const read = PERSON.safeParse(person.body, { reportInput: false });
  if (!read.success) throw new ScimFault(400, `\`${read.error.issues[0]?.path.join('.') ?? 'a value'}\` is not as it must be.`, 'invalidValue');
  const { userName, externalId } = read.data;
  const taken = (await listPeople(rows)).some(({ id, body }) =>
    id !== person.id && (foldName(body.userName) === foldName(userName) || (externalId !== undefined && body.externalId === externalId)));
  if (taken) throw new ScimFault(409, 'Somebody else has this `userName` or `externalId`.', 'uniqueness');
  return { ...person, body: read.data };
}
