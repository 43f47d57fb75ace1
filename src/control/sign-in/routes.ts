import type { Control } from '../control.ts';
import type { WebRequest, WebRoute } from '../web.ts';
import { addPasskey, removePasskey, setPassword, takeBack } from './account.ts';
import { showAccount } from './account-page.ts';
import { enrolByPasskey, enrolByPassword, showEnrolment } from './enrol.ts';
import { pageRoute } from './error-page.ts';
import { destination, showLogin, signInByPasskey, signInByPassword } from './login.ts';
import { showSignOut, signOut } from './out.ts';
import { goTo } from './page.ts';
import { answerPending, showPending } from './pending.ts';
import { registerAgent } from './register.ts';
import { endSso, startSso } from './sso.ts';
import { STYLE } from './style.ts';
import { findVisitor } from './who.ts';

const AS_STYLE = { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'max-age=300' } as const;

/** Everything below `/sign-in`. Names come before `:uid`, which would match them too. */
export const signInRoutes: readonly WebRoute[] = [
  { method: 'GET', path: '/sign-in/style.css', run: async () => new Response(STYLE, { headers: AS_STYLE }) },
  pageRoute('GET', '/sign-in', start),
  pageRoute('POST', '/sign-in/password', signInByPassword),
  pageRoute('POST', '/sign-in/passkey', signInByPasskey),
  pageRoute('GET', '/sign-in/sso', startSso),
  pageRoute('GET', '/sign-in/sso/callback', endSso),
  pageRoute('GET', '/sign-in/out', showSignOut),
  pageRoute('POST', '/sign-in/out', signOut),
  pageRoute('GET', '/sign-in/account', showAccount),
  pageRoute('POST', '/sign-in/account/passkey', addPasskey),
  pageRoute('POST', '/sign-in/account/passkey/remove', removePasskey),
  pageRoute('POST', '/sign-in/account/password', setPassword),
  pageRoute('POST', '/sign-in/account/consent', takeBack),
  pageRoute('GET', '/sign-in/enrol/:account/:secret', showEnrolment),
  pageRoute('POST', '/sign-in/enrol/:account/:secret', enrolByPassword),
  pageRoute('POST', '/sign-in/enrol/:account/:secret/passkey', enrolByPasskey),
  pageRoute('GET', '/sign-in/:uid', showPending),
  pageRoute('POST', '/sign-in/:uid', answerPending),
  pageRoute('POST', '/sign-in/:uid/agent', registerAgent),
];

async function start(web: WebRequest, control: Control): Promise<Response> {
  const to = destination(web, web.url.searchParams.get('to'));
  const again = web.url.searchParams.get('again') === 'yes';
  if (!again && await findVisitor(web, control) !== undefined) return goTo(to);
  return showLogin(web, control, { to, ...(again ? { problem: 'again' } : {}) });
}
