import { day, daysBetween } from '../days.ts';
import type { CompanyFacts, ExceptionFact } from '../facts.ts';
import type { Check, Found } from '../item.ts';
import { directoryOf } from '../people.ts';
import { isKnownFor, within } from '../window.ts';

/** Exceptions that became a habit: over, for longer than one lasts, unused, or of somebody who left. */
export const staleException: Check = {
  id: 'stale-exception', title: 'Exceptions that are stale',
  find: (facts) => {
    const { isGone } = directoryOf(facts);
    return facts.exceptions.flatMap((exception) => {
      const why = reasonsOf(facts, exception, isGone);
      if (why.length === 0) return [];
      const { id, about, server, owner, createdAt, expiresAt } = exception;
      // Who has it does not say whether it is still needed.
      const answers = facts.servers.find((one) => one.id === server)?.owner;
      return [{
        subject: { kind: 'exception', id }, severity: expiresAt < facts.now ? 'low' : 'high', title: `the exception for ${about} is stale: ${why.join('; ')}`,
        evidence: { about, made: day(createdAt), ends: day(expiresAt), owner, why }, ...(answers === undefined ? {} : { owner: answers }), notBy: [owner],
          lapses: true, revoke: { kind: 'remove-exception', id },
      } satisfies Found];
    });
  },
};

function reasonsOf(
  facts: CompanyFacts, exception: ExceptionFact, isGone: (name: string) => boolean,
): readonly string[] {
  const { now, thresholds: { exceptionDays, unusedDays } } = facts;
  const { createdAt, expiresAt, owner, approver, decided } = exception;
  const isUnused = decided !== undefined && within(decided, unusedDays) === 0 && isKnownFor(facts, createdAt);
  return [
    ...(expiresAt < now ? [`it ended on ${day(expiresAt)}`] : []),
    ...(daysBetween(createdAt, expiresAt) > exceptionDays ? [`it lasts ${daysBetween(createdAt, expiresAt)} days`] : []),
    ...(isGone(owner) ? ['its owner left'] : []), ...(isGone(approver) ? ['its approver left'] : []),
    ...(isUnused ? [`nothing passed by it for ${unusedDays} days`] : []),
  ];
}
