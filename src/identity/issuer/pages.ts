import type { IssuerPages } from './parts.ts';

const TITLES: Readonly<Record<string, string>> = {
  invalid_client: 'This application is not known here.',
  invalid_redirect_uri: 'This application asked for its answer at an address that is not its own.',
  access_denied: 'That is not allowed.',
  temporarily_unavailable: 'That was too often. Try again in a while.',
  server_error: 'Something broke here. It was recorded.',
};

/** Plain pages without scripts; nothing that a request said is repeated on them. */
export const PLAIN_PAGES: IssuerPages = {
  failure: (code) => page('Sign-in', `<p>${escape(TITLES[code] ?? 'This sign-in cannot go on. Start it again from the application.')}</p><p>(${escape(code)})</p>`),
  deviceCode: (form, wrong) => page('Connect a device', [
    `<p>${wrong ? 'That code is not good (any more). ' : ''}Type the code that the device shows.</p>`, form,
    '<button type="submit" form="op.deviceInputForm">Continue</button>',
  ].join('\n')),
  deviceConfirm: (form, client, userCode) => page('Connect a device', [
    `<p><strong>${escape(client)}</strong> asks to be connected. It must show this code:</p><p><code>${escape(userCode)}</code></p>`,
    '<p>If you did not start this yourself just now, or somebody sent you here, stop.</p>', form,
    '<button type="submit" form="op.deviceConfirmForm">The codes are equal: continue</button>',
    '<button type="submit" form="op.deviceConfirmForm" value="yes" name="abort">Stop</button>',
  ].join('\n')),
  deviceDone: () => page('Connected', '<p>The device is connected. You can close this page.</p>'),
};

function page(title: string, body: string): string {
  return `<!doctype html>\n<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>\n<h1>${title}</h1>\n${body}\n</html>\n`;
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
