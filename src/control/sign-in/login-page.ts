import type { JsonObject } from '../../domain/json.ts';
import type { WebRequest } from '../web.ts';
import { html } from '../../domain/markup.ts';
import type { Html } from '../../domain/markup.ts';
import { formToken, page } from './page.ts';

/** Why somebody is asked to sign in. */
export interface LoginFor {
  /** A path of this door. */
  readonly to: string;
  /** The program that waits for it, by its own name, and where it comes from. */
  readonly client?: { readonly name: string; readonly from: string };
  readonly problem?: 'wrong' | 'wait' | 'passkey' | 'again' | 'sso' | 'stronger';
  readonly retryMs?: number;
  /** What was typed as a name. */
  readonly name?: string;
  /** Only a passkey will do. */
  readonly passkeyOnly?: boolean;
}

interface Parts extends LoginFor {
  readonly token: string;
  readonly cookies: readonly string[];
  /** What the browser asks authenticators for. */
  readonly options: JsonObject;
  /** Host of the company's provider. */
  readonly sso?: string;
}

const PROBLEMS = {
  wrong: ['That name and password do not belong together', 'Check both and try again.'],
  wait: ['Too many tries', 'For everybody\'s safety this account or network has to wait for a while. A passkey still works.'],
  passkey: ['That passkey was not accepted', 'Try again, or sign in in another way.'],
  again: ['Confirm that it is still you', 'What was asked for needs a fresh sign-in.'],
  sso: ['Your company\'s sign-in did not work', 'Nothing was changed. Try again, or ask your administrator: the reason is in the records.'],
  stronger: ['A passkey is needed', 'What was asked for needs a sign-in that cannot be phished.'],
} as const;

export function loginPage(web: WebRequest, parts: Parts): Response {
  const { client, problem, sso, passkeyOnly = false } = parts;
  const status = problem === 'wrong' || problem === 'passkey' || problem === 'sso' ? 401 : problem === 'wait' ? 429 : 200;
  return page(web, {
    title: 'Sign in', status, cookies: parts.cookies, passkeys: true,
    ...(parts.retryMs === undefined ? {} : { retryMs: parts.retryMs }),
    body: html`<h1>Sign in</h1>
<p class="lead">${client === undefined ? html`Administer and use the gate between AI agents and your tools.`
  : html`<strong>${client.name}</strong> (${client.from}) asks to work for you. You decide what it may do after you have signed in.`}</p>
${problem === undefined ? undefined : complaint(problem)}
${sso === undefined || passkeyOnly ? undefined : companyPart(sso, parts)}
${passkeyPart(parts)}
${passkeyOnly ? undefined : passwordPart(parts)}`,
  });
}

function complaint(problem: keyof typeof PROBLEMS): Html {
  const [title, text] = PROBLEMS[problem];
  const tone = problem === 'again' || problem === 'stronger' ? 'note' : 'note bad';
  return html`<div class="${tone}" role="alert"><strong>${title}</strong><p>${text}</p></div>`;
}

function companyPart(host: string, { to, problem }: Parts): Html {
  const again = problem === 'again' ? '&again=yes' : '';
  return html`<a class="button" href="/sign-in/sso?to=${encodeURIComponent(to)}${again}">Continue with ${host}</a>
<div class="or">or with an account of this gate</div>`;
}

function passkeyPart({ token, to, options, sso, passkeyOnly }: Parts): Html {
  return html`<form method="post" action="/sign-in/passkey" data-passkey="get" data-options="${JSON.stringify(options)}" hidden>
${formToken(token)}<input type="hidden" name="to" value="${to}"><input type="hidden" name="answer">
<button type="submit"${sso === undefined ? undefined : html` class="plain"`}>Sign in with a passkey</button>
<p class="soft" role="status" aria-live="polite"></p>${passkeyOnly === true ? undefined : html`<div class="or">or</div>`}</form>
${passkeyOnly === true ? html`<p data-without>Passkeys need a current browser with scripts allowed on this page.</p>` : undefined}`;
}

function passwordPart({ token, to, name }: Parts): Html {
  return html`<form method="post" action="/sign-in/password">${formToken(token)}<input type="hidden" name="to" value="${to}">
<label for="name">User name</label>
<input type="text" id="name" name="name" value="${name}" autocomplete="username webauthn" autocapitalize="none" spellcheck="false" maxlength="200" required>
<label for="password">Password</label><input type="password" id="password" name="password" autocomplete="current-password" maxlength="1024" required>
<button type="submit" class="plain">Sign in with a password</button></form>`;
}
