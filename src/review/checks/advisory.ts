import type { Severity } from '../../domain/finding.ts';
import type { Check, Found } from '../item.ts';

const SEVERITY: Readonly<Record<string, Severity>> = { CRITICAL: 'critical', HIGH: 'high', MEDIUM: 'medium', LOW: 'low' };

/** What runs and has a known flaw: the server's own package, or one of its tree. */
export const advisory: Check = {
  id: 'advisory', title: 'Known flaws in what runs',
  find: ({ servers }) => servers.flatMap(({ id, owner, advisories }): readonly Found[] => {
    const certain = advisories.filter(({ isCertain }) => isCertain);
    const [worst] = certain.map(({ severity }) => SEVERITY[severity] ?? 'medium').toSorted((one, other) => RANK.indexOf(other) - RANK.indexOf(one));
    if (worst === undefined) return [];
    const told = certain.map((one) => `${one.id} in ${one.part}`);
    return [{
      subject: { kind: 'server', id }, severity: worst, title: `${id} runs what has known flaws: ${told.slice(0, 3).join('; ')}${told.length > 3 ? ' …' : ''}`,
      evidence: { advisories: told }, owner, revoke: { kind: 'quarantine-server', id }, change: { kind: 'task', what: `declare a fixed version of ${id}` },
    }];
  }),
};

const RANK: readonly Severity[] = ['info', 'low', 'medium', 'high', 'critical'];
