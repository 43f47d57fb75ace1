import { day, daysBetween } from '../days.ts';
import type { CompanyFacts, ServerFact } from '../facts.ts';
import type { Check, Found } from '../item.ts';

/** So long may a definition that changed wait before nobody looks at it. */
const DRIFT_DAYS = 14;

/** Approvals that nobody would give again without looking: old, overdue, by somebody who left, or overtaken by a change that waits. */
export const staleApproval: Check = {
  id: 'stale-approval', title: 'Approvals that are stale',
  find: (facts) => facts.servers.flatMap((server) => {
    const why = reasonsOf(facts, server);
    if (why.length === 0 || server.status !== 'approved') return [];
    return [{
      subject: { kind: 'server', id: server.id }, severity: why.length > 1 ? 'high' : 'medium',
        title: `the approval of ${server.id} is stale: ${why.join('; ')}`,
      evidence: { approved: server.approvedAt === undefined ? 'never' : day(server.approvedAt), why }, owner: server.owner,
      revoke: { kind: 'quarantine-server', id: server.id }, change: { kind: 'task', what: `sallyport server scan ${server.id}, then approve it` },
    } satisfies Found];
  }),
};

function reasonsOf({ now, thresholds: { staleDays } }: CompanyFacts, { approvedAt, isApproverGone, reviewBy, driftSince }: ServerFact): readonly string[] {
  return [
    ...(approvedAt !== undefined && daysBetween(approvedAt, now) > staleDays ? [`it is ${daysBetween(approvedAt, now)} days old`] : []),
    ...(isApproverGone ? ['who approved it left'] : []),
    ...(reviewBy !== undefined && reviewBy < now ? [`it was to be reviewed by ${day(reviewBy)}`] : []),
    ...(driftSince !== undefined && daysBetween(driftSince, now) > DRIFT_DAYS ? [`a change of it waits since ${day(driftSince)}`] : []),
  ];
}
