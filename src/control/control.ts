import type { Json, JsonObject } from '../domain/json.ts';
import type { Rows, Store } from '../store/store.ts';
import type { LeaseKeeper } from './lease.ts';
import type { Admin } from './route.ts';
import type { Probe } from './servers/probe.ts';
import type { SnapshotKeeper } from './snapshot/keeper.ts';

/** What every route may use; made once by `start.ts`, joined by hand. */
export interface Control {
  readonly store: Store;
  readonly snapshots: SnapshotKeeper;
  readonly lease: LeaseKeeper;
  readonly ledger: LedgerReader;
  readonly probe: Probe;
  readonly change: Change;
  /** Epoch ms. */
  now(): number;
  /** What the other roles say of themselves, for `status`; `undefined` where one does not answer. */
  ask(role: 'gateway' | 'ledger' | 'runner'): Promise<Json | undefined>;
}

/** Who changes, and where. */
export interface By {
  readonly admin: Admin;
  readonly space: string;
}

/** What the record of a change says. Never a secret: `detail` is kept for years. */
export interface What {
  readonly resource: string;
  readonly id: string;
  readonly verb: string;
  readonly detail?: JsonObject;
}

/**
 * Every change of the store, in one way: rehearsed, compiled, and only if the whole compiles recorded, committed with its
 * snapshot, and handed to the gateways. All or nothing. `act` runs twice (rehearsal and commit) and must do the same both times.
 */
export type Change = <T>(by: By, what: What, act: (rows: Rows) => Promise<T>, options?: { readonly dryRun?: boolean }) => Promise<T>;

/** The ledger as control may use it: to read. */
export interface LedgerReader {
  query(filter: JsonObject): Promise<Json>;
  tail(filter: JsonObject, signal: AbortSignal): AsyncIterable<Json>;
}

