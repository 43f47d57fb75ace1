import { createHash } from 'node:crypto';
import type { Grant } from '../../upstream/credentials/token-endpoint.ts';
import type { Rows } from '../../store/store.ts';
import type { Sealer } from '../../vault/seal.ts';
import { findStored, listStored, putStored, type Stored } from '../stored.ts';
import { KEPT, type Connection, type Kept, type Ticket } from './schema.ts';

/** Who a connection serves. */
export interface Holder extends Readonly<Pick<Ticket, 'space' | 'server' | 'principal' | 'agent'>> {
  readonly actors: readonly string[];
}

/** One connection a holder: found by what it is for, never by a list that a caller could add to. */
export function connectionId({ server, principal, agent, actors }: Holder): string {
  return createHash('sha256').update(JSON.stringify([server, principal, agent, actors])).digest('hex').slice(0, 32);
}

/** What a lease names when a connection was ended: gateways drop what they hold of it. */
export function revocationId(space: string, id: string): string {
  return `connection/${space}/${id}`;
}

const SELF = 'sallyport|control';

export interface Keep {
  find(rows: Rows, holder: Holder): Promise<Stored<Connection> | undefined>;
  open(connection: Stored<Connection>): Promise<Kept>;
  /** A connection that was just made, or the same one after a refresh. */
  write(rows: Rows, space: string, body: Omit<Connection, 'sealed'>, kept: Kept): Promise<void>;
  /** The provider takes it no more: its person must connect again. */
  breakOff(rows: Rows, connection: Stored<Connection>, now: number): Promise<void>;
}

export function createKeep(sealer: Sealer): Keep {
  return {
    find: (rows, holder) => findStored(rows, 'connection', holder.space, connectionId(holder)),
    open: async ({ space, id, body }) => KEPT.parse(JSON.parse(await sealer.open(['connection', space, id], body.sealed))),
    write: async (rows, space, body, kept) => {
      const id = connectionId({ space, ...body });
      const sealed = await sealer.seal(['connection', space, id], JSON.stringify(kept));
      await putStored(rows, 'connection', space, id, { ...body, sealed }, SELF);
    },
    breakOff: (rows, { space, id, body }, now) => putStored(rows, 'connection', space, id, { ...body, state: 'broken', endedAt: now }, SELF),
  };
}

/** What a grant makes of a connection. A provider that says nothing of scopes granted what it was asked for (RFC 6749, section 5.1). */
export function granted(
  grant: Grant, asked: readonly string[], now: number,
): Pick<Connection, 'asked' | 'scopes' | 'accessExpiresAt' | 'refreshedAt' | 'state'> {
  return { asked: [...asked], scopes: [...(grant.scopes ?? asked)], accessExpiresAt: grant.expiresAt, refreshedAt: now, state: 'active' };
}

/** Revoked connections whose last access token may still be held somewhere: what leases must name. */
export async function endedConnections(rows: Rows, now: number): Promise<readonly string[]> {
  const all = await listStored(rows, 'connection');
  return all.filter(({ body }) => body.state === 'revoked' && body.accessExpiresAt > now).map(({ space, id }) => revocationId(space, id));
}
