import type { AuthorizationCode } from '../../domain/server.ts';
import type { AddressGuard } from '../../upstream/address.ts';
import { refused } from '../../upstream/credentials/refused.ts';
import { createGuardedFetch, type OAuthFetch } from '../../upstream/guarded-fetch.ts';
import type { Sealer } from '../../vault/seal.ts';
import type { Control } from '../control.ts';
import { readNetwork } from '../manifest/settings.ts';
import type { StoredServer } from '../servers/schema.ts';
import type { Stored } from '../stored.ts';
import type { Keep } from './keep.ts';
import type { Tickets } from './tickets.ts';

/** What connections are made with. */
export interface ConnectionParts extends Pick<Control, 'store' | 'state' | 'record' | 'now'> {
  readonly sealer: Sealer;
  readonly keep: Keep;
  readonly tickets: Tickets;
  readonly guard: AddressGuard;
  /** The origin of control's own door; absent while it has none. */
  readonly origin: () => string | undefined;
  readonly readSecret: (space: string, reference: string) => Promise<string>;
}

/** A server that people connect accounts at. */
export interface Connectable {
  readonly server: Stored<StoredServer>;
  readonly spec: AuthorizationCode;
  readonly url: string;
}

/** Throws `ERR_UPSTREAM_CREDENTIAL` for a server of any other type. */
export function connectable(server: Stored<StoredServer>): Connectable {
  const { credentials: spec, endpoint } = server.body;
  if (spec.type !== 'authorization-code' || endpoint.transport === 'stdio') throw refused(server.id, 'nobody connects an account here');
  return { server, spec, url: endpoint.url };
}

/**
 * How a server's identity provider is asked. Private addresses are reached where an administrator named the very host and
 * allowed them for this server; whatever the server's own metadata names has to be public, or declared internal.
 */
export async function fetchFor(parts: Pick<ConnectionParts, 'store' | 'guard'>, server: Stored<StoredServer>): Promise<OAuthFetch> {
  const { endpoint, credentials } = server.body;
  const isAllowed = endpoint.transport !== 'stdio' && endpoint.allowPrivate;
  const declared = [
    ...(endpoint.transport === 'stdio' ? [] : [endpoint.url]),
    ...Object.entries(credentials).flatMap(([name, value]) => (/^(?:issuer|tokenUrl|idpTokenUrl)$/.test(name) && typeof value === 'string' ? [value] : [])),
  ];
  const privateHosts = new Set(isAllowed ? declared.map((url) => new URL(url).hostname) : []);
  return createGuardedFetch({ guard: parts.guard, network: await readNetwork(parts.store), privateHosts, server: server.id });
}
