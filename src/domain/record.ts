import type { AccessContext, AccessRequest, Action, Resource } from './decision.ts';
import type { Finding } from './finding.ts';
import type { Json } from './json.ts';
import type { Principal } from './principal.ts';
import type { RecordDetail, RecordText } from './redacted.ts';
import type { SealedBody } from './retention.ts';
import type { Labels } from './server.ts';

/**
 * `access`: who asked for what and what was decided. `execution`: what was sent and what came back. `error`: something
 * broke. `detection`: something looks wrong. `config`: what the gate is held to was changed. `response`: a call, agent or
 * server was stopped or let go on.
 */
export const RECORD_CATEGORIES = ['access', 'execution', 'error', 'detection', 'config', 'response'] as const;
export type RecordCategory = (typeof RECORD_CATEGORIES)[number];

/** One line of the journal. No field can hold a secret or a payload: arguments and results appear as digests, shapes and sizes. */
export interface JournalRecord {
  /** UUIDv7. */
  readonly id: string;
  /** Epoch ms. */
  readonly at: number;
  readonly category: RecordCategory;
  /** What happened, `noun.verb`: `call.permitted`, `call.denied`, `call.refused`, `result.delivered`, `call.unknown` … */
  readonly event: RecordEvent;
  readonly node: string;
  readonly space: string;
  readonly exchange: string;
  readonly principal?: string;
  /** People are shown under pseudonyms unless someone may see who they are. */
  readonly principalKind?: 'person' | 'workload';
  readonly agent?: string;
  readonly actors?: readonly string[];
  /** The program that the agent runs as, as it says of itself (`clientInfo`): a claim. */
  readonly client?: { readonly name: string; readonly version: string };
  /** The caller whose credential and connection are used, where a workload of ours makes the call for one. */
  readonly onBehalfOf?: {
    readonly principal?: string; readonly principalKind?: 'person' | 'workload'; readonly agent?: string; readonly actors?: readonly string[];
  };
  /** What a switch or a revocation may end a call by, besides the names: ids and a time, never a credential. */
  readonly standing?: {
    /** Ids of the credentials that it is made with, and of the sign-ins that they came from. */
    readonly credentials: readonly string[];
    /** When the oldest of them was issued, epoch ms. */
    readonly issuedAt: number;
  };
  /** Key of the flow context: what belongs together as one session of one agent for one principal. */
  readonly context?: string;
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
  readonly effect?: string;
  /** Salted commitment of the arguments or result, and its encoded size. */
  readonly digest?: string;
  readonly sizeBytes?: number;
  /** The arguments by the pinned schema's own property names: types and sizes, never values (`{to: 'string(24)', bcc: 'absent'}`). */
  readonly shape?: Json;
  /** What the flow context carried when this was decided, or what the result carries. */
  readonly labels?: Labels;
  readonly findings?: readonly Finding[];
  /** Of detectors that only look (`shadow`): no policy saw them. */
  readonly shadowFindings?: readonly Finding[];
  readonly snapshot?: number;
  readonly policies?: readonly string[];
  readonly code?: string;
  /** Of a credential that was refused: the beginning of its SHA-256, never the credential. */
  readonly fingerprint?: string;
  readonly reason?: RecordText;
  readonly latencyMs?: number;
  /** CPU-independent wall time by stage of the path, in microseconds: `decode`, `identify`, `decide`, `record`, `upstream` … */
  readonly stages?: Readonly<Record<string, number>>;
  /** W3C trace context: the ids of the trace and of our own span in it. */
  readonly trace?: { readonly traceId: string; readonly spanId: string; readonly parentId?: string };
  /** What policy was asked, all but arguments and what else is a payload: that is in the sealed body. */
  readonly request?: RecordedRequest;
  /** The retention class that it is kept by; absent: `standard`. */
  readonly retention?: string;
  /** `body`: why there is no sealed payload beside it: `too-large`, `not-kept`. */
  readonly detail?: RecordDetail;
}

/**
 * What an access request holds beside the fields of its record, so that a decision can be made again: policy reads nothing
 * else. Of each further request of the same decision (dispatchers, the questions inside an answer) what differs.
 */
export interface RecordedRequest {
  /** `groups`: absent where they are too many for a record; then they are with the payload. */
  readonly principal: Pick<Principal, 'proof' | 'tokenAgeMs' | 'expiresAt' | 'scopes'> & Partial<Pick<Principal, 'groups'>>;
  readonly resource: Pick<Resource, 'kind' | 'server' | 'toolsets' | 'labels' | 'clearance' | 'memory'>;
  /** `provenance`: absent where nothing was derived from anything. */
  readonly context: Pick<AccessContext, 'zone' | 'now' | 'drift'> & Partial<Pick<AccessContext, 'provenance' | 'believed'>>;
  /** Where it is not the record's own. */
  readonly action?: Action;
  readonly others?: readonly Pick<AccessRequest, 'action' | 'resource'>[];
}

/**
 * `call.permitted` opens an exchange; exactly one of `result.delivered`, `result.withheld`, `call.cancelled`,
 * `call.failed`, `call.unknown` closes it. The others stand alone.
 */
export const RECORD_EVENTS = [
  'call.permitted', 'call.denied', 'call.refused', 'message.permitted', 'message.denied', 'result.delivered', 'result.withheld', 'call.cancelled',
  'call.failed', 'call.unknown', 'flood.refused', 'drift.found', 'segment.drifted', 'package.installed', 'package.refused', 'knowledge.imported',
  'detection.kept',
  'file.changed', 'file.approved', 'file.sealed', 'file.unsealed', 'file.restored', 'file.enforced', 'watch.stopped',
  'inventory.found', 'inventory.changed', 'sensor.silent',
  'role.started', 'role.stopped', 'server.started', 'server.stopped', 'server.failed', 'config.changed', 'context.ended', 'freeze.refused',
  'config.sealed', 'config.noticed', 'config.refused', 'config.accepted',
  'agent.unknown', 'finding.raised', 'finding.triaged', 'admin.refused', 'session.opened', 'session.closed',
  'proposal.stored', 'proposal.approved', 'proposal.failed', 'proposal.rejected',
  'break-glass.opened', 'break-glass.closed', 'break-glass.reviewed', 'break-glass.refused',
  'record.torn', 'record.corrupt', 'checkpoint.failed', 'clock.jumped', 'log.accepted',
  'backup.created', 'backup.restored', 'recovery.ordered', 'recovery.accepted', 'recovery.refused',
  'credential.released', 'credential.refused',
  'token.issued', 'token.refused', 'token.revoked', 'key.rotated', 'client.changed',
  'key.wrapped', 'key.destroyed', 'evidence.erased', 'evidence.expired', 'hold.added', 'hold.lifted', 'people.revealed', 'body.opened',
  'evidence.bundled', 'policy.simulated',
  'sink.failed', 'sink.recovered', 'sink.parked', 'sink.replayed',
  'quarantine.released', 'quarantine.dropped',
  'connection.opened', 'connection.closed', 'connection.refused',
  'approval.asked', 'approval.granted', 'approval.denied', 'approval.expired', 'approval.used', 'approval.withdrawn', 'approval.escalated',
  'access.requested', 'denial.disputed',
  'registry.requested', 'registry.reviewed', 'registry.approved', 'registry.refused', 'registry.imported', 'registry.released',
  'person.signed-in', 'person.signed-out', 'person.refused', 'consent.given', 'consent.refused', 'consent.revoked',
  'vendor.disclosed', 'vendor.probed', 'vendor.attested', 'incident.opened', 'incident.changed', 'incident.closed',
  'containment.applied', 'containment.lifted', 'containment.failed', 'playbook.started', 'playbook.stepped', 'playbook.ended',
  'redteam.ran', 'exercise.started', 'exercise.scored', 'review.opened', 'review.decided', 'review.closed', 'job.ran', 'job.failed',
] as const;
export type RecordEvent = (typeof RECORD_EVENTS)[number];

export interface Journal {
  /** Resolves with the record's position when it will survive a kill -9 of every role (strict: a power cut). Rejects: nothing may be sent. */
  append(record: JournalRecord, body?: SealedBody): Promise<number>;
}
