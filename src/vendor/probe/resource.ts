import { isArray, isObject } from '../../domain/json.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Strangers } from './scene.ts';
import { isSilent } from './wire.ts';
import type { Answer, Wire } from './wire.ts';

/** What is missing, and whether that is because nothing could be sent. */
export interface Missing {
  readonly missing: string;
  readonly isUnsent: boolean;
}

/** The metadata of a protected resource, and where it was read. */
export interface ResourceMetadata {
  readonly metadata: JsonObject;
  readonly places: readonly string[];
}

/** The metadata of an authorization server, asked for by its issuer. */
export interface IssuerMetadata {
  readonly issuer: string;
  readonly metadata: JsonObject;
}

/** The address of the metadata that a refusal names (RFC 9728, 5.1). */
function challengeOf({ headers }: Answer): string | undefined {
  const header = headers.get('www-authenticate') ?? '';
  const named = /\bresource_metadata\s*=\s*(?:"([^"]{1,1000})"|([^\s,"]{1,1000}))/i.exec(header);
  return /^bearer\b/i.test(header) ? named?.[1] ?? named?.[2] : undefined;
}

export function challengeIn({ discover, hello, lists }: Strangers): string | undefined {
  const refusals = [discover, hello, ...lists].filter(({ isRefused }) => isRefused);
  return refusals.map(({ answer }) => (isSilent(answer) ? undefined : challengeOf(answer))).find((one) => one !== undefined);
}

/** Reads it by the challenge and by the well-known path of the endpoint: clients go both ways. */
export async function findResource(wire: Wire, url: string, strangers: Strangers): Promise<ResourceMetadata | Missing> {
  const named = challengeIn(strangers);
  const { origin, pathname } = new URL(url);
  const wellKnown = `${origin}/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`;
  const places = named !== undefined && URL.canParse(named, url) ? [...new Set([new URL(named, url).href, wellKnown])] : [wellKnown];
  let metadata: JsonObject | undefined;
  for (const place of places) {
    const answer = await wire.ask({ method: 'GET', url: place });
    if (isSilent(answer)) return { missing: `${place}: ${answer.silence}`, isUnsent: answer.why === 'unsent' };
    const { status, json } = answer;
    if (status !== 200 || !isObject(json) || typeof json['resource'] !== 'string') {
      return { missing: `${place} answers ${status}, and no metadata of a resource`, isUnsent: false };
    }
    metadata ??= json;
  }
  return metadata === undefined ? { missing: 'there is none', isUnsent: false } : { metadata, places };
}

const ISSUERS_MAX = 5;

export function issuersIn(metadata: JsonObject): readonly string[] {
  const servers = metadata['authorization_servers'];
  return isArray(servers) ? servers.filter((one) => typeof one === 'string').filter((one) => URL.canParse(one)).slice(0, ISSUERS_MAX) : [];
}

/** Reads the metadata of the first issuer by the places of RFC 8414 and OpenID Connect. Undefined: none is named. */
export async function findIssuer(wire: Wire, resource: ResourceMetadata | Missing): Promise<IssuerMetadata | Missing | undefined> {
  const [issuer] = 'metadata' in resource ? issuersIn(resource.metadata) : [];
  if (issuer === undefined) return undefined;
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  const places = [
    `${origin}/.well-known/oauth-authorization-server${path}`, `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
  let missing: Missing = { missing: `${issuer} publishes no metadata`, isUnsent: false };
  for (const place of new Set(places)) {
    const answer = await wire.ask({ method: 'GET', url: place });
    if (isSilent(answer)) {
      missing = { missing: `${place}: ${answer.silence}`, isUnsent: answer.why === 'unsent' };
      if (missing.isUnsent) break;
    } else if (answer.status === 200 && typeof answer.json?.['issuer'] === 'string') {
      return { issuer, metadata: answer.json };
    }
  }
  return missing;
}
