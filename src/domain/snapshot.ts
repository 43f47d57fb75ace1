import type { Agent } from './agent.ts';
import type { DetectSettings } from './detect.ts';
import type { Issuer, ScopeGrant } from './issuer.ts';
import type { Json } from './json.ts';
import type { AuditSettings } from './retention.ts';
import type { LaunchSpec, Server, Toolset } from './server.ts';
import type { StandingLimits } from './standing.ts';
import type { TelemetrySettings } from './telemetry.ts';

/** An agent token as the gateway may know it: never the token, only its SHA-256. */
export interface AgentToken {
  readonly id: string;
  readonly agent: string;
  readonly space: string;
  readonly kind: 'person' | 'workload';
  /** The accountable person or workload behind the agent. */
  readonly subject: string;
  readonly groups: readonly string[];
  /** Hex SHA-256 of the token. */
  readonly hash: string;
  /** Routes the token is for: `/mcp/<server>`, `/mcp/t/<toolset>`, or `*` for all of its space. */
  readonly audience: readonly string[];
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** Where the gateway may be reached and what it may reach. */
export interface NetworkSettings {
  readonly publicUrl: string;
  /** Networks and names that count as internal: CIDR or `*.suffix`. */
  readonly internal: readonly string[];
  /** Origins that browsers may call from, besides the public URL's own. */
  readonly origins: readonly string[];
  /** Address of the front proxy whose `X-Forwarded-For` names the caller; without it the header means nothing. */
  readonly trustedProxy?: string;
  /** The door for clients with certificates (RFC 8705): where it is, and the origin under which it is reached. */
  readonly mtls?: { readonly listen: string; readonly publicUrl: string };
  readonly proxy?: string;
  /** PEM of further roots for upstream TLS. */
  readonly extraRoots?: string;
}

/** What a company knows of where its data may go. By space: a team's directory is not another's. */
export interface FlowSettings {
  readonly spaces: Readonly<Record<string, { readonly domains: readonly string[]; readonly allow: readonly string[] }>>;
  /** Addresses of the organisation's people, as `addressDigest` of `flow/provenance/allow.ts`. */
  readonly people: readonly string[];
  /** Their names as texts are searched for them (`nameForm` of `detect/personal-data/people.ts`). */
  readonly names?: readonly string[];
}

/**
 * Everything a gateway decides by: immutable, numbered, signed by control. `policy` is the compiled decision program
 * (its shape belongs to `policy/`); a snapshot that does not verify is never used.
 */
export interface Snapshot {
  readonly version: number;
  readonly createdAt: number;
  readonly policy: Json;
  readonly servers: readonly Server[];
  readonly toolsets: readonly Toolset[];
  readonly tokens: readonly AgentToken[];
  readonly agents: readonly Agent[];
  readonly issuers: readonly Issuer[];
  readonly scopes: readonly ScopeGrant[];
  readonly network: NetworkSettings;
  readonly limits: StandingLimits;
  readonly audit: AuditSettings;
  /** Absent: no destination is trusted without having been seen in time. */
  readonly flow?: FlowSettings;
  /** Absent: every detector looks, as it ships. */
  readonly detect?: DetectSettings;
  /** What detectors are made of, where an edition brought it (docs/knowledge.md): gateways fetch it by its digest. Absent: what ships. */
  readonly detection?: DetectionEdition;
  /** By space, sealed for gateways: how secrets of the vault, and canaries, are known again (`KnownSecrets`). */
  readonly known?: Readonly<Record<string, string>>;
  /**
   * Of each local server, as `<space>/<id>`: how it is started, signed by itself (`LaunchOrder`). The runner starts nothing else, so a
   * gateway that was broken into has no program of its own choice started.
   */
  readonly launches?: Readonly<Record<string, SignedSnapshot>>;
  /** Absent where nobody asked for any. */
  readonly telemetry?: TelemetrySettings;
  /** When what it was made of was last restored from a backup (epoch ms); absent: never. Versions follow each other between two of these only. */
  readonly restoredAt?: number;
  /** Whose orders may bridge a restore: Ed25519 public keys (32 bytes, base64) by person. Absent: nobody's. */
  readonly recovery?: { readonly keys: Readonly<Record<string, string>> };
}

/** Secret rules and weights by the SHA-256 (hex) of their text, and the number of the edition that brought them. */
export interface DetectionEdition {
  readonly digest: string;
  readonly sequence: number;
}

/** A snapshot as it travels: the exact bytes that were signed, and the Ed25519 signature (base64url) of control. */
export interface SignedSnapshot {
  readonly bytes: string;
  readonly signature: string;
}

/** What the signed bytes of a launch hold; its secrets are references. */
export interface LaunchOrder {
  readonly space: string;
  readonly server: string;
  readonly launch: LaunchSpec;
}

/** What control's key signs, kept apart by purpose so that one kind can never be read as another: put before the bytes. */
export const SIGNED_AS = {
  snapshot: 'sallyport/snapshot/v1\n', lease: 'sallyport/lease/v1\n', bundle: 'sallyport/bundle/v1\n',
  approval: 'sallyport/approval/v1\n', launch: 'sallyport/launch/v1\n', configuration: 'sallyport/configuration/v1\n',
  knowledge: 'sallyport/knowledge/v1\n', disclosure: 'sallyport/disclosure/v1\n',
} as const;

/**
 * What stands outside snapshots and is checked on every message: revocations and kill switches. Signed by control,
 * good for 60 s by default; a gateway whose lease ran out denies (invariant 6).
 */
export interface Lease {
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly snapshotVersion: number;
  /** Ids of credentials, and of the sign-ins (grants) that they came from. */
  readonly revokedCredentials: readonly string[];
  /** People and workloads that were deactivated (SCIM, an administrator), as `<space>/<principal id>`: nothing of theirs works any more. */
  readonly revokedPrincipals: readonly string[];
  /** Who was deactivated and is active again, as `<space>/<principal id>`: what was issued at or before then (epoch ms) stays dead. */
  readonly principalsNotBefore?: Readonly<Record<string, number>>;
  /** The same for everything that an agent (`<space>/<agent>`) took part in, and for a whole space (`*`: for all of them). */
  readonly agentsNotBefore?: Readonly<Record<string, number>>;
  readonly spacesNotBefore?: Readonly<Record<string, number>>;
  /** Where nothing of a space goes, as `<space>/<host>` (`*`: of no space): a name or address, or `*.<domain>` for all below. */
  readonly blockedHosts?: readonly string[];
  readonly killed: Killed;
}

/** Kill switches that are on, each as `<space>/<id>`: a kill in one space must not stop its namesake in another. */
export interface Killed {
  readonly all: boolean;
  /** Whole spaces. */
  readonly spaces?: readonly string[];
  /** Also as an actor anywhere in the chain. */
  readonly agents: readonly string[];
  readonly principals: readonly string[];
  readonly servers: readonly string[];
  /** `<space>/<server>/<tool>`. */
  readonly tools: readonly string[];
  /** Flow contexts by key: frozen by hand or by a tripped breaker. */
  readonly contexts: readonly string[];
}
