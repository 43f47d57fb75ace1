import { SallyportError } from '../../domain/errors.ts';
import type { WebRequest } from '../web.ts';
import { checkForm } from './csrf.ts';
import type { Browser } from './csrf.ts';

/** A form that was made by us, for this browser and this purpose. */
export interface Form {
  readonly browser: Browser;
  /** Empty when it isn't there. */
  readonly text: (name: string) => string;
}

/**
 * Reads a posted form. Throws `ERR_CONTENT_TYPE`, `ERR_REQUEST_INVALID` for a field that stands twice, and `ERR_FORM_FORGED`.
 */
export async function readForm(web: WebRequest, purpose: string): Promise<Form> {
  if (!/^application\/x-www-form-urlencoded(;|$)/i.test(web.request.headers.get('content-type') ?? '')) {
    throw new SallyportError('ERR_CONTENT_TYPE', 'Only a form of this page can be sent here.');
  }
  const fields = new URLSearchParams(await web.request.text());
  const names = [...fields.keys()];
  if (new Set(names).size !== names.length) throw new SallyportError('ERR_REQUEST_INVALID', 'A field of the form stands there twice.');
  const text = (name: string): string => fields.get(name) ?? '';
  return { browser: checkForm(web, purpose, text('form')), text };
}

/** A path of this door, or nothing: whoever sends people here must not choose another site for them to go on to. */
export function localPath(web: WebRequest, text: string | null | undefined): string | undefined {
  if (text === null || text === undefined || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,2000}$/.test(text) || !URL.canParse(text, web.url.origin)) return undefined;
  const url = new URL(text, web.url.origin);
  // What `/..//evil.example` comes to begins with two slashes, and a browser takes that for another site.
  const isOurs = url.origin === web.url.origin && !/^\/(?:[/\\]|api\/)/.test(url.pathname);
  return isOurs ? url.pathname + url.search : undefined;
}
