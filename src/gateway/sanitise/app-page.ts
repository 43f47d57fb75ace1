import { isArray, isObject, type Json, type JsonObject } from '../../domain/json.ts';

const SOURCE = /^(?:https|wss):\/\/(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::\d{1,5})?$/i;
const SOURCES_MAX = 50;
const APP_PAGE = /^text\/html\s{0,9};.{0,99}\bprofile="?mcp-app\b/i;

/** Whether a resource is a page of an MCP App (SEP-1865): `ui://`, or `text/html;profile=mcp-app`. */
export function isAppPage({ uri, mimeType }: JsonObject): boolean {
  return (typeof uri === 'string' && /^ui:/i.test(uri)) || (typeof mimeType === 'string' && APP_PAGE.test(mimeType));
}

/**
 * A page of an MCP App with the content security policy that it declares, and none wider, written into it, so that it holds in
 * every host. What declares nothing reaches nothing, and nothing reaches what was not `approved` (`_meta.ui` of the page's pin, by
 * its address). Undefined: it is no page.
 */
export function holdToCsp(resource: JsonObject, approved: (uri: string) => readonly JsonObject[]): JsonObject | undefined {
  const { uri, text, blob } = resource;
  if (!isAppPage(resource)) return undefined;
  // A link to a page holds none of it.
  if (text === undefined && blob === undefined && resource['_meta'] === undefined) return undefined;
  const csp = within(declaredBy(uiOf(resource)), (typeof uri === 'string' ? approved(uri) : []).map(declaredBy));
  const { _meta } = resource;
  const ui = isObject(_meta) && isObject(_meta['ui']) ? { _meta: { ..._meta, ui: { ..._meta['ui'], csp } } } : {};
  const held = `<meta http-equiv="Content-Security-Policy" content="${policyOf(csp)}">`;
  return {
    ...resource, ...ui, ...(typeof text === 'string' ? { text: held + text } : {}),
    // Whole bytes go in front, so that the page's own stay as they are.
    ...(typeof blob === 'string' ? { blob: Buffer.concat([Buffer.from(held), Buffer.from(blob, 'base64')]).toString('base64') } : {}),
  };
}

type Declared = Readonly<Record<'connectDomains' | 'resourceDomains' | 'frameDomains', readonly string[]>>;

/** Only whole hosts over TLS: anything else that is declared is left out, and so not allowed. */
function declaredBy(ui: JsonObject): Declared {
  const csp = isObject(ui['csp']) ? ui['csp'] : {};
  const [connectDomains, resourceDomains, frameDomains] = [sourcesIn(csp['connectDomains']), sourcesIn(csp['resourceDomains']), sourcesIn(csp['frameDomains'])];
  return { connectDomains, resourceDomains, frameDomains };
}

function uiOf({ _meta }: JsonObject): JsonObject {
  return isObject(_meta) && isObject(_meta['ui']) ? _meta['ui'] : {};
}

function within(declared: Declared, approved: readonly Declared[]): Declared {
  const both = (key: keyof Declared): readonly string[] => declared[key].filter((source) => approved.some((one) => one[key].includes(source)));
  return { connectDomains: both('connectDomains'), resourceDomains: both('resourceDomains'), frameDomains: both('frameDomains') };
}

function sourcesIn(declared: Json | undefined): readonly string[] {
  if (!isArray(declared)) return [];
  return declared.filter((source): source is string => typeof source === 'string' && SOURCE.test(source)).slice(0, SOURCES_MAX);
}

function policyOf({ connectDomains, resourceDomains, frameDomains }: Declared): string {
  const loads = resourceDomains.map((source) => ` ${source}`).join('');
  return [
    `default-src 'none'`, `script-src 'unsafe-inline'${loads}`, `style-src 'unsafe-inline'${loads}`,
    `img-src data:${loads}`, `font-src data:${loads}`, `media-src data:${loads}`,
    `connect-src ${orNone(connectDomains)}`, `frame-src ${orNone(frameDomains)}`, `form-action 'none'`, `base-uri 'none'`, `object-src 'none'`,
  ].join('; ');
}

function orNone(sources: readonly string[]): string {
  return sources.length === 0 ? `'none'` : sources.join(' ');
}
