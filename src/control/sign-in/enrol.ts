import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { SallyportError } from '../../domain/errors.ts';
import { enrolmentPath, needEnrolled } from '../accounts/enrolment.ts';
import { putAccount } from '../accounts/find.ts';
import type { FoundAccount } from '../accounts/find.ts';
import { offerRegistration, siteOf, takeRegistration } from '../accounts/passkeys.ts';
import type { Account } from '../accounts/schema.ts';
import type { Control } from '../control.ts';
import type { WebRequest } from '../web.ts';
import { makeChallenge, takeChallenge } from './challenge.ts';
import { passkeyForm, passwordForm, problemNote, readAnswer, readLabel, readPassword } from './credential-forms.ts';
import { knowBrowser } from './csrf.ts';
import { enter, refuseEntry } from './enter.ts';
import { readForm } from './form.ts';
import { html } from '../../domain/markup.ts';
import { page } from './page.ts';
import { principalOf } from './who.ts';

const PURPOSE = 'enrol';
const HOME = '/sign-in/account';

/** Shows what a link is good for. Looking at it (as mail scanners do) uses nothing up. */
export async function showEnrolment(web: WebRequest, control: Control, problem?: string): Promise<Response> {
  const account = await needLinked(web, control);
  const browser = knowBrowser(web);
  const action = enrolmentPath(account.id, secretOf(web));
  const options = await offerRegistration(siteOf(web.url), account.body, makeChallenge(browser, PURPOSE, control.now()));
  const token = browser.token(PURPOSE);
  return page(web, {
    title: 'Set up your account', cookies: browser.cookies, passkeys: true, ...(problem === undefined ? {} : { status: 422 }),
    body: html`<h1>Welcome, ${account.body.userName}</h1>
<p class="lead">Choose how you sign in from now on. A passkey is best: it cannot be guessed, and no fake page can ask for it.</p>
${problemNote(problem)}${passkeyForm({ action: `${action}/passkey`, token }, options)}
<div class="or">or</div>${passwordForm({ action, token }, account.body.userName, 'Use a password')}`,
  });
}

/** Sets the first password, and signs in. */
export async function enrolByPassword(web: WebRequest, control: Control): Promise<Response> {
  const form = await readForm(web, PURPOSE);
  const account = await needLinked(web, control);
  const read = await readPassword(form, account.body);
  if ('problem' in read) return showEnrolment(web, control, read.problem);
  return useLink(web, control, account, 'pwd', { password: read.hash, passwordSetAt: control.now() });
}

/** Makes the first passkey, and signs in. */
export async function enrolByPasskey(web: WebRequest, control: Control): Promise<Response> {
  const form = await readForm(web, PURPOSE);
  const account = await needLinked(web, control);
  const take = (challenge: string): Promise<void> => takeChallenge(control, form.browser, PURPOSE, challenge);
  const passkey = await takeRegistration(siteOf(web.url), take, readAnswer(form), readLabel(form), control.now());
  return useLink(web, control, account, 'hwk', { passkeys: [passkey] });
}

async function needLinked(web: WebRequest, control: Control): Promise<FoundAccount> {
  try {
    return await needEnrolled(control.store, web.params['account'] ?? '', secretOf(web), control.now());
  } catch (error) {
    if (error instanceof SallyportError) await refuseEntry(web, control, error.code, 'enrolment link');
    throw error;
  }
}

/** The link and what it brings change in one transaction, with their record: a link is used once, whoever is first. */
async function useLink(web: WebRequest, control: Control, account: FoundAccount, method: 'pwd' | 'hwk', credentials: Partial<Account>): Promise<Response> {
  const by = principalOf(web, account.body.person);
  const what = { resource: 'account', id: account.id, verb: 'enrol', detail: { method } };
  await control.change({ admin: { id: by, may: [] }, space: DEFAULT_SPACE }, what, async (rows) => {
    const { id, body: { enrolment: _, ...kept } } = await needEnrolled(rows, account.id, secretOf(web), control.now());
    await putAccount(rows, { id, body: { ...kept, ...credentials } }, by);
  });
  return enter(web, control, account.body.person, method, HOME);
}

function secretOf(web: WebRequest): string {
  return web.params['secret'] ?? '';
}
