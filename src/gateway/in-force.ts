import { verify, type KeyObject } from 'node:crypto';
import { SallyportError } from '../domain/errors.ts';
import type { PolicyEngine } from '../domain/decision.ts';
import { SIGNED_AS, type Lease, type SignedSnapshot, type Snapshot } from '../domain/snapshot.ts';
import { indexIdentities, withRevocations, type Identities, type KnownIdentities } from '../identity/authenticate.ts';
import { parseOwnJson } from '../mcp/json.ts';
import { buildCeilings, withinCeilings, type Ceilings } from '../policy/ceiling.ts';
import { loadEngine } from '../policy/engine.ts';
import { buildDirectory, type Directory } from '../registry/directory.ts';

/** What judges a message: one immutable snapshot, prepared, and the lease that stands outside it (invariant 4). */
export interface InForce {
  readonly snapshot: Snapshot;
  readonly directory: Directory;
  /** Policy, within the ceilings of agents. */
  readonly engine: PolicyEngine;
  readonly ceilings: Ceilings;
  readonly identities: Identities;
  readonly lease: Lease;
}

export interface InForceKeeper {
  /** Throws ERR_SNAPSHOT_SIGNATURE or ERR_SNAPSHOT_ROLLBACK; the one in force then stays. */
  acceptSnapshot(signed: SignedSnapshot): void;
  acceptLease(signed: SignedSnapshot): void;
  /** Throws ERR_SNAPSHOT_NONE or ERR_LEASE_EXPIRED: then nothing is decided, so nothing passes (invariant 6). */
  current(now: number): InForce;
  /** The one that judges an exchange, by the snapshot that it began with; its lease is today's. */
  of(snapshot: Snapshot): InForce;
  /** Called after each snapshot that came into force. */
  onChange(listener: () => void): () => void;
  /** Called after each lease: what it ends shall end at once. */
  onLease(listener: () => void): () => void;
  /** The newest that was accepted, whether or not a lease lets it decide. */
  readonly snapshot: Snapshot | undefined;
  /** The newest lease, ended or not. */
  readonly lease: Lease | undefined;
}

/** What a node remembers of the snapshots that it used, over its restarts. */
export interface Floor {
  /** The last one. */
  readonly version: number;
  /** Whether this may come into force: it is newer, or two people ordered that it may. `bytes`: as they were signed. */
  takes(snapshot: Snapshot, bytes: string): boolean;
  /** It came into force. */
  reached(snapshot: Snapshot, bytes: string): void;
}

/** A floor that nothing is known of but versions, and that ends with the process. */
export function risingFloor(version = 0): Floor {
  let reached = version;
  return {
    get version() {
      return reached;
    },
    takes: (snapshot) => snapshot.version >= reached,
    reached: (snapshot) => void (reached = snapshot.version),
  };
}

export function createInForceKeeper(controlKey: () => KeyObject, floor: Floor): InForceKeeper {
  let prepared: Prepared | undefined;
  let bytes: string | undefined;
  let lease: Lease | undefined;
  let inForce: InForce | undefined;
  const bySnapshot = new WeakMap<Snapshot, Prepared>();
  const listeners = new Set<() => void>();
  const leaseListeners = new Set<() => void>();

  const combine = (): void => {
    if (prepared === undefined || lease === undefined) return;
    inForce = withLease(prepared, lease);
  };

  return {
    acceptSnapshot(signed) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- control's key signed it: it is what control wrote
      const snapshot = checked(SIGNED_AS.snapshot, signed, controlKey()) as Snapshot;
      if (signed.bytes === bytes) return;
      if (!floor.takes(snapshot, signed.bytes)) throw rollback(snapshot, floor.version);
      const ceilings = buildCeilings(snapshot.agents, snapshot.toolsets);
      const engine = withinCeilings(loadEngine(snapshot.policy, snapshot.version), ceilings);
      prepared = { snapshot, engine, ceilings, directory: buildDirectory(snapshot), known: indexIdentities(snapshot) };
      bySnapshot.set(snapshot, prepared);
      combine();
      ({ bytes } = signed);
      floor.reached(snapshot, signed.bytes);
      for (const listener of listeners) listener();
    },
    acceptLease(signed) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- control's key signed it: it is what control wrote
      const next = checked(SIGNED_AS.lease, signed, controlKey()) as Lease;
      if (lease !== undefined && next.issuedAt < lease.issuedAt) return;
      lease = next;
      combine();
      for (const listener of leaseListeners) listener();
    },
    current(now) {
      if (inForce === undefined) {
        throw new SallyportError('ERR_SNAPSHOT_NONE', 'No policy is in force yet.', { remedy: 'Wait until control has published a snapshot.' });
      }
      if (now >= inForce.lease.expiresAt) {
        throw new SallyportError('ERR_LEASE_EXPIRED', 'The gate lost touch with control and no longer decides.', {
          remedy: 'Restore control, or its link to this gateway.',
        });
      }
      return inForce;
    },
    of(snapshot) {
      if (inForce?.snapshot === snapshot) return inForce;
      const known = bySnapshot.get(snapshot);
      if (known === undefined || lease === undefined) throw new SallyportError('ERR_SNAPSHOT_NONE', 'No policy is in force yet.');
      return withLease(known, lease);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onLease(listener) {
      leaseListeners.add(listener);
      return () => leaseListeners.delete(listener);
    },
    get snapshot() {
      return prepared?.snapshot;
    },
    get lease() {
      return lease;
    },
  };
}

function rollback({ version, restoredAt }: Snapshot, inForce: number): SallyportError {
  const of = restoredAt === undefined ? '' : ` of a store that was restored at ${new Date(restoredAt).toISOString()}`;
  return new SallyportError('ERR_SNAPSHOT_ROLLBACK', `Snapshot ${version}${of} does not follow ${inForce}, which was in force.`, {
    remedy: 'After a restore, two people sign an order for it: see `sallyport recovery`. Otherwise somebody put an older control in its place.',
  });
}

function checked(purpose: string, { bytes, signature }: SignedSnapshot, key: KeyObject): unknown {
  if (verify(null, Buffer.from(purpose + bytes), key, Buffer.from(signature, 'base64url'))) return parseOwnJson(bytes);
  throw new SallyportError('ERR_SNAPSHOT_SIGNATURE', 'A snapshot or lease is not signed by this control.', {
    remedy: 'Check that gateway and control share one state folder; see "sallyport doctor".',
  });
}

type Prepared = Omit<InForce, 'identities' | 'lease'> & { readonly known: KnownIdentities };

function withLease({ known, ...rest }: Prepared, lease: Lease): InForce {
  return { ...rest, lease, identities: withRevocations(known, lease) };
}
