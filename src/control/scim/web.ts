import { createHash } from 'node:crypto';
import { isObject } from '../../domain/json.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { fingerprintOf } from '../../identity/credential.ts';
import type { Control } from '../control.ts';
import type { Admin } from '../route.ts';
import { listStored } from '../stored.ts';
import type { WebRequest, WebRoute } from '../web.ts';
import { listResponse, resourceTypes, schemas, serviceProviderConfig } from './describe.ts';
import { refuseScim, ScimFault, scimResponse } from './fault.ts';
import { groupRequests } from './group-requests.ts';
import { userRequests } from './user-requests.ts';

/** One request of a directory that showed a good token. */
export interface ScimRequest {
  readonly web: WebRequest;
  readonly control: Control;
  /** As whom it is recorded. */
  readonly admin: Admin;
  /** Address of `/scim/v2`. */
  readonly base: string;
  readonly id: string;
  readonly body: JsonObject;
}

export interface ScimAction {
  readonly method: WebRoute['method'];
  readonly path: string;
  readonly run: (request: ScimRequest) => Promise<Response>;
}

const describing: readonly ScimAction[] = [
  { method: 'GET', path: '/ServiceProviderConfig', run: async ({ base }) => scimResponse(200, serviceProviderConfig(base)) },
  { method: 'GET', path: '/ResourceTypes', run: async ({ base }) => scimResponse(200, listResponse(resourceTypes(base))) },
  { method: 'GET', path: '/ResourceTypes/:id', run: async ({ base, id }) => one(resourceTypes(base), id) },
  { method: 'GET', path: '/Schemas', run: async ({ base }) => scimResponse(200, listResponse(schemas(base))) },
  { method: 'GET', path: '/Schemas/:id', run: async ({ base, id }) => one(schemas(base), id) },
];

function one(all: readonly JsonObject[], id: string): Response {
  const found = all.find((item) => item['id'] === id);
  if (found === undefined) throw new ScimFault(404, 'There is no such thing.');
  return scimResponse(200, found);
}

/** SCIM 2.0 (RFC 7643, RFC 7644), inbound: a directory pushes people and groups to `/scim/v2`. */
export const scimRoutes: readonly WebRoute[] = [...describing, ...userRequests, ...groupRequests].map(({ method, path, run }) => ({
  method, path: `/scim/v2${path}`, bodyBytesMax: LIMITS.scimBodyBytesMax,
  run: async (web, control) => {
    try {
      const admin = await authenticate(web, control);
      const body = method === 'GET' || method === 'DELETE' ? {} : await readBody(web.request);
      return await run({ web, control, admin, base: `${web.url.origin}/scim/v2`, id: web.params['id'] ?? '', body });
    } catch (error) {
      return refuseScim(error);
    }
  },
}));

/** By the token's digest alone; before the body is read. */
async function authenticate({ request, address }: WebRequest, control: Control): Promise<Admin> {
  const authorization = request.headers.get('authorization') ?? '';
  const [, token = ''] = /^Bearer (spc_[\w-]{43})$/i.exec(authorization) ?? [];
  const hash = createHash('sha256').update(token).digest('hex');
  const found = (await listStored(control.store, 'scim-token', DEFAULT_SPACE)).find(({ body }) => body.hash === hash);
  const isGood = token !== '' && found !== undefined && found.body.revokedAt === undefined && found.body.expiresAt > control.now();
  if (isGood) return { id: `sallyport|scim/${found.id}`, may: [] };
  const reason = fingerprintOf(authorization);
  await control.refused({ event: 'admin.refused', space: DEFAULT_SPACE, address, action: 'scim', code: 'ERR_ADMIN_TOKEN', reason });
  throw new ScimFault(401, 'The token is missing, wrong or over.');
}

async function readBody(request: Request): Promise<JsonObject> {
  if (!/^application\/(scim\+)?json(;|$)/i.test(request.headers.get('content-type') ?? '')) throw new ScimFault(415, 'Send `application/scim+json`.');
  const text = await request.text();
  try {
    const value: Json = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // What is no JSON is refused as what is no object.
  }
  throw new ScimFault(400, 'The body is no object in JSON.', 'invalidSyntax');
}
