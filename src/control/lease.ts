import type { KeyObject } from 'node:crypto';
import type { Killed, Lease, SignedSnapshot } from '../domain/snapshot.ts';
import type { Rows } from '../store/store.ts';
import { readStops } from './containments/standing.ts';
import { endedConnections } from './connections/keep.ts';
import { readKill } from './kill/kill.ts';
import { readRevokedPeople } from './people/revoked.ts';
import { isAwaiting } from './recovery/keeper.ts';
import { listRevocations } from './revocations/revocations.ts';
import { signLease } from './snapshot/sign.ts';
import { listStored } from './stored.ts';
import { revokedSecrets } from './vault/secrets.ts';

/** What stands outside snapshots, as the store holds it now: revoked credentials that have not expired, kill switches, quarantines. */
export async function readLease(rows: Rows, snapshotVersion: number, now: number, leaseMs: number): Promise<Lease> {
  const tokens = await listStored(rows, 'token');
  const kill = await readKill(rows);
  const people = await readRevokedPeople(rows, now);
  const quarantined = (await listStored(rows, 'server')).flatMap(({ space, id, body }) => (body.status === 'quarantined' ? [`${space}/${id}`] : []));
  const stops = await readStops(rows, now);
  return {
    issuedAt: now,
    expiresAt: now + leaseMs,
    snapshotVersion,
    revokedCredentials: [
      ...(await listRevocations(rows, now)).map(({ body }) => body.credential),
      ...tokens.filter(({ body }) => body.revokedAt !== undefined && body.expiresAt > now).map(({ id }) => id),
      ...(await revokedSecrets(rows, now)), ...(await endedConnections(rows, now)), ...stops.credentials,
    ],
    revokedPrincipals: people.principals,
    principalsNotBefore: latest(people.notBefore, stops.principalsNotBefore),
    agentsNotBefore: stops.agentsNotBefore, spacesNotBefore: stops.spacesNotBefore, blockedHosts: stops.blockedHosts,
    killed: both({ ...kill, all: kill.all || await isAwaiting(rows), servers: [...kill.servers, ...quarantined] }, stops.killed),
  };
}

/** What is thrown by hand, and what containments throw: neither lets go on what the other stops. */
function both(one: Killed, other: Killed): Killed {
  const joined = (name: 'agents' | 'principals' | 'servers' | 'tools' | 'contexts'): readonly string[] =>
    [...new Set([...one[name], ...other[name]])];
  return {
    all: one.all || other.all, ...(other.spaces === undefined || other.spaces.length === 0 ? {} : { spaces: other.spaces }),
    agents: joined('agents'), principals: joined('principals'), servers: joined('servers'),
    tools: joined('tools'), contexts: joined('contexts'),
  };
}

function latest(one: Readonly<Record<string, number>>, other: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return { ...one, ...Object.fromEntries(Object.entries(other).map(([key, at]) => [key, Math.max(at, one[key] ?? 0)])) };
}

export interface LeaseKeeper {
  readonly current: { readonly lease: Lease; readonly signed: SignedSnapshot } | undefined;
  /** Reads the store and signs a new lease. When the store does not answer there is none: gateways then run out and deny. */
  readonly renew: () => Promise<void>;
}

export interface LeaseParts {
  readonly rows: Rows;
  readonly key: KeyObject;
  readonly version: () => number;
  readonly now: () => number;
  /** How long a lease is good for: what a gateway may decide on without hearing from control. */
  readonly leaseMs: number;
  readonly onRenewed: () => void;
}

export function createLeaseKeeper({ rows, key, version, now, leaseMs, onRenewed }: LeaseParts): LeaseKeeper {
  let current: LeaseKeeper['current'];
  let lookedAt = 0;
  return {
    get current() {
      return current;
    },
    renew: async () => {
      // Two looks in one millisecond have an order too: what is not newer is not handed on.
      lookedAt = Math.max(now(), lookedAt + 1);
      const lease = await readLease(rows, version(), lookedAt, leaseMs);
      // Two renewals may cross: the one that looked later stays.
      if (current !== undefined && current.lease.issuedAt > lease.issuedAt) return;
      current = { lease, signed: signLease(lease, key) };
      onRenewed();
    },
  };
}
