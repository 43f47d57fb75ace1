import type { CompanyFacts, GrantFact, PermitFact } from '../facts.ts';
import type { Check, Found } from '../item.ts';
import { isKnownFor, within } from '../window.ts';
import { nameOf, some } from './grants.ts';

/** From how much unused a grant is worth a look: half of it, or three tools. */
const UNUSED_SHARE = 0.5;
const UNUSED_TOOLS = 3;

/** Rights that nobody used: whole grants, and those of which most lies idle. With what would be left. */
export const unusedAccess: Check = {
  id: 'unused-access', title: 'Access that is not used',
  find: (facts) => [...facts.grants.flatMap((grant) => ofGrant(facts, grant)), ...facts.permits.flatMap((one) => ofPermit(facts, one))],
};

function ofGrant(facts: CompanyFacts, { binding, role, to, server, owner, granted, used, holders, since }: GrantFact): readonly Found[] {
  const { unusedDays } = facts.thresholds;
  if (!isKnownFor(facts, since) || granted.length === 0) return [];
  const isUsed = (name: string, days: 30 | 60 | 90): boolean => within(used.get(name), days) > 0;
  const left = granted.filter((name) => isUsed(name, unusedDays));
  const idle = granted.filter((name) => !isUsed(name, unusedDays));
  if (left.length > 0 && idle.length < UNUSED_TOOLS && idle.length / granted.length < UNUSED_SHARE) return [];
  const none = left.length === 0;
  return [{
    subject: { kind: 'binding', id: binding, server }, severity: none ? 'high' : 'medium',
    title: none ? `${nameOf(to)} did not use the role ${role} at ${server} for ${unusedDays} days`
      : `${nameOf(to)} used ${left.length} of ${granted.length} tools of ${server} by the role ${role}`,
    evidence: {
      role, server, granted: some(granted), used: some(left), unused: some(idle), grantedCount: granted.length, unusedCount: idle.length,
        windowDays: unusedDays, people: holders.length,
      windows: ([30, 60, 90] as const).map((days) => windowOf(granted, used, days)),
    },
    ...(owner === undefined ? {} : { owner }), holders, lapses: none, revoke: { kind: 'drop-grant', binding, server },
    ...(none ? {} : { change: { kind: 'narrow-grant', binding, server, tools: left } }),
  }];
}

/** What would be left if that window were the measure, and what of the last 90 days that would have blocked. */
function windowOf(
  granted: readonly string[], used: GrantFact['used'], days: 30 | 60 | 90,
): { readonly days: number; readonly tools: number; readonly blocks: number; readonly blocked: readonly string[] } {
  const kept = granted.filter((name) => within(used.get(name), days) > 0);
  const blocked = granted.filter((name) => !kept.includes(name) && within(used.get(name), 90) > 0);
  return { days, tools: kept.length, blocks: blocked.reduce((sum, name) => sum + within(used.get(name), 90), 0), blocked: some(blocked) };
}

function ofPermit(facts: CompanyFacts, { file, id, decided, since }: PermitFact): readonly Found[] {
  const { unusedDays } = facts.thresholds;
  if (!isKnownFor(facts, since) || within(decided, unusedDays) > 0) return [];
  return [{
    subject: { kind: 'policy', id }, severity: 'medium', title: `the permit ${id} of ${file} decided nothing for ${unusedDays} days`,
    evidence: { file, id, windowDays: unusedDays, decided: { ...decided } }, revoke: { kind: 'task', what: `take ${id} out of ${file}` },
  }];
}
