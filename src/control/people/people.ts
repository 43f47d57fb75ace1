import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Rows } from '../../store/store.ts';
import { endSessionsOf } from '../sign-in/session.ts';
import type { Control } from '../control.ts';
import type { Admin } from '../route.ts';
import { listStored, needStored, putStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import { readNames } from './names.ts';
import type { Person } from './schema.ts';

export type StoredPerson = Stored<Person>;

/** A name as it is compared: look-alikes by case, width and composition are one name. */
export function foldName(name: string): string {
  return name.trim().normalize('NFKC').toLowerCase();
}

/** People who were not removed. */
export async function listPeople(rows: Rows): Promise<readonly StoredPerson[]> {
  return (await listStored(rows, 'person', DEFAULT_SPACE)).filter(({ body }) => body.deletedAt === undefined);
}

/** Throws `ERR_NOT_FOUND`, also for one who was removed. */
export async function needPerson(rows: Rows, id: string): Promise<StoredPerson> {
  const person = await needStored(rows, 'person', DEFAULT_SPACE, id);
  if (person.body.deletedAt === undefined) return person;
  throw new SallyportError('ERR_NOT_FOUND', `there is no person "${id}"`, { remedy: 'See `sallyport person list`.' });
}

/** What a person becomes when somebody switches them off or on. Nothing that was issued before works ever again. */
export function switched(person: Person, active: boolean, at: number): Person {
  if (person.active === active) return person;
  const { deactivatedAt: _, ...rest } = person;
  return active ? { ...rest, active, changedAt: at } : { ...rest, active, changedAt: at, deactivatedAt: at, notBefore: at };
}

/**
 * Writes a person as they are from now on, and if that ends them, everything of theirs: their sessions and connections here,
 * and over the lease what gateways still hold. The lease goes out before this resolves.
 */
export async function changePerson(
  control: Control, admin: Admin, what: { readonly id: string; readonly verb: string }, act: (rows: Rows) => Promise<StoredPerson>,
): Promise<StoredPerson> {
  const person = await control.change({ admin, space: DEFAULT_SPACE }, { resource: 'person', ...what }, async (rows) => {
    const next = await act(rows);
    await putStored(rows, 'person', DEFAULT_SPACE, next.id, next.body, admin.id);
    return next;
  });
  if (!person.body.active) await endAllOf(control, person, admin.id);
  return person;
}

async function endAllOf(control: Control, { id, body }: StoredPerson, by: string): Promise<void> {
  await endSessionsOf(control, id);
  for (const name of (await readNames(control.store))(id, body)) await control.connections.endAllOf(name, by);
}
