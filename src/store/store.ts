import type { Json } from '../domain/json.ts';

export const KINDS = [
  'server', 'candidate', 'baseline', 'toolset', 'role', 'binding', 'policy', 'exception', 'token', 'drift', 'exposure', 'observed', 'setting',
  'account', 'consent', 'client', 'revocation',
  'agent', 'context', 'admin', 'sighting', 'person', 'group', 'scim-token', 'proposal', 'custodian', 'opening', 'secret', 'connection',
  'registration', 'identity', 'retention-key', 'hold', 'approval', 'approval-of', 'quarantined',
  'gateway', 'refused',
  'link-token', 'link-node', 'knowledge',
  'evidence', 'asset', 'ignored-asset', 'sensor',
  'file-baseline', 'file-watch',
  'listing', 'catalog-entry', 'registry-request', 'job',
  'redteam-run',
  'vendor', 'disclosure', 'disclosure-submitted', 'disclosure-link', 'vendor-event', 'vendor-probe', 'vendor-known', 'vendor-permission',
  'incident', 'incident-key', 'incident-cursor', 'exercise',
  'finding', 'finding-silence', 'finding-day',
  'containment',
  'review', 'review-item', 'review-evidence',
  'playbook', 'playbook-run', 'playbook-text',
] as const;
/** What a row is about. Closed: a kind that is not listed here cannot be stored. */
export type Kind = (typeof KINDS)[number];

/** One stored resource. It always belongs to a space. */
export interface Row {
  readonly kind: Kind;
  readonly space: string;
  readonly id: string;
  readonly body: Json;
  /** Rises with every write of any row and is never used again, not even after delete and re-creation. Not contiguous. */
  readonly version: number;
  /** Epoch ms. */
  readonly updatedAt: number;
  readonly updatedBy: string;
}

export interface WriteOptions {
  /** The version that the writer has seen; 0 = the row must not exist yet. Otherwise `ERR_CONFLICT`. Absent = whatever is there. */
  readonly expectedVersion?: number;
  /** Who writes: a principal id, or a role. */
  readonly by: string;
}

/** Control's signed snapshots. Versions only rise, whichever control appends. */
export interface SnapshotRow {
  readonly version: number;
  readonly bytes: string;
  readonly signature: string;
  /** Epoch ms. */
  readonly createdAt: number;
}

export interface Snapshots {
  /** `ERR_CONFLICT` unless `version` is above every version that was ever appended. */
  append(version: number, bytes: string, signature: string): Promise<void>;
  latest(): Promise<SnapshotRow | undefined>;
  get(version: number): Promise<SnapshotRow | undefined>;
}

/** One version of the configuration, as control signed it. */
export interface VersionRow {
  readonly number: number;
  /** The exact bytes that were signed. */
  readonly statement: string;
  readonly signature: string;
  /** What it changed, sealed; its digest stands in the statement. */
  readonly content: string;
}

/** Signed versions of the configuration: numbers only rise, and none is taken back. */
export interface Versions {
  /** `ERR_CONFLICT` unless its number is above every one that is there. */
  append(version: VersionRow): Promise<void>;
  latest(): Promise<VersionRow | undefined>;
  get(number: number): Promise<VersionRow | undefined>;
  /** In order, at most `max`, from the one after `number`. */
  after(number: number, max: number): Promise<readonly VersionRow[]>;
  /** The same content, sealed in another way. */
  reseal(number: number, content: string): Promise<void>;
}

/** What one answer left in a flow context, as text. Positions rise from 1 within a generation, without gaps. */
export interface FlowEntry {
  readonly position: number;
  readonly body: string;
}

/** The memory of flow contexts, beside their rows: only ever added to, until its context ends. */
export interface FlowEntries {
  /** In order, at most `max`. */
  after(space: string, context: string, generation: number, position: number, max: number): Promise<readonly FlowEntry[]>;
  /** The position that it has now: one after the last. */
  append(space: string, context: string, generation: number, body: string): Promise<number>;
  /** Of all generations. */
  clear(space: string, context: string): Promise<void>;
}

/** What can be done alone or within a transaction. */
export interface Rows {
  get(kind: Kind, space: string, id: string): Promise<Row | undefined>;
  /** All rows of a kind, of one space or of all, in order of space and id (by code unit). */
  list(kind: Kind, space?: string): Promise<readonly Row[]>;
  put(kind: Kind, space: string, id: string, body: Json, options: WriteOptions): Promise<Row>;
  /** Whether there was such a row. */
  delete(kind: Kind, space: string, id: string, options: WriteOptions): Promise<boolean>;
  readonly snapshots: Snapshots;
  readonly configuration: Versions;
  readonly flow: FlowEntries;
}

/** Durable rows under shared state (`domain/state.ts`); the database's clock is the one clock for all replicas. */
export interface StateRows {
  read(key: string): Promise<{ readonly value: string; readonly ttlMs: number } | undefined>;
  write(key: string, value: string, ttlMs: number): Promise<void>;
  /** Atomic: true for exactly one caller until the row ends. */
  writeIfAbsent(key: string, value: string, ttlMs: number): Promise<boolean>;
  /** Atomic. The sum, and the time that is left to it: the ttl starts with the first add. */
  add(key: string, by: number, ttlMs: number): Promise<{ readonly sum: number; readonly ttlMs: number }>;
  remove(key: string): Promise<void>;
  /** Removes the rows that have ended. */
  sweep(): Promise<void>;
}

/** A number that rises with every write of a resource or snapshot, by anyone. */
export type OnChange = (change: number) => void;

/**
 * The database that control owns. Every method throws `SallyportError`: `ERR_STORE_UNAVAILABLE` when the database cannot be
 * reached, is full, or does not answer in time (nothing hangs), `ERR_CONFLICT`, `ERR_REQUEST_INVALID`, `ERR_BODY_TOO_LARGE`.
 */
export interface Store extends Rows {
  /**
   * All or nothing, and one writer at a time in the whole fleet: what `work` has read cannot change before it commits.
   * Only `rows` belongs to the transaction; waiting inside for a write on the store itself ends in `ERR_STORE_UNAVAILABLE`.
   */
  transaction<T>(work: (rows: Rows) => Promise<T>): Promise<T>;
  readonly state: StateRows;
  /** Calls `onChange` soon after each change that anyone commits (several may arrive as one). Returns how to stop. */
  listen(onChange: OnChange): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

export interface StoreOptions {
  /** PEM of roots to trust for TLS, in place of the system's. */
  readonly roots?: string;
  /** How long one statement may take. */
  readonly timeoutMs?: number;
}
