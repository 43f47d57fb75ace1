import { isArray, isObject, type Json, type JsonObject } from '../../domain/json.ts';

const SOURCE = /^(?:https|wss):\/\/(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::\d{1,5})?$/i;
const SOURCES_MAX = 50;
const APP_PAGE = /^text\/html\s{0,9};.{0,99}\bprofile=mcp-app\b/i;

/**
 * A page of an MCP App (SEP-1865: `ui://`, `text/html;profile=mcp-app`) with the content security policy that it declares, and
 * none wider, written into it, so that it holds in every host. What declares nothing reaches nothing. Undefined: it is no page.
 */
export function holdToCsp(resource: JsonObject): JsonObject | undefined {
  const { uri, mimeType, text, blob } = resource;
  const isApp = typeof uri === 'string' && /^ui:/i.test(uri);
  if (!isApp && !(typeof mimeType === 'string' && APP_PAGE.test(mimeType))) return undefined;
  // A link to a page holds none of it.
  if (text === undefined && blob === undefined && resource['_meta'] === undefined) return undefined;
  const csp = declaredBy(resource);
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
function declaredBy({ _meta }: JsonObject): Declared {
  const ui = isObject(_meta) ? _meta['ui'] : undefined;
  const csp = isObject(ui) && isObject(ui['csp']) ? ui['csp'] : {};
  const [connectDomains, resourceDomains, frameDomains] = [sourcesIn(csp['connectDomains']), sourcesIn(csp['resourceDomains']), sourcesIn(csp['frameDomains'])];
  return { connectDomains, resourceDomains, frameDomains };
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
