import type { CompanyFacts, PersonFact } from './facts.ts';

/** Who a name stands for that somebody wrote down as an owner. */
export interface Directory {
  /** Active people: one by a name of theirs, or all of a group. */
  readonly activeOf: (name: string) => readonly PersonFact[];
  /** It names somebody who was here and is not any more, or a group that nobody is left in. A name that was never known is nobody's loss. */
  readonly isGone: (name: string) => boolean;
}

export function directoryOf({ people, groups }: Pick<CompanyFacts, 'people' | 'groups'>): Directory {
  const byName = new Map<string, PersonFact[]>();
  const byGroup = new Map<string, PersonFact[]>();
  for (const person of people) {
    for (const name of new Set(person.names)) add(byName, name, person);
    if (person.isActive) for (const group of person.groups) add(byGroup, group, person);
  }
  const known = new Set(groups);
  const activeOf = (name: string): readonly PersonFact[] => {
    const named = (byName.get(fold(name)) ?? []).filter(({ isActive }) => isActive);
    return named.length > 0 ? named : (byGroup.get(name) ?? []);
  };
  return {
    activeOf,
    isGone: (name) => (byName.has(fold(name)) || known.has(name)) && activeOf(name).length === 0,
  };
}

function add(index: Map<string, PersonFact[]>, key: string, person: PersonFact): void {
  const known = index.get(key);
  if (known === undefined) index.set(key, [person]);
  else known.push(person);
}

/** As names are compared everywhere here. */
function fold(name: string): string {
  return name.trim().normalize('NFKC').toLowerCase();
}
