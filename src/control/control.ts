import type { JsonObject } from '../domain/json.ts';
import type { Happening } from '../domain/happening.ts';
import type { SharedState } from '../domain/state.ts';
import type { Interactions } from '../identity/issuer/interaction.ts';
import type { MachineName } from '../link/machines/machine.ts';
import type { Rows, Store } from '../store/store.ts';
import type { ApprovalUse } from '../domain/approval.ts';
import type { SignedSnapshot } from '../domain/snapshot.ts';
import type { ApprovalKeeper } from './approvals/keeper.ts';
import type { LedgerReader } from './audit/reader.ts';
import type { SinkReader } from './audit/sinks.ts';
import type { ConfigurationKeeper } from './configuration/keeper.ts';
import type { Statement } from './configuration/version.ts';
import type { Connections } from './connections/connections.ts';
import type { Broadcast } from './broadcast.ts';
import type { Presence } from './contexts/presence.ts';
import type { PlaybookKeeper } from './playbooks/keeper.ts';
import type { OnDisk } from './manifest/follow.ts';
import type { PackageKeeper } from './packages/keeper.ts';
import type { RunningIssuer } from './issuer/open.ts';
import type { InventoryKeeper } from './inventory/keeper.ts';
import type { Inspecting } from './knowledge/detection.ts';
import type { KnowledgeKeeper } from './knowledge/keeper.ts';
import type { LeaseKeeper } from './lease.ts';
import type { LiveHub } from './live/hub.ts';
import type { Administration } from './admins/administration.ts';
import type { Notify } from './notify/notify.ts';
import type { Admin, Route } from './route.ts';
import type { RegistryKeeper } from './registry/view.ts';
import type { RecoveryKeeper } from './recovery/keeper.ts';
import type { RetentionKeeper } from './retention/keeper.ts';
import type { ReadServer } from './servers/read.ts';
import type { ReleaseWatch } from './servers/release-watch.ts';
import type { Compiler } from './snapshot/compile.ts';
import type { SnapshotKeeper } from './snapshot/keeper.ts';
import type { TelemetryKeeper } from './telemetry/keeper.ts';
import type { LinkSigner } from './vendors/link.ts';
import type { KnownKeeper } from './vault/known.ts';
import type { Vault } from './vault/vault.ts';

/** What every route may use; made once by `start.ts`, joined by hand. */
export interface Control {
  readonly store: Store;
  /** Of control's replicas alone: no gateway can read or write it. */
  readonly state: SharedState;
  /** Who may administer what. */
  readonly admins: Administration;
  /** The route of a pattern. Throws `ERR_ROUTE_UNKNOWN`. */
  readonly routeOf: (method: Route['method'], path: string) => Route;
  readonly snapshots: SnapshotKeeper;
  /** The manifest that this control was started with, as it lies on the disk. */
  readonly onDisk: () => OnDisk | undefined;
  /** Keeps where the roles listen, for the next start of all of them. */
  readonly tellPlaces: () => Promise<void>;
  /** The signed versions of what is stored. */
  readonly configuration: ConfigurationKeeper;
  readonly lease: LeaseKeeper;
  readonly ledger: LedgerReader;
  /** What is written to the ledger, for those who look on. */
  readonly live: LiveHub;
  readonly sinks: SinkReader;
  readonly readServer: ReadServer;
  readonly change: Change;
  /** The issuer's side of the sign-in pages; only the door, which opens with the issuer, has a use for it. */
  readonly interactions: () => Interactions;
  /** The embedded issuer. Throws `ERR_NOT_RUNNING` without a door. */
  readonly issuer: () => RunningIssuer;
  readonly vault: Vault;
  /** What gateways know secrets by. */
  readonly known: KnownKeeper;
  /** What it can get for gateways from other people's issuers, and the accounts that people connected for it. */
  readonly connections: Connections;
  readonly packages: PackageKeeper;
  /** What is published of what is sanctioned. */
  readonly registry: RegistryKeeper;
  /** Advisories and the other tables that age. */
  readonly knowledge: KnowledgeKeeper;
  /** By what gateways inspect. */
  readonly inspecting: Inspecting;
  readonly releases: ReleaseWatch;
  readonly approvals: ApprovalKeeper;
  readonly recovery: RecoveryKeeper;
  /** What was seen outside the gate. */
  readonly inventory: InventoryKeeper;
  readonly retention: RetentionKeeper;
  readonly playbooks: PlaybookKeeper;
  /** How people are told of what is no call that waits. */
  readonly notify: Notify;
  readonly telemetry: TelemetryKeeper;
  /** Compiles; its newest result is what `explain` and `matrix` read. */
  readonly compiler: Compiler;
  /** Records what is no change of the configuration. */
  readonly record: (entry: Happening) => Promise<void>;
  /** Records that somebody at the door was refused; of a flood only the counts (invariant 10). Never rejects: refused they are anyway. */
  readonly refused: Control['record'];
  /** Says what an operator must know, loudly; one line each. */
  readonly report: (line: string) => void;
  /** Signs what is handed to auditors, with the key that snapshots are signed with: its public half and the signature, base64. */
  readonly signBundle: (manifest: string) => { readonly key: string; readonly signature: string };
  /** Signs pages of the door that stand open for one vendor, and reads them back. */
  readonly disclosureLinks: LinkSigner;
  /** Signs that an approval was used for one exchange. */
  readonly signApproval: (use: ApprovalUse) => SignedSnapshot;
  /** What is kept of a value that may be a destination, by its strict form: the same as gateways compute. */
  readonly flowDigest: (form: string) => string;
  /** Roles on other machines. */
  readonly machines: Machines;
  /** Which gateways may keep something of flow contexts that control does not know of. */
  readonly presence: Presence;
  /** Epoch ms. */
  readonly now: () => number;
  /** Which of the other roles answer; gateways by how many watch for snapshots. */
  readonly roles: () => Promise<{ readonly gateways: number; readonly ledger: boolean; readonly runner: boolean; readonly egress: boolean }>;
}

/** By what control lets roles on other machines in. */
export interface Machines {
  /** PEM of the certificate of its authority. */
  readonly authority: string;
  /** PEM of the public key by which it signs snapshots. */
  readonly controlKey: string;
  /** `host:port` of its link for other machines; `undefined` when it listens for none. */
  address(): string | undefined;
  /** A short-lived certificate over the key of a role on a machine. */
  certify(publicKeyPem: string, who: MachineName): Promise<string>;
  /** Told when it changed who is let in. */
  readonly news: Broadcast;
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
  /** Why, in the words of who did it. */
  readonly reason?: string;
  /** The manifest that it applies. */
  readonly manifest?: NonNullable<Statement['manifest']>;
  /** The id that its record stands under with others of the same doing; absent: its own. */
  readonly exchange?: string;
  /** The version of the configuration that it brings back. */
  readonly restores?: number;
}

export interface ChangeOptions {
  /** Rehearses and compiles, and changes nothing. */
  readonly dryRun?: boolean;
  /** Does nothing, and records nothing, when what is in force already is what the store wants. */
  readonly unlessInForce?: boolean;
}

/**
 * Every change of the store, in one way: rehearsed, compiled, and only if the whole compiles recorded, committed with its
 * snapshot, and handed to the gateways. All or nothing. `act` runs twice (rehearsal and commit) and must do the same both times.
 */
export type Change = <T>(by: By, what: What, act: (rows: Rows) => Promise<T>, options?: ChangeOptions) => Promise<T>;
