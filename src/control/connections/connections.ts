import type { AddressGuard } from '../../upstream/address.ts';
import { allowInsecureRequests, ClientSecretPost, customFetch, None, revocationRequest } from 'oauth4webapi';
import { basic } from '../../upstream/credentials/token-endpoint.ts';
import type { Control } from '../control.ts';
import type { MintSubject, ObtainToken } from '../servers/obtain.ts';
import { createObtainer } from '../servers/obtain.ts';
import { findStored, listStored, putStored, type Stored } from '../stored.ts';
import { forgetIdentity, identityOf, keepIdentity, type Identity } from './identities.ts';
import { createKeep } from './keep.ts';
import { obtainConnected } from './obtain-connected.ts';
import { connectable, fetchFor, type ConnectionParts } from './parts.ts';
import { createRefresh } from './refresh.ts';
import type { Connection } from './schema.ts';
import { createTickets } from './tickets.ts';

/** What control can get for gateways from other people's issuers, and the accounts that people connected for it. */
export interface Connections {
  readonly parts: ConnectionParts;
  readonly obtain: ObtainToken;
  /** Ends a connection here at once, and at its provider as far as that can be reached. */
  end(connection: Stored<Connection>, by: string): Promise<void>;
  /** Ends all of a principal's, in all spaces: they were deactivated. How many. */
  endAllOf(principal: string, by: string): Promise<number>;
  /** Keeps the ID token of a sign-in at the company's provider for ID-JAGs. */
  keepIdentity(identity: Identity): Promise<void>;
}

export interface ConnectionsOptions extends Pick<Control, 'store' | 'state' | 'record' | 'now' | 'lease' | 'vault'> {
  readonly guard: AddressGuard;
  readonly origin: () => string | undefined;
  readonly mintSubject: MintSubject;
}

export function createConnections({ store, state, record, now, lease, vault, guard, origin, mintSubject }: ConnectionsOptions): Connections {
  const readSecret = async (space: string, reference: string): Promise<string> => (await vault.read(space, reference)).value;
  const parts: ConnectionParts = {
    store, state, record, now, guard, origin, readSecret, sealer: vault.sealer, keep: createKeep(vault.sealer), tickets: createTickets(state, now),
  };
  const refresh = createRefresh(parts);
  const identities = { store, sealer: vault.sealer, now };
  const end = async (connection: Stored<Connection>, by: string): Promise<void> => {
    const { space, id, body } = connection;
    await record({
      event: 'config.changed', space, principal: by, server: body.server, action: 'connection.revoke',
      detail: { resource: 'connection', id, verb: 'revoke', of: body.principal, agent: body.agent },
    });
    await putStored(store, 'connection', space, id, { ...body, state: 'revoked', endedAt: now() }, by);
    await lease.renew();
    // The provider may be away or know no revocation: here the connection has ended already.
    await revokeAtProvider(parts, connection).catch(() => undefined);
  };
  return {
    parts, end,
    obtain: createObtainer({
      readSecret, mintSubject, now,
      fetchFor: (server) => fetchFor(parts, server),
      identityOf: (principal, idpTokenUrl, server) => identityOf(identities, principal, idpTokenUrl, server),
      obtainConnected: (server, asked) => obtainConnected(parts, refresh, connectable(server), asked),
    }),
    async endAllOf(principal, by) {
      const all = (await listStored(store, 'connection')).filter(({ body }) => body.principal === principal && body.state !== 'revoked');
      for (const connection of all) await end(connection, by);
      await forgetIdentity(identities, principal);
      return all.length;
    },
    keepIdentity: (identity) => keepIdentity(identities, identity),
  };
}

/** RFC 7009: the refresh token, and with it all that came of it. */
async function revokeAtProvider(parts: ConnectionParts, connection: Stored<Connection>): Promise<void> {
  const { space, body: { provider, server } } = connection;
  const entry = await findStored(parts.store, 'server', space, server);
  if (provider.revocation_endpoint === undefined || entry === undefined) return;
  const { client, refreshToken, accessToken } = await parts.keep.open(connection);
  const { client_secret: secret, token_endpoint_auth_method: method } = client;
  const authentication = secret === undefined ? None() : method === 'client_secret_post' ? ClientSecretPost(secret) : basic(secret);
  const fetch = await fetchFor(parts, entry);
  await revocationRequest({ issuer: provider.issuer, revocation_endpoint: provider.revocation_endpoint }, { client_id: client.client_id },
    authentication, refreshToken ?? accessToken, { [customFetch]: (url: string, init: object) => fetch(url, init), [allowInsecureRequests]: true });
}
