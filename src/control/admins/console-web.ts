import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Control } from '../control.ts';
import { pageRoute } from '../sign-in/error-page.ts';
import { readForm } from '../sign-in/form.ts';
import { knowBrowser } from '../sign-in/csrf.ts';
import { html } from '../../domain/markup.ts';
import { formToken, goTo, page } from '../sign-in/page.ts';
import { findVisitor, nameOf, needVisitor, signInPath } from '../sign-in/who.ts';
import type { WebRequest, WebRoute } from '../web.ts';
import { csrfToken, endAdminSession, openAdminSession } from './session.ts';

const PURPOSE = 'console';

/** The way into the console: whoever signed in at this door, by whatever way, opens a session for administration from here. */
export const consoleRoutes: readonly WebRoute[] = [
  pageRoute('GET', '/sign-in/console', showConsole),
  pageRoute('POST', '/sign-in/console', enterConsole),
  { method: 'GET', path: '/sign-in/console/session', run: async (web) => tellSession(web) },
  pageRoute('POST', '/sign-in/console/out', leaveConsole),
];

/** A link from elsewhere may bring a browser here, but only a form of ours goes on: nobody is signed in without wanting it. */
async function showConsole(web: WebRequest, control: Control): Promise<Response> {
  const visitor = await findVisitor(web, control);
  if (visitor === undefined) return goTo(signInPath(web));
  const browser = knowBrowser(web);
  return page(web, {
    title: 'Console', cookies: browser.cookies,
    body: html`<h1>Administer Sallyport</h1><p class="lead">You are ${nameOf(visitor.person)}. What you do there is recorded in your name.</p>
<form method="post" action="/sign-in/console">${formToken(browser.token(PURPOSE))}<button type="submit">Open the console</button></form>`,
  });
}

async function enterConsole(web: WebRequest, control: Control): Promise<Response> {
  await readForm(web, PURPOSE);
  const { person, principal } = await needVisitor(web, control);
  const { session, cookie } = await openAdminSession(web.request, web.url.origin, { principal, person: person.id }, control);
  await control.record({ event: 'session.opened', space: DEFAULT_SPACE, principal, address: web.address, session: session.id });
  return page(web, { title: 'Console', cookies: [cookie], next: '/', body: html`<p class="lead">One moment: <a href="/">the console</a> opens.</p>` });
}

/** For scripts of our own pages; another site's cannot read it, since there is no CORS. */
function tellSession(web: WebRequest): Response {
  const csrf = csrfToken(web.request, web.url.origin);
  return Response.json({ csrf: csrf ?? null }, { headers: { 'cache-control': 'no-store' } });
}

async function leaveConsole(web: WebRequest, control: Control): Promise<Response> {
  const { browser } = await readForm(web, PURPOSE);
  const cookie = await endAdminSession(web.request, web.url.origin, control);
  await control.record({ event: 'session.closed', space: DEFAULT_SPACE, address: web.address });
  const body = html`<p class="lead">The console is closed in this browser.</p>`;
  return page(web, { title: 'Signed out', cookies: [...browser.cookies, cookie], body });
}
