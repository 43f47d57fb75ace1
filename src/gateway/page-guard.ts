import type { Exchange } from '../domain/exchange.ts';
import { isArray, isObject, type Json } from '../domain/json.ts';
import type { Message } from '../domain/message.ts';
import { REGISTRY_PRINCIPAL_ID } from '../domain/principal.ts';
import type { Pin } from '../domain/server.ts';
import { pinPage } from '../registry/app-pages.ts';
import { splitUri } from '../registry/names.ts';
import type { Objection } from './enforce.ts';
import { isAppPage } from './sanitise/app-page.ts';

/** The approved page of an exchange's server at an address as the server itself has it. */
export function pinnedPage({ server }: Exchange, uri: string): Pin | undefined {
  return server.baseline?.surface.pages?.find(({ name }) => name === uri);
}

/** The same, at an address as the route has it. */
export function pinnedPageShown(exchange: Exchange, uri: string): Pin | undefined {
  const own = exchange.route.kind === 'server' ? uri : splitUri(uri)?.uri;
  return own === undefined ? undefined : pinnedPage(exchange, own);
}

/**
 * Whether a page of an app that a server sent is the one that was approved; `raw`: as it came. What it is compared with is what
 * comes, whoever asked and whenever: a server may tell the registry and everybody else different things.
 */
export function pageObjection(raw: Message, exchange: Exchange): Objection | undefined {
  // What members of a toolset say is compared in the exchange with each; what the registry reads is what becomes the pin.
  if (raw.kind !== 'result' || exchange.members !== undefined || exchange.principal.id === REGISTRY_PRINCIPAL_ID) return undefined;
  const { contents } = raw.result;
  if (!isArray(contents)) return undefined;
  const { action, resource } = exchange.call;
  const asked = action === 'read_resource' && isPageAddress(resource.name) ? resource.name : undefined;
  const uri = asked ?? addressIn(contents);
  if (uri === undefined) return undefined;
  const pin = pinnedPage(exchange, uri);
  if (pin === undefined) return UNPINNED_PAGE;
  return pinPage(uri, raw.result, exchange.server.pages).digest === pin.digest ? undefined : CHANGED_PAGE;
}

/** Addresses of things that hosts show as pages (SEP-1865). */
export function isPageAddress(uri: string): boolean {
  return /^ui:/i.test(uri);
}

function addressIn(contents: readonly Json[]): string | undefined {
  const page = contents.filter(isObject).find(isAppPage);
  return page === undefined ? undefined : typeof page['uri'] === 'string' ? page['uri'] : '';
}

export const UNPINNED_PAGE: Objection = {
  code: 'ERR_PIN_DRIFT',
  reason: 'This page of an app was not approved.',
  remedy: 'Pages that tools name are approved with their server: an administrator runs "sallyport server scan", reads them and approves.',
};

const CHANGED_PAGE: Objection = {
  code: 'ERR_PIN_DRIFT',
  reason: 'This page of an app is no longer what was approved.',
  remedy: 'An administrator sees the change with "sallyport server diff" and approves it or not, or says of the server "pages: changing".',
};
