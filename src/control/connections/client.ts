import { createHash } from 'node:crypto';
import type { AuthorizationCode } from '../../domain/server.ts';
import { clientMetadata, registerAt } from '../../upstream/credentials/authorization-code.ts';
import { CLIENT, type Provider, type ProviderClient } from '../../upstream/credentials/provider.ts';
import { refused } from '../../upstream/credentials/refused.ts';
import type { OAuthFetch } from '../../upstream/guarded-fetch.ts';
import type { Store } from '../../store/store.ts';
import type { Sealer } from '../../vault/seal.ts';
import { findStored, putStored } from '../stored.ts';

/** Where the gate's own client metadata document is (Client ID Metadata Documents); its URL is the gate's client id. */
export const CLIENT_DOCUMENT_PATH = '/client-metadata.json';
export const CALLBACK_PATH = '/connections/callback';

/** The document that issuers fetch: who the gate is, and the one place that it lets codes be sent to. */
export function clientDocument(origin: string): Readonly<Record<string, unknown>> {
  return {
    client_id: origin + CLIENT_DOCUMENT_PATH, client_uri: origin, ...clientMetadata(origin + CALLBACK_PATH), token_endpoint_auth_method: 'none',
  };
}

export interface Choosing {
  readonly spec: AuthorizationCode;
  readonly provider: Provider;
  readonly origin: string;
  readonly space: string;
  readonly server: string;
  readonly scopes: readonly string[];
  readonly fetch: OAuthFetch;
  readonly secretOf: (reference: string) => Promise<string>;
}

/** What it takes to be registered at an issuer, and to stay the same client there. */
interface Registering {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly now: () => number;
}

/**
 * How the gate is known to an issuer, in the order of MCP (2026-07-28): as an administrator registered it, by its metadata
 * document, or, where the server's entry allows it, by registering itself. Throws `ERR_UPSTREAM_CREDENTIAL`.
 */
export async function chooseClient(parts: Registering, asked: Choosing): Promise<ProviderClient> {
  const { spec, provider, origin, server, secretOf } = asked;
  // Whoever the server's metadata names is a stranger to a client that was registered elsewhere.
  if (spec.secret !== undefined && spec.issuer !== provider.issuer) throw refused(server, 'the secret is for another issuer');
  if (spec.clientId !== undefined) {
    return { client_id: spec.clientId, ...(spec.secret === undefined ? {} : { client_secret: await secretOf(spec.secret) }) };
  }
  const isPublic = new URL(origin).protocol === 'https:';
  if (provider.client_id_metadata_document_supported === true && isPublic) {
    return { client_id: origin + CLIENT_DOCUMENT_PATH, token_endpoint_auth_method: 'none' };
  }
  if (spec.dynamicRegistration === true && provider.registration_endpoint !== undefined) return register(parts, asked);
  throw refused(server, 'the issuer knows no client of ours: register one and declare its clientId');
}

async function register({ store, sealer, now }: Registering, asked: Choosing): Promise<ProviderClient> {
  const { provider: { issuer }, space, origin, server, fetch, scopes } = asked;
  const redirectUri = origin + CALLBACK_PATH;
  // Credentials of one issuer mean nothing, or something else, at another one.
  const id = createHash('sha256').update(JSON.stringify([issuer, redirectUri])).digest('hex').slice(0, 32);
  const known = await findStored(store, 'registration', space, id);
  if (known !== undefined && scopes.every((scope) => known.body.scopes.includes(scope))) {
    return CLIENT.parse(JSON.parse(await sealer.open(['registration', space, id], known.body.sealed)));
  }
  const client = await registerAt(asked.provider, server, { redirectUri, scopes, fetch });
  const sealed = await sealer.seal(['registration', space, id], JSON.stringify(client));
  const body = { issuer, redirectUri, clientId: client.client_id, scopes: [...scopes], sealed, registeredAt: now() };
  await putStored(store, 'registration', space, id, body, 'sallyport|control');
  return client;
}
