import type { CompanyFacts, PersonFact } from './facts.ts';
import type { ReviewItem } from './item.ts';
import { directoryOf } from './people.ts';

export interface Assigned {
  /** Ids of people here; any one of them may answer. Empty: nobody but who administers. */
  readonly reviewers: readonly string[];
  /** `stand-in`: nobody answers for it, or who does would judge themselves. */
  readonly as: 'owner' | 'stand-in' | 'nobody';
}

/** So many people of a group of owners are told; more are none who feel asked. */
const REVIEWERS_MAX = 20;

/**
 * Who is asked of an item: its owner, or who stands in. Nobody who has what is asked about, and nobody about what is their own:
 * where all owners would, the stand-ins are asked, and where they would too, whoever administers.
 */
export function assignTo(facts: CompanyFacts, standIns: readonly string[]): (item: ReviewItem) => Assigned {
  const { activeOf } = directoryOf(facts);
  const active = new Set(facts.people.filter(({ isActive }) => isActive).map(({ id }) => id));
  return ({ owner, holders = [], notBy = [] }) => {
    const own = new Set([...holders, ...notBy.flatMap((name) => activeOf(name).map(idOf))]);
    const owners = (owner === undefined ? [] : activeOf(owner).map(idOf)).filter((id) => !own.has(id));
    if (owners.length > 0) return { reviewers: owners.slice(0, REVIEWERS_MAX), as: 'owner' };
    const others = standIns.filter((id) => active.has(id) && !own.has(id));
    return { reviewers: others.slice(0, REVIEWERS_MAX), as: others.length > 0 ? 'stand-in' : 'nobody' };
  };
}

function idOf({ id }: PersonFact): string {
  return id;
}
