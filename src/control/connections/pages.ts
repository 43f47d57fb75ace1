import { html } from '../../domain/markup.ts';
import { formToken, page } from '../sign-in/page.ts';
import type { WebRequest } from '../web.ts';
import type { Ticket } from './schema.ts';

export interface AskFor {
  readonly ticket: Ticket;
  /** Who answers for the server. */
  readonly owner: string;
  /** The person, as they are called here. */
  readonly who: string;
  readonly token: string;
  readonly cookies: readonly string[];
}

/** The question: everything that a person must know before another site asks them to log in. */
export function askPage(web: WebRequest, { ticket, owner, who, token, cookies }: AskFor): Response {
  const { server, endpoint, agent, actors, provider, scopes } = ticket;
  const chain = [agent, ...actors.filter((actor) => actor !== agent)];
  return page(web, {
    title: 'Connect an account', cookies, wide: true,
    body: html`<h1>Connect your account for ${server}?</h1>
<p>The agent <strong>${chain.join(', acting through ')}</strong> called the server <strong>${server}</strong> for you, <strong>${who}</strong>.
It needs an account of yours there.</p>
<dl><dt>Server</dt><dd>${server} at <code>${new URL(endpoint).host}</code>, owned by ${owner}</dd>
<dt>You sign in at</dt><dd><code>${new URL(provider.authorization_endpoint).host}</code></dd>
<dt>It may</dt><dd>${scopes.length === 0 ? html`what the server gives without naming scopes` : scopes.map((scope) => html`<code>${scope}</code> `)}</dd>
<dt>You come back to</dt><dd><code>${web.url.origin}</code></dd></dl>
<p>Only calls of this agent for you will use the account, as far as your company's policy permits each call.
Did you not ask an agent to do this? Then don't connect.</p>
<form method="post">${formToken(token)}<button name="answer" value="yes">Connect</button>
<button name="answer" value="no" class="plain">Don't connect</button></form>`,
  });
}

/** A form may not lead to another site; the page that it leads to may. */
export function leavePage(web: WebRequest, url: string): Response {
  return page(web, {
    title: 'Going on', next: url,
    body: html`<h1>Going on to ${new URL(url).host}</h1><p>If nothing happens, <a href="${url}" rel="noreferrer">go on yourself</a>.</p>`,
  });
}

export function endPage(web: WebRequest, { ticket, connected }: { readonly ticket: Ticket; readonly connected: boolean }): Response {
  return connected
    ? page(web, {
      title: 'Connected',
      body: html`<h1>Your account for ${ticket.server} is connected</h1><p>Go back to your agent and let it try again. You can close this page.</p>`,
    })
    : page(web, {
      title: 'Not connected',
      body: html`<h1>Nothing was connected</h1><p>The agent is told so when it calls ${ticket.server} again. You can close this page.</p>`,
    });
}
