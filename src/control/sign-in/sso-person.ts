import type { IDToken } from 'oauth4webapi';
import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Rows } from '../../store/store.ts';
import type { Control } from '../control.ts';
import { findSubject } from '../issuer/people.ts';
import { readIdentity } from '../manifest/identity.ts';
import { foldName, listPeople } from '../people/people.ts';
import type { Person } from '../people/schema.ts';
import { findStored, putStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import type { Sso } from './settings.ts';

const ADMIN = { id: 'sallyport|sign-in', may: [] } as const;
const GROUPS_MAX = 1000;

/**
 * The person whom the company's provider vouches for, with the groups that they are in now. People are known by issuer and
 * subject alone: names and addresses change hands. Throws `ERR_SIGN_IN_REFUSED`; `internal` says why.
 */
export async function admitPerson(control: Control, sso: Sso, claims: IDToken): Promise<string> {
  checkDomain(sso, claims);
  const subject = `${sso.issuer}|${claims.sub}`;
  const known = await findSubject(control.store, sso.issuer, claims.sub);
  const at = control.now();
  if (known !== undefined) {
    const found = await findStored(control.store, 'person', DEFAULT_SPACE, known);
    if (found?.body.active !== true || found.body.deletedAt !== undefined) throw refused('deactivated');
    const next = refreshed(found, sso, claims, subject, at);
    if (!Bun.deepEquals(next, { ...found.body, changedAt: next.changedAt })) await write(control, 'refresh', known, () => next);
    return known;
  }
  // Where a directory says who belongs here, signing in makes nobody belong.
  if ((await readIdentity(control.store, DEFAULT_SPACE)).scim?.issuer === sso.issuer) throw refused('not in the directory');
  const id = Bun.randomUUIDv7();
  await write(control, 'admit', id, async (rows) => ({
    userName: await freeName(rows, claims, subject), active: true, source: 'sso', subject, groups: groupsOf(sso, claims) ?? [],
    createdAt: at, changedAt: at, ...namesOf(claims),
  }));
  return id;
}

function refreshed({ body }: Stored<Person>, sso: Sso, claims: IDToken, subject: string, at: number): Person {
  const own = body.source === 'sso';
  return { ...body, subject, groups: groupsOf(sso, claims) ?? (own ? [] : body.groups), changedAt: at, ...(own ? namesOf(claims) : {}) };
}

async function write(control: Control, verb: string, id: string, next: (rows: Rows) => Person | Promise<Person>): Promise<void> {
  await control.change({ admin: ADMIN, space: DEFAULT_SPACE }, { resource: 'person', id, verb }, async (rows) => {
    await putStored(rows, 'person', DEFAULT_SPACE, id, await next(rows), ADMIN.id);
  });
}

/** Absent: the provider says nothing about groups. Anything but a list of names is no list. */
function groupsOf({ groupsClaim = 'groups' }: Sso, claims: IDToken): string[] | undefined {
  const said = claims[groupsClaim];
  if (said === undefined) return undefined;
  const names = Array.isArray(said) ? said.filter((one): one is string => typeof one === 'string' && /^[^\p{Cc}\p{Cf}|]{1,300}$/u.test(one)) : [];
  return [...new Set(names)].toSorted().slice(0, GROUPS_MAX);
}

function namesOf(claims: IDToken): Pick<Person, 'displayName' | 'email' | 'emailVerified'> {
  const [displayName, email] = [text(claims['name'], 300), text(claims['email'], 320)];
  return { ...(displayName === undefined ? {} : { displayName }), ...(email === undefined ? {} : { email, emailVerified: claims.email_verified === true }) };
}

/** A name that nobody has: the provider's, or one that says where it comes from. Sharing a name with somebody makes nobody that person. */
async function freeName(rows: Rows, claims: IDToken, subject: string): Promise<string> {
  const taken = new Set((await listPeople(rows)).map(({ body }) => foldName(body.userName)));
  const names = [claims['preferred_username'], claims.email_verified === true ? claims['email'] : undefined]
    .map((one) => text(one, 200)?.replaceAll('|', '') ?? '');
  return names.find((name) => name !== '' && !taken.has(foldName(name))) ?? subject.replace('|', ' ').slice(-200);
}

function checkDomain({ allowedDomains }: Sso, { email, email_verified: verified }: IDToken): void {
  if (allowedDomains === undefined) return;
  const domain = verified === true && typeof email === 'string' ? email.split('@').at(-1)?.toLowerCase() : undefined;
  if (domain === undefined || !allowedDomains.includes(domain)) throw refused('e-mail domain');
}

function text(value: unknown, max: number): string | undefined {
  return typeof value === 'string' && value.trim() !== '' && !/[\p{Cc}\p{Cf}]/u.test(value) ? value.trim().slice(0, max) : undefined;
}

function refused(internal: string): SallyportError {
  return new SallyportError('ERR_SIGN_IN_REFUSED', 'You cannot sign in here.', { remedy: 'Ask your administrator.', internal });
}
