import { LIMITS } from '../../domain/limits.ts';
import type { FoundAccount } from '../accounts/find.ts';
import { findOfPerson } from '../accounts/find.ts';
import { offerRegistration, siteOf } from '../accounts/passkeys.ts';
import type { Passkey } from '../accounts/schema.ts';
import { listConsents } from '../consents/consents.ts';
import type { Consent } from '../consents/schema.ts';
import type { Control } from '../control.ts';
import type { Stored } from '../stored.ts';
import type { WebRequest } from '../web.ts';
import { makeChallenge } from './challenge.ts';
import { passkeyForm, passwordForm, problemNote } from './credential-forms.ts';
import { knowBrowser } from './csrf.ts';
import type { Browser } from './csrf.ts';
import { html } from '../../domain/markup.ts';
import type { Html } from '../../domain/markup.ts';
import { formToken, goTo, page } from './page.ts';
import { findVisitor, nameOf, signInPath } from './who.ts';
import type { Visitor } from './who.ts';

/** What each form of the page is bound to. */
export const ACCOUNT_PURPOSE = 'account';

/** A person's own page: how they sign in, and which programs may work for them. */
export async function showAccount(web: WebRequest, control: Control, problem?: string): Promise<Response> {
  const visitor = await findVisitor(web, control);
  if (visitor === undefined) return goTo(signInPath(web));
  const browser = knowBrowser(web);
  const account = await findOfPerson(control.store, visitor.person.id);
  const consents = await listConsents(control.store, control.now(), visitor.person.id);
  return page(web, {
    title: 'Your account', cookies: browser.cookies, passkeys: true, wide: true, ...(problem === undefined ? {} : { status: 422 }),
    body: html`<div class="row"><h1>${nameOf(visitor.person)}</h1><a href="/sign-in/out">Sign out</a></div>
<p class="lead">${visitor.person.body.userName} · signed in ${HOW[visitor.session.method]}</p>${problemNote(problem)}
<h2>Programs that may work for you</h2>${consentList(consents, browser)}
${account === undefined ? html`<p class="soft">You sign in through your company: passwords and passkeys are kept there.</p>`
  : await credentials(web, control, account, browser, visitor)}`,
  });
}

const HOW = { pwd: 'with a password', hwk: 'with a passkey', sso: 'through your company' } as const;

function consentList(consents: readonly Stored<Consent>[], browser: Browser): Html {
  if (consents.length === 0) return html`<p class="soft">None. You are asked when a program wants to.</p>`;
  return html`<ul class="plain">${consents.map(({ id, body }) => html`<li><div class="row"><strong>${body.clientName}</strong>
<form method="post" action="/sign-in/account/consent">${formToken(browser.token(ACCOUNT_PURPOSE))}<input type="hidden" name="id" value="${id}">
<button class="link" type="submit">Take back</button></form></div>
<span class="soft">${body.client} · <code>${body.resource}</code> · ${body.scopes.join(', ')} · until ${day(body.expiresAt)}</span></li>`)}</ul>`;
}

function passkeyList(passkeys: readonly Passkey[], token: string): Html {
  if (passkeys.length === 0) return html`<p class="soft">None yet.</p>`;
  return html`<ul class="plain">${passkeys.map(({ id, name, createdAt, lastUsedAt, backedUp }) => html`<li><div class="row"><strong>${name}</strong>
<form method="post" action="/sign-in/account/passkey/remove">${formToken(token)}<input type="hidden" name="id" value="${id}">
<button class="link" type="submit">Remove</button></form></div>
<span class="soft">made ${day(createdAt)}${lastUsedAt === undefined ? '' : `, last used ${day(lastUsedAt)}`} ·
${backedUp ? 'synced' : 'on one device'}</span></li>`)}</ul>`;
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

async function credentials(web: WebRequest, control: Control, account: FoundAccount, browser: Browser, { session }: Visitor): Promise<Html> {
  const token = browser.token(ACCOUNT_PURPOSE);
  const { passkeys, userName, password } = account.body;
  const list = html`<h2>Passkeys</h2>${passkeyList(passkeys, token)}`;
  // Whoever finds an open browser must not be able to move in.
  if (control.now() - session.signedInAt > LIMITS.ceremonyMs) {
    return html`${list}<p class="soft">To change how you sign in, <a href="/sign-in?to=/sign-in/account&amp;again=yes">confirm that it is still you</a>.</p>`;
  }
  const options = await offerRegistration(siteOf(web.url), account.body, makeChallenge(browser, ACCOUNT_PURPOSE, control.now()));
  return html`${list}${passkeyForm({ action: '/sign-in/account/passkey', token }, options)}
<h2>Password</h2><p class="soft">${password === undefined ? 'None is set.' : 'A new one replaces the old one, and ends your other sessions.'}</p>
${passwordForm({ action: '/sign-in/account/password', token }, userName, 'Set the password')}`;
}
