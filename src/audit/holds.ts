import type { JournalRecord } from '../domain/record.ts';
import type { LegalHold } from '../domain/retention.ts';

/** Whether a record must stay, whatever its retention class says. */
export function isHeld(record: JournalRecord, holds: readonly LegalHold[]): boolean {
  return holds.some(({ space, person, exchange, context, server }) =>
    record.space === space &&
    (person === undefined || concerns(record, person)) &&
    (exchange === undefined || record.exchange === exchange) &&
    (context === undefined || record.context === context) &&
    (server === undefined || record.server === server));
}

/** Whether a record is of a person's own doing. */
export function concerns({ principal, onBehalfOf }: JournalRecord, person: string): boolean {
  return principal === person || onBehalfOf?.principal === person;
}
