import { whoOf } from '../change.ts';
import type { By, Control } from '../control.ts';
import { needSecondPersonFor } from '../proposals/second-person.ts';
import { deleteStored, putStored } from '../stored.ts';

/** What a hold is of; people by their principal ids. */
export interface Held {
  readonly person?: string;
  readonly exchange?: string;
  readonly context?: string;
  readonly server?: string;
}

/** Places a legal hold: on record before it is so, and the ledger knows of it when this resolves. Its id. */
export async function placeHold(control: Control, { admin, space }: By, { person, ...what }: Held, reason: string): Promise<string> {
  const id = Bun.randomUUIDv7();
  const shown = { ...what, ...(person === undefined ? {} : { person: control.retention.pseudonyms.of(person) }) };
  await control.record({ event: 'hold.added', space, ...whoOf(admin), reason, detail: { id, ...shown } });
  const body = { ...what, ...(person === undefined ? {} : { person }), reason, by: admin.id, at: control.now() };
  await putStored(control.store, 'hold', space, id, body, admin.id);
  await control.retention.configure();
  return id;
}

/** Ends one, with a second person where two are wanted. Throws `ERR_SECOND_PERSON`, `ERR_NOT_FOUND`. */
export async function liftHold(control: Control, { admin, space }: By, id: string, reason: string): Promise<void> {
  await needSecondPersonFor(control.store, { admin, space }, 'it ends a legal hold');
  await control.record({ event: 'hold.lifted', space, ...whoOf(admin), reason, detail: { id } });
  await deleteStored(control.store, 'hold', space, id, admin.id);
  await control.retention.configure();
}
