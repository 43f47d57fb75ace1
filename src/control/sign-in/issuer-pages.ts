import type { IssuerPages } from '../../identity/issuer/parts.ts';
import { html, raw } from '../../domain/markup.ts';
import type { Html } from '../../domain/markup.ts';
import { documentOf } from './page.ts';

const TITLES: Readonly<Record<string, readonly [string, string]>> = {
  invalid_client: ['This program is not known here', 'Its description could not be read, or an administrator has not entered it.'],
  invalid_client_metadata: ['This program is not known here', 'Its own description is not one that can be accepted.'],
  invalid_redirect_uri: ['The answer would go to the wrong place', 'The program asked for it at an address that is not its own.'],
  invalid_target: ['That server is not here', 'The program asked for a server or toolset that this gate does not have.'],
  access_denied: ['That was refused', 'Nothing was given to the program.'],
  temporarily_unavailable: ['That was too often', 'Try again in a while.'],
  server_error: ['Something broke here', 'It was recorded. Try again, or tell your administrator.'],
};

/**
 * The pages that the protocol itself shows, in the look of the others. Nothing that a request said is repeated but the
 * client's name, as text. `host`: this door's own, shown on each.
 */
export const issuerPages = (host: string): IssuerPages => ({
  failure: (code) => {
    const [title, text] = TITLES[code] ?? ['This cannot go on', 'Start it again from the program.'];
    return documentOf({
      host, title, body: html`<h1>${title}</h1><div class="note bad" role="alert"><p>${text}</p></div><p class="soft">Code <code>${code}</code></p>`,
    });
  },
  deviceCode: (form, wrong) => documentOf({
    host, title: 'Connect a device', body: html`<h1>Connect a device</h1><p class="lead">Type the code that the program or device shows.</p>
${wrong ? html`<div class="note bad" role="alert"><strong>That code is not good</strong><p>It may be too old, or used already.</p></div>` : undefined}
${caution}<div class="code">${raw(form)}</div><button type="submit" form="op.deviceInputForm">Continue</button>`,
  }),
  deviceConfirm: (form, client, userCode) => documentOf({
    host, title: 'Connect a device', body: html`<h1>Is this your device?</h1>
<p class="lead"><strong>${client}</strong> asks to be connected. It must show this very code:</p>
<div class="code"><p><code>${userCode}</code></p></div>${caution}${raw(form)}<div class="pair">
<button type="submit" form="op.deviceConfirmForm" value="yes" name="abort" class="plain">Stop</button>
<button type="submit" form="op.deviceConfirmForm">It is: continue</button></div>`,
  }),
  deviceDone: () => documentOf({
    host, title: 'Connected', body: html`<h1>The device is connected</h1><p class="lead">You can close this page and go on there.</p>`,
  }),
});

const caution: Html = html`<div class="note warn"><strong>Did you start this yourself, just now?</strong>
<p>If somebody sent you this page or a code, stop: they would work with your rights.</p></div>`;
