import { SallyportError } from '../../domain/errors.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { findOfPerson } from '../accounts/find.ts';
import type { Control } from '../control.ts';
import type { Person } from '../people/schema.ts';
import { findStored } from '../stored.ts';
import type { Stored } from '../stored.ts';
import type { WebRequest } from '../web.ts';
import { findSession } from './session.ts';
import type { DoorSession } from './session.ts';

/** Somebody who is signed in in this browser, and may be. */
export interface Visitor {
  readonly session: DoorSession;
  readonly person: Stored<Person>;
  /** `<issuer>|<sub>`, as policies and records name them. */
  readonly principal: string;
}

/** Who is here. Deactivated people and disabled accounts are nobody, whatever cookie they have. */
export async function findVisitor(web: WebRequest, control: Control): Promise<Visitor | undefined> {
  const session = await findSession(web, control);
  const person = session === undefined ? undefined : await findActive(control, session.person);
  if (session === undefined || person === undefined || session.signedInAt <= (person.body.notBefore ?? 0)) return undefined;
  if (session.method !== 'sso' && (await findOfPerson(control.store, session.person))?.body.disabledAt !== undefined) return undefined;
  return { session, person, principal: principalOf(web, person.id) };
}

/** The person if they may sign in at all. */
export async function findActive(control: Pick<Control, 'store'>, person: string): Promise<Stored<Person> | undefined> {
  const found = await findStored(control.store, 'person', DEFAULT_SPACE, person);
  return found?.body.active === true ? found : undefined;
}

/** Whether this very person is signed in in the browser that has these cookies. */
export async function isSignedIn(control: Control, origin: string, cookie: string, person: string): Promise<boolean> {
  const url = new URL(origin);
  const request = new Request(origin, { headers: { cookie } });
  const visitor = await findVisitor({ request, url, params: {}, address: '', secure: url.protocol === 'https:' }, control);
  return visitor?.person.id === person;
}

/** Throws `ERR_SIGN_IN_EXPIRED` when nobody is signed in any more. */
export async function needVisitor(web: WebRequest, control: Control): Promise<Visitor> {
  const visitor = await findVisitor(web, control);
  if (visitor !== undefined) return visitor;
  throw new SallyportError('ERR_SIGN_IN_EXPIRED', 'You are not signed in any more.', { remedy: 'Sign in and try again.' });
}

/** Where to send a browser that has to sign in first, and come back to where it is. */
export function signInPath(web: WebRequest): string {
  return `/sign-in?to=${encodeURIComponent(web.url.pathname + web.url.search)}`;
}

export function principalOf(web: WebRequest, person: string): string {
  return `${web.url.origin}|${person}`;
}

/** What a page calls a person. */
export function nameOf({ body }: Stored<Person>): string {
  return body.displayName ?? body.userName;
}
