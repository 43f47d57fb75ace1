import type { CompanyFacts, ServerFact } from '../facts.ts';
import type { Check, Found } from '../item.ts';
import { directoryOf } from '../people.ts';
import { isKnownFor, within } from '../window.ts';

/** What nobody answers for any more. */
export const ownerGone: Check = {
  id: 'owner-gone', title: 'Owners who left',
  find: (facts) => {
    const { isGone } = directoryOf(facts);
    return [
      ...facts.servers.filter(({ owner }) => isGone(owner)).map((server): Found => ({
        subject: { kind: 'server', id: server.id }, severity: 'high', title: `nobody answers for ${server.id}: its owner ${server.owner} left`,
        evidence: { owner: server.owner, calls: { ...server.calls } }, lapses: isIdle(facts, server),
        revoke: { kind: 'quarantine-server', id: server.id }, change: { kind: 'task', what: `declare a new owner of ${server.id}` },
      })),
      ...facts.agents.filter(({ owner }) => isGone(owner)).map(({ id, owner }): Found => ({
        subject: { kind: 'agent', id }, severity: 'high', title: `nobody answers for the agent ${id}: its owner ${owner} left`, evidence: { owner },
        revoke: { kind: 'remove-agent', id }, change: { kind: 'task', what: `register ${id} with a new owner` },
      })),
    ];
  },
};

/** Approved, and nothing went through the gate to it for long. */
export const unusedServer: Check = {
  id: 'unused-server', title: 'Servers that nobody calls',
  find: (facts) => facts.servers.filter((server) => isIdle(facts, server)).map((server): Found => ({
    subject: { kind: 'server', id: server.id }, severity: 'medium', title: `nobody called ${server.id} for ${facts.thresholds.unusedDays} days`,
    evidence: { calls: { ...server.calls }, windowDays: facts.thresholds.unusedDays }, owner: server.owner, lapses: true,
    revoke: { kind: 'quarantine-server', id: server.id }, change: { kind: 'task', what: `sallyport server remove ${server.id}` },
  })),
};

/** Called, and nobody answers there any more. */
export const deadEndpoint: Check = {
  id: 'dead-endpoint', title: 'Servers that do not answer',
  find: ({ servers, knowsUse }) => (knowsUse ? servers.filter(({ status, answered, failed }) => status === 'approved' && answered === 0 && failed >= FAILED_MIN)
    .map(({ id, owner, failed }): Found => ({
      subject: { kind: 'server', id }, severity: 'medium', title: `${id} did not answer one of ${failed} calls in 30 days`, evidence: { failed, answered: 0 },
        owner,
      revoke: { kind: 'quarantine-server', id }, change: { kind: 'task', what: `look at where ${id} is, or remove it` },
    })) : []),
};

/** Fewer say nothing. */
const FAILED_MIN = 3;

function isIdle(facts: CompanyFacts, { status, approvedAt, calls, failed }: ServerFact): boolean {
  if (status !== 'approved' || approvedAt === undefined || failed > 0) return false;
  return within(calls, facts.thresholds.unusedDays) === 0 && isKnownFor(facts, approvedAt);
}
