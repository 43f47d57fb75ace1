import { SallyportError } from '../../domain/errors.ts';
import { findAccount, findOfPerson, putAccount } from '../accounts/find.ts';
import type { FoundAccount } from '../accounts/find.ts';
import { offerAssertion, readAssertion, siteOf, takeAssertion } from '../accounts/passkeys.ts';
import { checkPassword } from '../accounts/password.ts';
import { beginTry } from '../accounts/throttle.ts';
import type { Control } from '../control.ts';
import { foldName } from '../people/people.ts';
import type { WebRequest } from '../web.ts';
import { makeChallenge, takeChallenge } from './challenge.ts';
import { readAnswer } from './credential-forms.ts';
import { knowBrowser } from './csrf.ts';
import { enter, knownDevice, refuseEntry } from './enter.ts';
import { localPath, readForm } from './form.ts';
import { loginPage } from './login-page.ts';
import type { LoginFor } from './login-page.ts';
import { readSignIn } from './settings.ts';

const PURPOSE = 'sign-in';
const HOME = '/sign-in/account';

/** The sign-in page, for whatever comes after it. */
export async function showLogin(web: WebRequest, control: Control, wanted: LoginFor): Promise<Response> {
  const browser = knowBrowser(web);
  const options = await offerAssertion(siteOf(web.url), makeChallenge(browser, PURPOSE, control.now()));
  const { sso } = await readSignIn(control.store);
  const company = sso === undefined ? {} : { sso: new URL(sso.issuer).host };
  return loginPage(web, { ...wanted, ...company, token: browser.token(PURPOSE), cookies: browser.cookies, options });
}

/** Where a form or link said that the browser goes on to. */
export function destination(web: WebRequest, said: string | null): string {
  return localPath(web, said) ?? HOME;
}

/** A name and a password. Whatever is wrong with them, the answer and the work are the same. */
export async function signInByPassword(web: WebRequest, control: Control): Promise<Response> {
  const form = await readForm(web, PURPOSE);
  const to = destination(web, form.text('to'));
  const account = await findAccount(control.store, form.text('name'));
  const device = await knownDevice(web, control, account?.body.person);
  const trier = { account: account?.id ?? foldName(form.text('name')), address: web.address, ...(device === undefined ? {} : { device }) };
  const attempt = await beginTry(control.state, trier);
  if (!attempt.allowed) {
    await refuseEntry(web, control, 'ERR_BUSY', 'too many tries', account?.body.person);
    return showLogin(web, control, { to, problem: 'wait', retryMs: attempt.retryMs, name: form.text('name') });
  }
  const usable = account !== undefined && account.body.disabledAt === undefined ? account.body.password : undefined;
  if (!(await checkPassword(form.text('password'), usable)) || account === undefined) {
    await refuseEntry(web, control, 'ERR_SIGN_IN_REFUSED', 'name or password', account?.body.person);
    return showLogin(web, control, { to, problem: 'wrong', name: form.text('name') });
  }
  const response = await enter(web, control, account.body.person, 'pwd', to);
  await attempt.succeeded();
  return response;
}

/** A passkey: whose it is, its answer says itself. */
export async function signInByPasskey(web: WebRequest, control: Control): Promise<Response> {
  const form = await readForm(web, PURPOSE);
  const to = destination(web, form.text('to'));
  const answer = readAnswer(form);
  try {
    const account = await usePasskey(web, control, answer, (challenge) => takeChallenge(control, form.browser, PURPOSE, challenge));
    return await enter(web, control, account.body.person, 'hwk', to);
  } catch (error) {
    if (!(error instanceof SallyportError) || error.code !== 'ERR_SIGN_IN_REFUSED') throw error;
    await refuseEntry(web, control, error.code, error.internal ?? 'passkey', readAssertion(answer)?.person.slice(0, 64));
    return showLogin(web, control, { to, problem: 'passkey' });
  }
}

/** Whose passkey answered a challenge of ours; used, once. Throws `ERR_SIGN_IN_REFUSED`, and what `take` throws. */
export async function usePasskey(web: WebRequest, control: Control, answer: unknown, take: (challenge: string) => Promise<void>): Promise<FoundAccount> {
  const claimed = readAssertion(answer);
  const account = claimed === undefined ? undefined : await findOfPerson(control.store, claimed.person);
  if (account === undefined || account.body.disabledAt !== undefined) {
    throw new SallyportError('ERR_SIGN_IN_REFUSED', 'That passkey was not accepted.', { internal: account === undefined ? 'no such account' : 'disabled' });
  }
  const seen = await takeAssertion(siteOf(web.url), take, answer, account, control.now());
  // Checked and kept as one: two answers with one counter, sent at the same moment, are one too many.
  await control.store.transaction(async (rows) => {
    const now = await findAccount(rows, account.id);
    if (now === undefined || !Bun.deepEquals(now.body, account.body)) {
      throw new SallyportError('ERR_SIGN_IN_REFUSED', 'That passkey was not accepted.', { internal: 'used twice at once' });
    }
    await putAccount(rows, seen, `sallyport|${seen.body.person}`);
  });
  return seen;
}
