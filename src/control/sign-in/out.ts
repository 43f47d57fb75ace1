import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { endAdminSession } from '../admins/session.ts';
import type { Control } from '../control.ts';
import type { WebRequest } from '../web.ts';
import { knowBrowser } from './csrf.ts';
import { readForm } from './form.ts';
import { html } from '../../domain/markup.ts';
import { formToken, page } from './page.ts';
import { endSession, endSessionsOf } from './session.ts';
import { findVisitor, nameOf } from './who.ts';

const PURPOSE = 'sign-out';

export async function showSignOut(web: WebRequest, control: Control): Promise<Response> {
  const visitor = await findVisitor(web, control);
  if (visitor === undefined) return signedOut(web, []);
  const { token, cookies } = knowBrowser(web);
  return page(web, {
    title: 'Sign out', cookies, body: html`<h1>Sign out?</h1><p class="lead">You are signed in as <strong>${nameOf(visitor.person)}</strong>.</p>
<form method="post" action="/sign-in/out">${formToken(token(PURPOSE))}
<button type="submit" name="all" value="no">Sign out here</button>
<button type="submit" name="all" value="yes" class="plain">Sign out in every browser</button></form>
<p class="soft">Programs that may work for you keep their permission until you take it back on <a href="/sign-in/account">your account's page</a>.</p>`,
  });
}

/** Ends this browser's session at the door and at the issuer; with `all`, those of every other browser too. */
export async function signOut(web: WebRequest, control: Control): Promise<Response> {
  const form = await readForm(web, PURPOSE);
  const visitor = await findVisitor(web, control);
  if (visitor !== undefined) {
    const everywhere = form.text('all') === 'yes';
    await control.record({ event: 'person.signed-out', space: DEFAULT_SPACE, principal: visitor.principal, address: web.address, detail: { everywhere } });
    if (everywhere) await endSessionsOf(control, visitor.person.id);
  }
  return signedOut(web, [
    await endSession(web, control), await endAdminSession(web.request, web.url.origin, control), ...await control.interactions().signOut(web.request),
  ]);
}

function signedOut(web: WebRequest, cookies: readonly string[]): Response {
  return page(web, {
    title: 'Signed out', cookies, body: html`<h1>You are signed out</h1><p class="lead">Nobody is signed in in this browser.</p>
<a class="button" href="/sign-in">Sign in</a>`,
  });
}
