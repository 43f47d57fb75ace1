import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Rows } from '../../store/store.ts';
import { listStored } from '../stored.ts';
import type { Person } from './schema.ts';

export interface PersonWithGroups {
  readonly id: string;
  readonly person: Person;
  /** Names, each once. */
  readonly groups: readonly string[];
}

/** Everybody, with the groups that they are in now: those of their own row, and those that hold them. */
export async function groupsOfPeople(rows: Rows): Promise<readonly PersonWithGroups[]> {
  const groups = await listStored(rows, 'group', DEFAULT_SPACE);
  const held = new Map<string, string[]>();
  for (const { body: { displayName, members } } of groups) {
    for (const member of members) {
      const names = held.get(member);
      if (names === undefined) held.set(member, [displayName]);
      else names.push(displayName);
    }
  }
  const groupsOf = (id: string, person: Person): readonly string[] => [...new Set([...person.groups, ...(held.get(id) ?? [])])].sort();
  return (await listStored(rows, 'person', DEFAULT_SPACE)).map(({ id, body }) => ({ id, person: body, groups: groupsOf(id, body) }));
}
