import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Rows } from '../../store/store.ts';
import { findOfPerson, putAccount } from '../accounts/find.ts';
import type { FoundAccount } from '../accounts/find.ts';
import { siteOf, takeRegistration } from '../accounts/passkeys.ts';
import type { Account } from '../accounts/schema.ts';
import { revokeConsent } from '../consents/consents.ts';
import type { Control } from '../control.ts';
import { needStored } from '../stored.ts';
import type { WebRequest } from '../web.ts';
import { ACCOUNT_PURPOSE, showAccount } from './account-page.ts';
import { takeChallenge } from './challenge.ts';
import { readAnswer, readLabel, readPassword } from './credential-forms.ts';
import { enter } from './enter.ts';
import { readForm } from './form.ts';
import { goTo } from './page.ts';
import { endSessionsOf } from './session.ts';
import { needVisitor } from './who.ts';
import type { Visitor } from './who.ts';

const HOME = '/sign-in/account';

export async function addPasskey(web: WebRequest, control: Control): Promise<Response> {
  const form = await readForm(web, ACCOUNT_PURPOSE);
  const visitor = await needFresh(web, control);
  const take = (challenge: string): Promise<void> => takeChallenge(control, form.browser, ACCOUNT_PURPOSE, challenge);
  const passkey = await takeRegistration(siteOf(web.url), take, readAnswer(form), readLabel(form), control.now());
  await changeAccount(control, visitor, 'add-passkey', (account) => {
    if (account.passkeys.length >= LIMITS.passkeysPerAccountMax) {
      throw new SallyportError('ERR_CONFLICT', `an account has at most ${LIMITS.passkeysPerAccountMax} passkeys`, { remedy: 'Remove one first.' });
    }
    return { ...account, passkeys: [...account.passkeys.filter(({ id }) => id !== passkey.id), passkey] };
  });
  return goTo(HOME);
}

export async function removePasskey(web: WebRequest, control: Control): Promise<Response> {
  const form = await readForm(web, ACCOUNT_PURPOSE);
  const visitor = await needFresh(web, control);
  await changeAccount(control, visitor, 'remove-passkey', (account) => {
    const passkeys = account.passkeys.filter(({ id }) => id !== form.text('id'));
    if (passkeys.length === 0 && account.password === undefined) {
      throw new SallyportError('ERR_CONFLICT', 'this is the only way in which you can sign in', { remedy: 'Add another passkey or a password first.' });
    }
    return { ...account, passkeys };
  });
  return goTo(HOME);
}

export async function setPassword(web: WebRequest, control: Control): Promise<Response> {
  const form = await readForm(web, ACCOUNT_PURPOSE);
  const visitor = await needFresh(web, control);
  const read = await readPassword(form, (await needAccount(control.store, visitor)).body);
  if ('problem' in read) return showAccount(web, control, read.problem);
  await changeAccount(control, visitor, 'set-password', (account) => ({ ...account, password: read.hash, passwordSetAt: control.now() }));
  // Whoever knew the old one may be signed in somewhere.
  await endSessionsOf(control, visitor.person.id);
  return enter(web, control, visitor.person.id, visitor.session.method, HOME);
}

/** Takes a consent of one's own back. */
export async function takeBack(web: WebRequest, control: Control): Promise<Response> {
  const form = await readForm(web, ACCOUNT_PURPOSE);
  const visitor = await needVisitor(web, control);
  const found = await needStored(control.store, 'consent', DEFAULT_SPACE, form.text('id'));
  // The same answer as for one that doesn't exist: ids of others tell nothing.
  if (found.body.person !== visitor.person.id) {
    throw new SallyportError('ERR_NOT_FOUND', 'there is no such consent of yours', { remedy: 'Load the page again.' });
  }
  await revokeConsent(control, web.url.origin, found, visitor.principal);
  return goTo(HOME);
}

/** How somebody signs in changes only soon after they signed in. */
async function needFresh(web: WebRequest, control: Control): Promise<Visitor> {
  const visitor = await needVisitor(web, control);
  if (control.now() - visitor.session.signedInAt <= LIMITS.ceremonyMs) return visitor;
  throw new SallyportError('ERR_SIGN_IN_EXPIRED', 'Your sign-in is too long ago for this', { remedy: 'Sign in again, then try once more.' });
}

async function needAccount(rows: Rows, { person }: Visitor): Promise<FoundAccount> {
  const found = await findOfPerson(rows, person.id);
  if (found !== undefined) return found;
  throw new SallyportError('ERR_NOT_FOUND', 'you have no account here', { remedy: 'You sign in through your company: change it there.' });
}

async function changeAccount(control: Control, visitor: Visitor, verb: string, next: (account: Account) => Account): Promise<void> {
  const { id } = await needAccount(control.store, visitor);
  await control.change({ admin: { id: visitor.principal, may: [] }, space: DEFAULT_SPACE }, { resource: 'account', id, verb }, async (rows) => {
    const account = await needAccount(rows, visitor);
    await putAccount(rows, { id: account.id, body: next(account.body) }, visitor.principal);
  });
}
