import type { WebRequest } from '../web.ts';
import { html, raw, textOf } from '../../domain/markup.ts';
import type { Html } from '../../domain/markup.ts';
import { SCRIPT, SCRIPT_SOURCE } from './script.ts';

export interface Page {
  readonly title: string;
  readonly body: Html;
  readonly status?: number;
  readonly cookies?: readonly string[];
  /** Whether it has a form for passkeys. */
  readonly passkeys?: boolean;
  readonly wide?: boolean;
  /** Where the browser goes by itself, a path of this door. */
  readonly next?: string;
  readonly retryMs?: number;
}

/** The mark: two doors, of which one is open. */
const MARK = html`<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" aria-hidden="true">
<path d="M3 21V6l9-4 9 4v15"/><path d="M8 21V10.5h8V21"/><path d="M12 10.5V21"/><circle cx="10" cy="16" r=".6" fill="currentColor" stroke="none"/></svg>`;

type Document = Omit<Page, 'status' | 'cookies' | 'retryMs'> & { readonly host?: string };

/** The text of a page. Everything works without the script but passkeys. */
export function documentOf({ title, body, passkeys = false, wide = false, next, host }: Document): string {
  const refresh = next === undefined ? undefined : html`<meta http-equiv="refresh" content="0;url=${next}">`;
  return textOf(html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>${title} · Sallyport</title><link rel="stylesheet" href="/sign-in/style.css">${refresh}</head>
<body><main${wide ? html` class="wide"` : undefined}><div class="brand">${MARK}<span>Sallyport</span>
${host === undefined ? undefined : html`<small>${host}</small>`}</div>
${body}
</main><footer>${host === undefined ? undefined : html`You are at <code>${host}</code>. `}Type your secrets on this site only.</footer>${
  // The script's text is our own; escaped it would be another one than the policy allows.
  passkeys ? raw(`<script type="module">${SCRIPT}</script>`) : undefined}</body></html>
`);
}

/** One page of the door, whole, with what browsers are to hold it to. */
export function page(web: WebRequest, content: Page): Response {
  const { status = 200, cookies = [], passkeys = false, retryMs } = content;
  const text = documentOf({ ...content, host: web.url.host });
  const headers = new Headers({
    'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store',
    'content-security-policy': `default-src 'none'; style-src 'self'; script-src ${passkeys ? SCRIPT_SOURCE : "'none'"}; form-action 'self'; base-uri 'none'; `
      + "frame-ancestors 'none'; require-trusted-types-for 'script'",
    ...(retryMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryMs / 1000)) }),
  });
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  return new Response(text, { status, headers });
}

/** Sends the browser on within this door after a form was taken. */
export function goTo(path: string, cookies: readonly string[] = []): Response {
  const headers = new Headers({ location: path, 'cache-control': 'no-store' });
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  return new Response(undefined, { status: 303, headers });
}

/** What a form must carry: its token, bound to this browser and this purpose. */
export function formToken(token: string): Html {
  return html`<input type="hidden" name="form" value="${token}">`;
}
