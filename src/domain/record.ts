import type { Json } from './json.ts';

/**
 * One line of the journal. `access`: who asked for what and what was decided. `execution`: what was sent and what came
 * back. `error`: something broke. No field can hold a secret or a payload: arguments and results appear as digests and sizes.
 */
export interface JournalRecord {
  /** UUIDv7. */
  readonly id: string;
  /** Epoch ms. */
  readonly at: number;
  readonly category: 'access' | 'execution' | 'error';
  /** What happened, `noun.verb`: `call.permitted`, `call.denied`, `call.refused`, `result.delivered`, `call.unknown` … */
  readonly event: RecordEvent;
  readonly node: string;
  readonly space: string;
  readonly exchange: string;
  readonly principal?: string;
  readonly agent?: string;
  readonly actors?: readonly string[];
  /** The caller whose credential and connection are used, where a workload of ours makes the call for one. */
  readonly onBehalfOf?: { readonly principal?: string; readonly agent?: string; readonly actors?: readonly string[] };
  /** What a switch or a revocation may end a call by, besides the names: ids and a time, never a credential. */
  readonly standing?: {
    /** Key of the flow context. */
    readonly flow: string;
    /** Ids of the credentials that it is made with, and of the sign-ins that they came from. */
    readonly credentials: readonly string[];
    /** When the oldest of them was issued, epoch ms. */
    readonly issuedAt: number;
  };
  readonly address?: string;
  readonly route?: string;
  readonly session?: string;
  readonly revision?: string;
  readonly method?: string;
  readonly action?: string;
  readonly server?: string;
  readonly tool?: string;
  /** The dispatchers through which the tool was called, outermost first. */
  readonly dispatchers?: readonly string[];
  /** Digest of the pinned definition that was in force. */
  readonly definition?: string;
  /** Salted commitment of the arguments or result, and its encoded size. */
  readonly digest?: string;
  readonly sizeBytes?: number;
  readonly snapshot?: number;
  readonly policies?: readonly string[];
  readonly code?: string;
  /** Of a credential that was refused: the beginning of its SHA-256, never the credential. */
  readonly fingerprint?: string;
  readonly reason?: string;
  readonly latencyMs?: number;
  readonly detail?: Json;
}

/**
 * `call.permitted` opens an exchange; exactly one of `result.delivered`, `result.withheld`, `call.cancelled`,
 * `call.failed`, `call.unknown` closes it. The others stand alone.
 */
export const RECORD_EVENTS = [
  'call.permitted', 'call.denied', 'call.refused', 'message.permitted', 'message.denied', 'result.delivered', 'result.withheld', 'call.cancelled',
  'call.failed', 'call.unknown', 'flood.refused', 'drift.found', 'role.started', 'role.stopped', 'config.changed', 'context.ended', 'freeze.refused',
  'agent.unknown', 'admin.refused', 'session.opened', 'session.closed',
  'proposal.stored', 'proposal.approved', 'proposal.rejected', 'break-glass.opened', 'break-glass.closed', 'break-glass.reviewed', 'break-glass.refused',
  'record.torn', 'record.corrupt',
  'credential.released', 'credential.refused',
  'token.issued', 'token.refused', 'token.revoked', 'key.rotated', 'client.changed',
  'person.signed-in', 'person.signed-out', 'person.refused', 'consent.given', 'consent.refused', 'consent.revoked',
] as const;
export type RecordEvent = (typeof RECORD_EVENTS)[number];

export interface Journal {
  /** Resolves with the record's position when it will survive a kill -9 of every role (strict: a power cut). Rejects: nothing may be sent. */
  append(record: JournalRecord): Promise<number>;
}
