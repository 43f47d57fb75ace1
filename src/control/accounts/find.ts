import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Rows } from '../../store/store.ts';
import { foldName } from '../people/people.ts';
import { findStored, listStored, putStored } from '../stored.ts';
import type { Account } from './schema.ts';
import { USER_NAME } from './schema.ts';

export interface FoundAccount {
  readonly id: string;
  readonly body: Account;
}

/** The account that somebody names when they sign in. */
export async function findAccount(rows: Rows, typed: string): Promise<FoundAccount | undefined> {
  return USER_NAME.safeParse(typed).success ? findStored(rows, 'account', DEFAULT_SPACE, foldName(typed)) : undefined;
}

/** The account of a person, if they have one here. */
export async function findOfPerson(rows: Rows, person: string): Promise<FoundAccount | undefined> {
  return (await listStored(rows, 'account', DEFAULT_SPACE)).find(({ body }) => body.person === person);
}

export async function putAccount(rows: Rows, { id, body }: FoundAccount, by: string): Promise<void> {
  await putStored(rows, 'account', DEFAULT_SPACE, id, body, by);
}
