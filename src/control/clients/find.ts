import type { JsonObject } from '../../domain/json.ts';
import { DEFAULT_SPACE } from '../../domain/principal.ts';
import { GRANT_DEVICE } from '../../identity/issuer/grant-types.ts';
import { decodeJson } from '../../store/body.ts';
import type { Rows } from '../../store/store.ts';
import { isObject } from '../../domain/json.ts';
import { findStored } from '../stored.ts';
import type { StoredClient } from './schema.ts';

/** This program itself, on whoever's machine: public, its tokens bound to a key. */
export const OWN_CLIENT = 'sallyport-cli';

const OWN: Readonly<Record<string, StoredClient>> = {
  [OWN_CLIENT]: {
    name: 'Sallyport command line', redirectUris: ['http://127.0.0.1/callback'], grantTypes: ['authorization_code', 'refresh_token', GRANT_DEVICE], dpop: true,
    authentication: 'none', keys: [], createdAt: 0,
  },
};

/** Clients of other spaces than the default one carry theirs in front: two teams' namesakes are two clients. */
export function clientIdOf(space: string, id: string): string {
  return space === DEFAULT_SPACE ? id : `${space}:${id}`;
}

/** A pre-registered client in the words of RFC 7591. */
export async function findClient(rows: Rows, clientId: string): Promise<JsonObject | undefined> {
  const own = Object.hasOwn(OWN, clientId) ? OWN[clientId] : undefined;
  if (own !== undefined) return metadataOf(own);
  const [, space = DEFAULT_SPACE, id] = /^(?:([a-z0-9-]{1,63}):)?([a-z0-9-]{1,63})$/.exec(clientId) ?? [];
  const found = id === undefined ? undefined : await findStored(rows, 'client', space, id);
  return found === undefined ? undefined : metadataOf(found.body);
}

function metadataOf({ name, redirectUris, grantTypes, dpop, authentication, keys, secretHash }: StoredClient): JsonObject {
  const isNative = redirectUris.length > 0 && redirectUris.every((uri) => !uri.startsWith('https:'));
  const metadata = decodeJson(JSON.stringify({
    client_name: name, redirect_uris: redirectUris, grant_types: grantTypes, response_types: redirectUris.length > 0 ? ['code'] : [],
    token_endpoint_auth_method: authentication, application_type: isNative ? 'native' : 'web', dpop_bound_access_tokens: dpop,
    ...(keys.length === 0 ? {} : { jwks: { keys } }), ...(secretHash === undefined ? {} : { client_secret: secretHash }),
  }));
  return isObject(metadata) ? metadata : {};
}

export function isOwnClient(id: string): boolean {
  return Object.hasOwn(OWN, id);
}
