import type { Json, JsonObject } from '../../domain/json.ts';
import { LIMITS } from '../../domain/limits.ts';

export const USER_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const LIST_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

/** RFC 7644 section 3.4.2. */
export function listResponse(resources: readonly Json[], total = resources.length, startIndex = 1): JsonObject {
  return { schemas: [LIST_SCHEMA], totalResults: total, startIndex, itemsPerPage: resources.length, Resources: resources };
}

/** What this service provider can do (RFC 7643 section 5). */
export function serviceProviderConfig(base: string): JsonObject {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
    patch: { supported: true }, bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: LIMITS.scimPageMax }, changePassword: { supported: false }, sort: { supported: false }, etag: { supported: false },
    authenticationSchemes: [{ type: 'oauthbearertoken', name: 'Bearer token', description: 'A token of `sallyport person scim-token`.', primary: true }],
    meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
  };
}

export function resourceTypes(base: string): readonly JsonObject[] {
  return [['User', 'Users', USER_SCHEMA], ['Group', 'Groups', GROUP_SCHEMA]].map(([name = '', path = '', schema = '']) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'], id: name, name, endpoint: `/${path}`, schema,
    meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/${name}` },
  }));
}

function attribute(name: string, type: string, more: JsonObject = {}): JsonObject {
  return { name, type, multiValued: false, required: false, caseExact: false, mutability: 'readWrite', returned: 'default', uniqueness: 'none', ...more };
}

export function schemas(base: string): readonly JsonObject[] {
  const of = (id: string, name: string, attributes: readonly JsonObject[]): JsonObject => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'], id, name, attributes, meta: { resourceType: 'Schema', location: `${base}/Schemas/${id}` },
  });
  const value = (name: string): JsonObject => attribute(name, 'string');
  return [
    of(USER_SCHEMA, 'User', [
      attribute('userName', 'string', { required: true, uniqueness: 'server' }), attribute('externalId', 'string', { caseExact: true }),
      attribute('displayName', 'string'), attribute('active', 'boolean'),
      attribute('name', 'complex', { subAttributes: [value('formatted'), value('givenName'), value('familyName')] }),
      attribute('emails', 'complex', { multiValued: true, subAttributes: [value('value'), value('type'), attribute('primary', 'boolean')] }),
    ]),
    of(GROUP_SCHEMA, 'Group', [
      attribute('displayName', 'string', { required: true }), attribute('externalId', 'string', { caseExact: true }),
      attribute('members', 'complex', { multiValued: true, subAttributes: [value('value'), value('display')] }),
    ]),
  ];
}
