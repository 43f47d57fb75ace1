import type { Json } from './json.ts';

/**
 * How long records and the payloads beside them are kept. A retention class belongs to a server (default `standard`); its
 * region says where its payloads lie. Records outlive payloads: who did what stays longer than with which words.
 */
export interface RetentionClass {
  readonly name: string;
  readonly region: string;
  readonly recordDays: number;
  /** 0: payloads of this class are never kept. */
  readonly bodyDays: number;
  /** Whether results are kept too, not only what was asked. */
  readonly results: boolean;
}

/** The class of every server that names none, and of every record that belongs to no server. */
export const STANDARD_CLASS = 'standard';

/**
 * To whom payloads of a class are sealed now: an age recipient (X25519) whose identity only control has. A new one each
 * `epoch` (`YYYY-MM`), so that a lost epoch identity makes its payloads unreadable wherever copies of them lie.
 */
export interface RetentionKey {
  readonly class: string;
  readonly region: string;
  readonly epoch: string;
  readonly recipient: string;
}

/**
 * A payload as it leaves the gateway: AES-256-GCM under a data key of the gateway's own, which is wrapped to the class's
 * recipient in a `key.wrapped` record before its first use. Bound to its exchange by the additional data.
 */
export interface SealedBody {
  readonly class: string;
  readonly region: string;
  /** Id of the data key: the id of its `key.wrapped` record. */
  readonly key: string;
  /** base64 of nonce (12), ciphertext, tag (16). */
  readonly box: string;
}

/** What gateways must know of evidence: a part of the snapshot. */
export interface AuditSettings {
  readonly classes: readonly RetentionClass[];
  /** One of each class for this month, and for the next as soon as it is near. None of a class: its payloads are not kept. */
  readonly keys: readonly RetentionKey[];
  /** Whether unusual behaviour may be scored for each person, and not only for agents, servers and tools. */
  readonly scorePeople: boolean;
}

/** Evidence that must stay whatever its retention class says. All that is named must match; nothing named: everything of the space. */
export interface LegalHold {
  readonly id: string;
  readonly space: string;
  /** Principal id, never a pseudonym. */
  readonly person?: string;
  readonly exchange?: string;
  readonly context?: string;
  readonly server?: string;
}

/**
 * `ledger.configure`: what control tells the ledger at each link-up and after each change. It replaces what was told before,
 * stays in the ledger's memory, and holds secrets (the pseudonyms' key, those of sinks): it is never written down or recorded.
 */
export interface LedgerConfiguration {
  readonly classes: readonly RetentionClass[];
  readonly holds: readonly LegalHold[];
  /** `key`: 32 bytes, base64url; the same at every ledger, so that one person has one pseudonym. `on`: what leaves through sinks is under pseudonyms. */
  readonly pseudonyms: { readonly on: boolean; readonly key: string };
  /** Sinks by name, their secret references resolved; their shape belongs to `audit/sinks/`. */
  readonly sinks: Json;
  /** Names of sinks without which nothing is recorded, and so nothing passes. */
  readonly failClosed: readonly string[];
}
