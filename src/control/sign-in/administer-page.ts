import type { Interaction } from '../../identity/issuer/interaction.ts';
import type { Access } from '../access.ts';
import { accessesOf } from '../admins/api-uri.ts';
import type { WebRequest } from '../web.ts';
import { redirectPart, redirectWarning, span } from './consent-page.ts';
import { html } from '../../domain/markup.ts';
import { formToken, page } from './page.ts';

export interface AdministerParts {
  readonly pending: Interaction;
  readonly person: string;
  readonly token: string;
  readonly cookies: readonly string[];
}

const WORDS: Readonly<Record<Access, string>> = {
  self: 'Say who you are',
  read: 'See the configuration',
  change: 'Change the configuration',
  approve: 'Approve servers, exceptions and what others propose',
  audit: 'Read the journal',
  investigate: 'Work on incidents',
  stop: 'Stop and revoke',
  govern: 'Say who administers, who the people are and who issues tokens',
  seal: 'Nothing of custodians',
  observe: 'Say what was seen outside the gate',
  protect: 'Seal, unseal, restore and enforce the files of agents',
};

/** Asks a person whether the command line may administer for them. */
export function administerPage(web: WebRequest, { pending, person, token, cookies }: AdministerParts): Response {
  return page(web, {
    title: 'Administer from the command line?', cookies, wide: true,
    body: html`<h1>May <strong>${pending.client.name}</strong> administer Sallyport for you?</h1>
<p class="lead">You are <strong>${person}</strong>. <a href="/sign-in/out">Not you?</a></p>
<dl><dt>Program</dt><dd>Sallyport's own command line <span class="soft"><code>${pending.client.id}</code></span></dd>
<dt>Answer goes to</dt><dd>${redirectPart(pending)}</dd><dt>For how long</dt><dd>${span()}, until you take it back on your account's page</dd></dl>
${redirectWarning(pending)}
<h2>It could administer Sallyport in the roles that you hold</h2>
<ul class="plain">${accessesOf(pending.scopes).map((access) => html`<li class="effect"><strong>${WORDS[access]}</strong></li>`)}</ul>
<p class="soft">What your roles do not allow, it cannot do either. Everything is recorded in your name.</p>
<form method="post" action="/sign-in/${pending.uid}">${formToken(token)}<div class="pair">
<button type="submit" name="answer" value="no" class="plain">Refuse</button><button type="submit" name="answer" value="yes">Allow</button></div></form>
<p class="soft">You are asked each time, because any program of this computer could claim to be this one.</p>`,
  });
}
