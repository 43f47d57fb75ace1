import { SallyportError } from '../domain/errors.ts';
import { isArray, isObject, type Json, type JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import type { Pages, Pin } from '../domain/server.ts';
import { pinOf } from './canonical.ts';
import { isPlainUri } from './names.ts';

/** In ASCII, so that it is the same in a header; `ui:` is what hosts of apps know their pages by (SEP-1865). */
const ADDRESS = /^ui:\/\/[\x21-\x7e]+$/;

/** The addresses of pages that tools name, each once: `_meta.ui.resourceUri`, or before that key existed `_meta["ui/resourceUri"]`. */
export function pagesNamed(lists: readonly JsonObject[]): readonly string[] {
  const named = lists.flatMap(({ tools }) => (isArray(tools) ? tools.flatMap(pagesOf) : []));
  const addresses = [...new Set(named)].filter((uri) => ADDRESS.test(uri) && isPlainUri(uri));
  if (addresses.length > LIMITS.appPagesMax) throw tooLarge(`the tools of the server name ${addresses.length} pages; ${LIMITS.appPagesMax} is the limit`);
  return addresses;
}

function pagesOf(tool: Json): readonly string[] {
  const meta = isObject(tool) ? tool['_meta'] : undefined;
  if (!isObject(meta)) return [];
  const { ui } = meta;
  return [isObject(ui) ? ui['resourceUri'] : undefined, meta['ui/resourceUri']].filter((uri) => typeof uri === 'string');
}

/** Throws `ERR_SURFACE_TOO_LARGE`: pages are kept whole, in every snapshot. */
export function checkPages(pages: readonly { readonly result: JsonObject }[]): void {
  const bytes = pages.reduce((sum, { result }) => sum + Buffer.byteLength(JSON.stringify(result)), 0);
  if (bytes > LIMITS.appPagesBytesMax) throw tooLarge(`the pages of the server's apps are over ${LIMITS.appPagesBytesMax} bytes`);
}

/**
 * A page as it is pinned: everything that came for its address. Of a page that may change, everything but its text: its type, and
 * what it declares that it reaches and may do (`_meta.ui`).
 */
export function pinPage(uri: string, result: JsonObject, pages: Pages = 'pinned'): Pin {
  const { contents } = result;
  const parts = isArray(contents) ? contents : [];
  return pinOf('page', uri, { contents: pages === 'changing' ? parts.map(withoutText) : parts });
}

function withoutText(part: Json): Json {
  if (!isObject(part)) return part;
  const { text: _text, blob: _blob, ...rest } = part;
  return rest;
}

/** What each part of a pinned page declares for its host: `_meta.ui`. */
export function declaredIn(pin: Pin | undefined): readonly JsonObject[] {
  const contents = pin?.definition['contents'];
  if (!isArray(contents)) return [];
  return contents.flatMap((part) => {
    const meta = isObject(part) ? part['_meta'] : undefined;
    return isObject(meta) && isObject(meta['ui']) ? [meta['ui']] : [];
  });
}

function tooLarge(message: string): SallyportError {
  return new SallyportError('ERR_SURFACE_TOO_LARGE', message, { remedy: 'have the server offer fewer or smaller pages, or split it in two' });
}
