import { createHash } from 'node:crypto';
import { SallyportError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { challengeOf, recordRefusal } from '../admins/api-door.ts';
import type { ApiEntry, Asking } from '../admins/api-door.ts';
import { refuseUnless } from '../admins/administration.ts';
import type { Control } from '../control.ts';
import { readBody } from '../listen.ts';
import { findRoute } from '../match-path.ts';
import { refuse } from '../refuse.ts';
import { validate } from '../route.ts';
import { presentListed } from './present.ts';
import type { Listed } from './listed.ts';
import { pageOf, readFlag, readQuestion } from './pages.ts';
import { sbomOf } from './sbom.ts';
import { STATUS_UPDATE } from './schema.ts';
import type { RegistryView } from './view.ts';

/**
 * The MCP registry API v0.1 at control's door (modelcontextprotocol/registry, OpenAPI of 2025-12-01): reading what is published, and
 * setting its status. Publishing goes the way of request, review and approval; by this API it is 501.
 */
interface Reading {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly view: RegistryView;
  readonly control: Control;
}

interface ReadRoute {
  readonly method: 'GET';
  readonly path: string;
  /** For who signed in, even where anybody may read the rest. */
  readonly isClosed?: true;
  read(reading: Reading): Json | Promise<Json>;
}

interface WriteRoute {
  readonly method: 'POST' | 'PUT' | 'DELETE' | 'PATCH';
  readonly path: string;
  /** Absent: not by this API (501). */
  readonly isStatus?: true;
}

const VERSION = '/v0.1/servers/:name/versions/:version';
const READS: readonly ReadRoute[] = [
  {
    method: 'GET', path: '/v0.1/servers',
    read: ({ query, view }) => {
      const { items, nextCursor } = pageOf(view.listed, readQuestion(query));
      return listOf(items, view, nextCursor);
    },
  },
  {
    method: 'GET', path: '/v0.1/servers/:name/versions',
    read: ({ params, query, view }) => listOf(needVersions(params, query, view), view),
  },
  {
    method: 'GET', path: VERSION,
    read: ({ params, query, view }) => presentListed(needVersion(params, query, view), view),
  },
  {
    method: 'GET', path: '/v0.1/x/io.sallyport/sbom/:id/:version', isClosed: true,
    read: async ({ params, view, control }) => {
      const found = view.listed.find(({ listing, status }) => status !== 'deleted' && listing.server === params['id'] && listing.version === params['version']);
      return sbomOf((found ?? unknown()).listing, control.packages.folder);
    },
  },
];
const WRITES: readonly WriteRoute[] = [
  { method: 'PATCH', path: `${VERSION}/status`, isStatus: true },
  { method: 'PATCH', path: '/v0.1/servers/:name/status', isStatus: true },
  { method: 'PUT', path: VERSION },
  { method: 'DELETE', path: VERSION },
  { method: 'POST', path: '/v0.1/publish' },
];

/** Pages of any origin may read what is published; they show no cookie, and nothing can be changed from them. */
const CORS = {
  'access-control-allow-origin': '*', 'access-control-allow-methods': 'GET, OPTIONS',
  'access-control-allow-headers': 'Authorization, Content-Type, If-None-Match', 'access-control-expose-headers': 'ETag', 'access-control-max-age': '86400',
  'cross-origin-resource-policy': 'cross-origin',
};

export function isRegistryPath(path: string): boolean {
  return path.startsWith('/v0.1/');
}

/** Never rejects: every refusal is `{error, code, remedy}`, as the API has it. */
export async function answerRegistry(asking: Asking, entry: ApiEntry, control: Control): Promise<Response> {
  const { request, origin } = asking;
  const url = new URL(request.url);
  if (request.method === 'OPTIONS') return new Response(null, { status: 204, headers: CORS });
  try {
    const { route, params } = findRoute([...READS, ...WRITES], request.method, url.pathname);
    if (route.method !== 'GET') return await write(route, params, asking, entry, control);
    const view = await control.registry.view();
    const isOpen = view.registry.anonymous && route.isClosed !== true;
    if (!isOpen) await authorize(asking, entry, control);
    return cached(request, isOpen, await route.read({ params, query: url.searchParams, view, control }));
  } catch (error) {
    const { status, body } = await told(error, control);
    const challenge = error instanceof SallyportError ? challengeOf(error, origin, request.headers.has('authorization')) : undefined;
    if (error instanceof SallyportError) await recordRefusal(error.code, asking, control);
    const dpop = status === 401 ? { 'dpop-nonce': entry.nonce() } : {};
    return Response.json(body, { status, headers: { ...CORS, ...dpop, ...(challenge === undefined ? {} : { 'www-authenticate': challenge }) } });
  }
}

async function told(error: unknown, { report }: Pick<Control, 'report'>): Promise<{ readonly status: number; readonly body: JsonObject }> {
  const refusal = refuse(error, report);
  const said: Json = JSON.parse(await refusal.text());
  const { code = '', message = '', remedy = '' } = isObject(said) ? said : {};
  return { status: refusal.status, body: { error: message, code, remedy } };
}

/** Who signed in. What a client shows where nothing is needed is not looked at. */
async function authorize({ request }: Asking, { authenticate }: ApiEntry, control: Control): Promise<void> {
  const admin = await authenticate(request, control);
  const question = { access: 'self', space: DEFAULT_SPACE, part: 'registry' } as const;
  refuseUnless(await control.admins.decide(admin, question), admin, question);
}

function cached(request: Request, isOpen: boolean, body: Json): Response {
  const text = JSON.stringify(body);
  const etag = `"${createHash('sha256').update(text).digest('base64url')}"`;
  // Kept by clients, and asked about every time: what is stopped must not live on in a cache.
  const headers = { ...CORS, etag, 'cache-control': isOpen ? 'no-cache' : 'private, no-cache', vary: 'Authorization' };
  const known = (request.headers.get('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(etag) || known.includes('*')) return new Response(null, { status: 304, headers });
  return new Response(text, { headers: { ...headers, 'content-type': 'application/json' } });
}

function listOf(items: readonly Listed[], view: RegistryView, nextCursor?: string): JsonObject {
  return {
    servers: items.map((one) => presentListed(one, view)),
    metadata: { count: items.length, ...(nextCursor === undefined ? {} : { nextCursor }) },
  };
}

type Params = Reading['params'];

function needVersions({ name }: Params, query: URLSearchParams, { listed }: RegistryView): readonly Listed[] {
  const deleted = readFlag('include_deleted', query.get('include_deleted') ?? undefined);
  const found = listed.filter((one) => one.name === name && (deleted || one.status !== 'deleted'));
  return found.length === 0 ? unknown() : found;
}

function needVersion(params: Params, query: URLSearchParams, view: RegistryView): Listed {
  const { version } = params;
  const found = needVersions(params, query, view).find((one) => (version === 'latest' ? one.isLatest : one.listing.version === version));
  return found ?? unknown();
}

function unknown(): never {
  throw new SallyportError('ERR_NOT_FOUND', 'Server not found', { remedy: 'GET /v0.1/servers has what is published.' });
}

/** The same route of the control API, with its rights, its two people and its record. */
async function write(route: WriteRoute, params: Params, { request, signal }: Asking, { authenticate }: ApiEntry, control: Control): Promise<Response> {
  if (route.isStatus !== true) {
    const error = 'Publishing is not done by this API: it takes a request, a review and an approval.';
    return Response.json({ error, remedy: 'See docs/registry.md.' }, { status: 501 });
  }
  const admin = await authenticate(request, control);
  const { registry, listed } = await control.registry.view();
  const { name = '', version } = params;
  const known = listed.find((one) => one.name === name && (version === undefined || one.listing.version === version)) ?? unknown();
  const { status, statusMessage } = validate(STATUS_UPDATE, await readBody(request), 'body');
  const asked = { status, ...(version === undefined ? {} : { version }), ...(statusMessage === undefined ? {} : { message: statusMessage }) };
  await control.routeOf('POST', '/registry/listings/:server/status').run({
    admin, params: { server: known.listing.server }, query: {}, body: asked, signal,
  }, control);
  const view = await control.registry.view();
  const now = view.listed.filter((one) => one.name === `${registry.namespace}/${known.listing.server}`
    && (version === undefined || one.listing.version === version));
  const answers = now.map((one) => presentListed(one, view));
  const [only] = answers;
  return Response.json(version === undefined || only === undefined ? { updatedCount: answers.length, servers: answers } : only);
}
