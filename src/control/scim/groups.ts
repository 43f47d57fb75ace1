import type { Json, JsonObject } from '../../domain/json.ts';
import { isArray, isObject } from '../../domain/json.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Rows } from '../../store/store.ts';
import { listPeople } from '../people/people.ts';
import { GROUP } from '../people/schema.ts';
import type { Group } from '../people/schema.ts';
import { listStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import { GROUP_SCHEMA } from './describe.ts';
import { ScimFault } from './fault.ts';
import { readMembers } from './patch.ts';
import type { Step } from './patch.ts';

export type StoredGroup = Stored<Group>;

export function presentGroup({ id, body }: StoredGroup, base: string, withMembers: boolean): JsonObject {
  const { displayName, externalId, members, createdAt, changedAt } = body;
  return {
    schemas: [GROUP_SCHEMA], id, displayName, ...(externalId === undefined ? {} : { externalId }),
    ...(withMembers ? { members: members.map((value) => ({ value, $ref: `${base}/Users/${value}` })) } : {}),
    meta: {
      resourceType: 'Group', location: `${base}/Groups/${id}`, created: new Date(createdAt).toISOString(), lastModified: new Date(changedAt).toISOString(),
    },
  };
}

/** Reads a whole Group (RFC 7643 section 4.2). */
export function readGroup(body: JsonObject): Pick<Group, 'displayName' | 'members'> & { readonly externalId?: string } {
  const of = (name: string): Json | undefined => Object.entries(body).find(([known]) => known.toLowerCase() === name)?.[1];
  const [displayName, externalId] = [of('displayname'), of('externalid')];
  if (typeof displayName !== 'string' || displayName === '') throw new ScimFault(400, '`displayName` is missing.', 'invalidValue');
  const list = of('members');
  return { displayName, members: [...new Set(readMembers(list))], ...(typeof externalId === 'string' && externalId !== '' ? { externalId } : {}) };
}

/** Checks and gives back; names of groups are what policies and roles call them, so they are unique. */
export async function checkedGroup(rows: Rows, group: StoredGroup): Promise<StoredGroup> {
  const read = GROUP.safeParse(group.body, { reportInput: false });
  if (!read.success) throw new ScimFault(400, `\`${read.error.issues[0]?.path.join('.') ?? 'a value'}\` is not as it must be.`, 'invalidValue');
  const others = (await listStored(rows, 'group', DEFAULT_SPACE)).filter(({ id }) => id !== group.id);
  // Case makes no other group for a person who reads a role; it must not make one for a directory.
  if (others.some(({ body }) => body.displayName.toLowerCase() === read.data.displayName.toLowerCase())) {
    throw new ScimFault(409, 'Another group has this `displayName`.', 'uniqueness');
  }
  const known = new Set((await listPeople(rows)).map(({ id }) => id));
  if (read.data.members.some((member) => !known.has(member))) throw new ScimFault(400, 'A member is nobody here.', 'invalidValue');
  return { ...group, body: read.data };
}

export function patchGroup(group: Group, steps: readonly Step[], at: number): Group {
  return { ...steps.reduce(patched, group), changedAt: at };
}

function patched(group: Group, { op, attribute, only, value }: Step): Group {
  if (attribute === 'members') return { ...group, members: patchMembers(group.members, op, only, value) };
  if (attribute === 'displayname') {
    const name = isObject(value) ? value['displayName'] : value;
    if (op === 'remove' || typeof name !== 'string' || name === '') throw new ScimFault(400, '`displayName` cannot be removed.', 'mutability');
    return { ...group, displayName: name };
  }
  if (attribute === 'externalid') {
    const { externalId: _, ...rest } = group;
    return op === 'remove' || typeof value !== 'string' ? rest : { ...rest, externalId: value };
  }
  return group;
}

/** `members[value eq "…"]`, or the members themselves in `value` (Entra ID removes so); a removal that names nobody removes all. */
function patchMembers(members: readonly string[], op: Step['op'], only: string | undefined, value: Json | undefined): string[] {
  const named = only === undefined ? readMembers(value) : [only];
  if (op === 'add') return [...new Set([...members, ...named])];
  if (op === 'replace' && only === undefined) return [...new Set(named)];
  if (op === 'replace') throw new ScimFault(400, 'A member is added or removed.', 'invalidPath');
  const isEmpty = only === undefined && (value === undefined || value === null || (isArray(value) && value.length === 0));
  return isEmpty ? [] : members.filter((member) => !named.includes(member));
}
