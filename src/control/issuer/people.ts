import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { AccountView } from '../../identity/issuer/parts.ts';
import type { Rows } from '../../store/store.ts';
import { readIdentity } from '../manifest/identity.ts';
import { findStored, listStored } from '../stored.ts';

/** A person who may sign in, with the groups that they are in now. */
export async function findAccountView(rows: Rows, id: string, since?: number): Promise<AccountView | undefined> {
  const found = await findStored(rows, 'person', DEFAULT_SPACE, id);
  if (found === undefined || !found.body.active) return undefined;
  if (since !== undefined && since * 1000 <= (found.body.notBefore ?? -1)) return undefined;
  const held = (await listStored(rows, 'group', DEFAULT_SPACE)).filter(({ body }) => body.members.includes(id)).map(({ body }) => body.displayName);
  return { id, groups: [...new Set([...found.body.groups, ...held])].toSorted() };
}

/** The person whom a trusted provider calls by this subject: one who signed in through it, or whom it pushed (SCIM). */
export async function findSubject(rows: Rows, issuer: string, subject: string): Promise<string | undefined> {
  const { scim } = await readIdentity(rows, DEFAULT_SPACE);
  const people = await listStored(rows, 'person', DEFAULT_SPACE);
  const signedIn = people.find(({ body }) => body.subject === `${issuer}|${subject}`);
  if (signedIn !== undefined) return signedIn.id;
  if (scim?.issuer !== issuer) return undefined;
  return people.find(({ id, body: { externalId, userName } }) => ({ id, externalId, userName })[scim.subject ?? 'externalId'] === subject)?.id;
}
