import type { Check, Found } from '../item.ts';
import { isKnownFor } from '../window.ts';
import { nameOf, some } from './grants.ts';

/** Rights that say nothing of to whom, of what, or which tools: what comes later is in them unseen. */
export const wildcardGrant: Check = {
  id: 'wildcard-grant', title: 'Grants without bounds',
  find: (facts) => [
    ...facts.grants.filter(({ isOpen }) => isOpen).map(({ binding, role, to, server, owner, granted, used, holders, since }): Found => {
      const isKnown = isKnownFor(facts, since);
      return {
        subject: { kind: 'binding', id: binding, server }, severity: 'high',
        title: `the role ${role} gives ${nameOf(to)} every tool of ${server}, whatever it does`,
        evidence: { role, server, granted: granted.length, used: some([...used.keys()]) }, holders,
        ...(owner === undefined ? {} : { owner }), revoke: { kind: 'drop-grant', binding, server },
        lapses: isKnown,
        ...(used.size === 0 || !isKnown ? {} : { change: { kind: 'narrow-grant', binding, server, tools: granted.filter((name) => used.has(name)) } }),
      };
    }),
    ...facts.permits.filter(({ anyPrincipal, anyResource, hasCondition }) => anyResource && (anyPrincipal || !hasCondition)).map(
      ({ file, id, anyPrincipal }): Found => ({
        subject: { kind: 'policy', id }, severity: 'critical',
          title: `the permit ${id} of ${file} ${anyPrincipal ? 'lets everybody use everything' : 'reaches everything'}`,
        evidence: { file, id, everybody: anyPrincipal }, revoke: { kind: 'task', what: `take ${id} out of ${file}, or bound it` },
      }),
    ),
    ...facts.agents.filter(({ isUnlimited }) => isUnlimited).map(({ id, owner }): Found => ({
      subject: { kind: 'agent', id }, severity: 'medium', title: `the agent ${id} has no ceiling: it may whatever its people may`,
      evidence: { allow: '*', owner }, notBy: [owner], revoke: { kind: 'remove-agent', id }, change: { kind: 'task',
        what: `register ${id} with what it needs: sallyport agent` },
    })),
  ],
};
