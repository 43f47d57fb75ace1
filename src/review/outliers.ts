import type { CompanyFacts } from './facts.ts';
import type { ReviewSubject } from './item.ts';

/** Fewer peers say nothing of what is usual. */
const PEERS_MIN = 8;
const RARE_SHARE = 0.1;

/** Tells of a right that hardly anybody of the same groups has: given to one person by name, and not to those who do the same work. */
export function outliersOf({ grants, people }: Pick<CompanyFacts, 'grants' | 'people'>): (subject: ReviewSubject) => string | undefined {
  const groupsOf = new Map(people.map(({ id, groups }) => [id, groups]));
  const members = new Map<string, number>();
  for (const { groups, isActive } of people) if (isActive) for (const group of groups) members.set(group, (members.get(group) ?? 0) + 1);
  const having = new Map<string, Set<string>>();
  const odd = new Map<string, string>();
  for (const { server, holders } of grants) {
    const known = having.get(server) ?? new Set<string>();
    for (const holder of holders) known.add(holder);
    having.set(server, known);
  }
  for (const { binding, to, server, holders } of grants) {
    const [holder] = holders;
    if (!('principal' in to) || holder === undefined) continue;
    const all = having.get(server) ?? new Set<string>();
    for (const group of groupsOf.get(holder) ?? []) {
      const peers = members.get(group) ?? 0;
      if (peers < PEERS_MIN) continue;
      const alike = [...all].filter((one) => groupsOf.get(one)?.includes(group) === true).length;
      if (alike / peers <= RARE_SHARE) odd.set(`${binding}\0${server}`, `${alike} of ${peers} people of the group ${group} have access to ${server}`);
    }
  }
  return ({ kind, id, server = '' }) => (kind === 'binding' ? odd.get(`${id}\0${server}`) : undefined);
}
