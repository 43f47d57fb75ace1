import { SallyportError } from '../../domain/errors.ts';
import { LIMITS } from '../../domain/limits.ts';
import { refreshGrant } from '../../upstream/credentials/authorization-code.ts';
import type { Stored } from '../stored.ts';
import { chooseClient } from './client.ts';
import { granted } from './keep.ts';
import { fetchFor, type Connectable, type ConnectionParts } from './parts.ts';
import type { Connection, Kept } from './schema.ts';

/** Refreshes one connection, once at a time in all replicas of control. `undefined`: it is broken, and its person must connect again. */
export type Refresh = (connection: Stored<Connection>, at: Connectable) => Promise<Stored<Connection> | undefined>;

const LOCK_MS = LIMITS.oauthRequestMs + 5_000;
const POLL_MS = 100;

/**
 * A refresh token is good once: two who use the same one look like a theft, and the provider ends the whole sign-in (OAuth
 * 2.1, section 4.3.1). So one replica asks, and the others wait for what it stored.
 */
export function createRefresh(parts: ConnectionParts): Refresh {
  const flights = new Map<string, Promise<Stored<Connection> | undefined>>();
  return (connection, at) => {
    const key = `${connection.space}/${connection.id}`;
    const flight = flights.get(key) ?? locked(parts, connection, at, `connection-refresh/${key}`).finally(() => flights.delete(key));
    flights.set(key, flight);
    return flight;
  };
}

async function locked(parts: ConnectionParts, connection: Stored<Connection>, at: Connectable, lock: string): Promise<Stored<Connection> | undefined> {
  const { state, keep, store, now } = parts;
  const holder = { space: connection.space, ...connection.body };
  const until = now() + LOCK_MS;
  while (!(await state.setIfAbsent(lock, '1', LOCK_MS))) {
    if (now() > until) {
      throw new SallyportError('ERR_UPSTREAM_CREDENTIAL', `The connection to server ${at.server.id} is being refreshed.`, { dispatched: false });
    }
    await Bun.sleep(POLL_MS);
  }
  try {
    const current = await keep.find(store, holder);
    if (current === undefined || current.body.state !== 'active') return undefined;
    // Somebody else refreshed it while this one waited.
    if (current.body.refreshedAt !== connection.body.refreshedAt) return current;
    return await refreshed(parts, current, at);
  } finally {
    await state.delete(lock);
  }
}

async function refreshed(parts: ConnectionParts, connection: Stored<Connection>, at: Connectable): Promise<Stored<Connection> | undefined> {
  const { keep, store, now, record } = parts;
  const { space, id, body } = connection;
  const kept = await keep.open(connection);
  const fetch = await fetchFor(parts, at.server);
  const client = await clientOf(parts, connection, kept, at);
  const { provider, resource } = body;
  const grant = kept.refreshToken === undefined
    ? undefined
    : await refreshGrant({ provider, client, resource, server: at.server.id }, kept.refreshToken, fetch, now());
  if (grant === undefined) {
    const { principal, agent, server } = body;
    await record({ event: 'config.changed', space, principal, agent, server, action: 'connection.break', detail: { id } });
    await keep.breakOff(store, connection, now());
    return undefined;
  }
  const refreshToken = grant.refreshToken ?? kept.refreshToken;
  const { sealed: _, ...rest } = body;
  await keep.write(store, space, { ...rest, ...granted(grant, body.asked, now()) }, {
    client, accessToken: grant.token, ...(refreshToken === undefined ? {} : { refreshToken }),
  });
  return keep.find(store, { space, ...body });
}

/** A declared client's secret may have been rotated since: it is read anew. */
async function clientOf(parts: ConnectionParts, { space, body }: Stored<Connection>, kept: Kept, { spec, server }: Connectable): Promise<Kept['client']> {
  if (spec.clientId === undefined) return kept.client;
  return chooseClient(parts, {
    spec, provider: body.provider, origin: parts.origin() ?? '', space, server: server.id, scopes: body.asked,
    fetch: await fetchFor(parts, server), secretOf: (reference) => parts.readSecret(space, reference),
  });
}
