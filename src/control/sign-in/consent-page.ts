import { LIMITS } from '../../domain/limits.ts';
import { isLoopbackHost } from '../../domain/loopback.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import type { Effect } from '../../domain/server.ts';
import type { Interaction } from '../../identity/issuer/interaction.ts';
import { isOwnClient } from '../clients/find.ts';
import type { WebRequest } from '../web.ts';
import type { Coverage, Target } from './coverage.ts';
import { html } from '../../domain/markup.ts';
import type { Html } from '../../domain/markup.ts';
import { formToken, page } from './page.ts';

export interface ConsentParts {
  readonly pending: Interaction;
  readonly target: Target;
  readonly coverage: readonly Coverage[];
  readonly person: string;
  readonly token: string;
  readonly cookies: readonly string[];
  /** Whether the answer will be remembered. */
  readonly remembers: boolean;
}

const WORDS: Readonly<Record<Effect, { readonly what: string; readonly tone: '' | 'warn' | 'bad'; readonly tag?: string }>> = {
  read: { what: 'Read', tone: '' },
  write: { what: 'Create and change', tone: '' },
  destroy: { what: 'Delete, for good', tone: 'bad', tag: 'destroys' },
  execute: { what: 'Run commands and code', tone: 'bad', tag: 'executes' },
  communicate: { what: 'Send to people and systems outside', tone: 'warn', tag: 'leaves the company' },
  transact: { what: 'Move money, or sign for you', tone: 'bad', tag: 'transacts' },
};
const TOOLS_SHOWN = 8;
const KEPT_DAYS = Math.round(LIMITS.consentMs / 86_400_000);

/** Asks a person whether a program may work for them. Everything that a stranger wrote is named as the stranger's. */
export function consentPage(web: WebRequest, parts: ConsentParts): Response {
  const { pending, target, coverage, person, token } = parts;
  const { client } = pending;
  return page(web, {
    title: `Allow ${client.name}?`, cookies: parts.cookies, wide: true,
    body: html`<h1>May <strong>${client.name}</strong> work for you?</h1>
<p class="lead">You are <strong>${person}</strong>. <a href="/sign-in/out">Not you?</a></p>
<dl><dt>Program</dt><dd>${clientOrigin(pending)}</dd><dt>${target.kind === 'server' ? 'Server' : 'Toolset'}</dt>
<dd><strong>${target.name}</strong>${target.space === DEFAULT_SPACE ? undefined : ` in ${target.space}`}
<span class="soft"><code>${pending.resource}</code></span></dd>
<dt>Answer goes to</dt><dd>${redirectPart(pending)}</dd><dt>For how long</dt><dd>${span()}, until you take it back on your account's page</dd></dl>
${redirectWarning(pending)}
<h2>It could</h2>${coverage.map((one) => effectList(one, coverage.length > 1))}
<p class="soft">At most what you may do yourself: the company's policies decide each call, and every call is recorded.</p>
<form method="post" action="/sign-in/${pending.uid}">${formToken(token)}<div class="pair">
<button type="submit" name="answer" value="no" class="plain">Refuse</button><button type="submit" name="answer" value="yes">Allow</button></div></form>
<p class="soft">${parts.remembers ? `Your answer is kept for ${KEPT_DAYS} days.`
  : 'You are asked each time, because anybody could claim to be this program.'}</p>`,
  });
}

function clientOrigin({ client }: Interaction): Html {
  const agent = html`<span class="tag good">registered as ${client.agent}</span>`;
  if (client.origin === 'document') {
    return html`from <strong>${hostOf(client.id)}</strong> ${agent}<br><span class="soft">by its own description at <code>${client.id}</code></span>`;
  }
  if (isOwnClient(client.id)) return html`part of Sallyport ${agent}<br><span class="soft"><code>${client.id}</code></span>`;
  if (client.origin === 'declared') return html`entered by your administrator ${agent}<br><span class="soft"><code>${client.id}</code></span>`;
  return html`of unknown origin: it registered itself ${agent}<br><span class="soft"><code>${client.id}</code></span>`;
}

/** Where a redirect ends: a site, this computer, or a program of it by a scheme of its own; nowhere for a device. */
export function placeOf({ redirectUri }: Interaction): { readonly kind: 'site' | 'computer' | 'scheme' | 'device'; readonly name: string } {
  if (redirectUri === undefined || !URL.canParse(redirectUri)) return { kind: 'device', name: 'the device that shows the code' };
  const { protocol, hostname, host } = new URL(redirectUri);
  if (protocol !== 'https:' && protocol !== 'http:') return { kind: 'scheme', name: protocol };
  return isLoopbackHost(hostname) ? { kind: 'computer', name: host } : { kind: 'site', name: host };
}

export function redirectPart(pending: Interaction): Html {
  const place = placeOf(pending);
  if (place.kind === 'site') return html`<strong>${place.name}</strong>`;
  if (place.kind === 'device') return html`${place.name}`;
  return html`a program on this computer <span class="soft">(<code>${place.name}</code>)</span>`;
}

export function redirectWarning(pending: Interaction): Html | undefined {
  const { kind } = placeOf(pending);
  if (kind === 'site') return undefined;
  const text = kind === 'device' ? 'Allow only if you started this yourself a moment ago, on a device of yours.'
    : 'Any program on this computer can claim this name. Allow only if you started it yourself a moment ago.';
  return html`<div class="note warn"><strong>Did you start this?</strong><p>${text}</p></div>`;
}

function effectList({ server, owner, effects }: Coverage, named: boolean): Html {
  const head = named ? html`<p><strong>${server}</strong> <span class="soft">kept by ${owner}</span></p>` : undefined;
  if (effects.length === 0) return html`${head}<p class="soft">Connect and see what there is; nothing else.</p>`;
  return html`${head}<ul class="plain">${effects.map(({ effect, tools }) => {
    const { what, tone, tag } = WORDS[effect];
    const more = tools.length > TOOLS_SHOWN ? ` and ${tools.length - TOOLS_SHOWN} more` : '';
    return html`<li class="effect"><strong>${what}</strong>${tag === undefined ? undefined : html`<span class="tag ${tone}">${tag}</span>`}
<span class="soft">${tools.length === 0 ? 'no tool of this kind now' : `${tools.slice(0, TOOLS_SHOWN).join(', ')}${more}`}</span></li>`;
  })}</ul>`;
}

export function span(): string {
  return `10 minutes at a time, renewed for up to ${KEPT_DAYS} days`;
}

export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
