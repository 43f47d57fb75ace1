import type { ErrorCode } from '../domain/errors.ts';
import { LIMITS } from '../domain/limits.ts';
import { RECORD_CATEGORIES, RECORD_EVENTS } from '../domain/record.ts';
import type { JournalRecord, RecordEvent } from '../domain/record.ts';
import type { Role } from '../domain/role.ts';
import type { SealedBody } from '../domain/retention.ts';
import { isBodyName } from './bodies.ts';
import type { Origin } from './entry.ts';
import { formOf } from './record-form.ts';

const EVENTS: ReadonlySet<string> = new Set(RECORD_EVENTS);
const CATEGORIES: ReadonlySet<string> = new Set(RECORD_CATEGORIES);
/** What only the ledger can know of itself. */
const LEDGER_EVENTS: ReadonlySet<RecordEvent> = new Set<RecordEvent>([
  'record.torn', 'record.corrupt', 'checkpoint.failed', 'clock.jumped', 'sink.failed', 'sink.recovered', 'sink.parked', 'evidence.expired',
]);
/** What control alone does: a gateway that was broken into cannot put it on record as if an administrator had. */
const CONTROL_EVENTS: ReadonlySet<RecordEvent> = new Set<RecordEvent>([
  'config.sealed', 'config.noticed', 'config.refused', 'config.accepted', 'package.installed', 'package.refused', 'knowledge.imported',
  'file.changed', 'file.approved', 'file.sealed', 'file.unsealed', 'file.restored', 'file.enforced', 'watch.stopped',
  'inventory.found', 'inventory.changed', 'sensor.silent',
  'config.changed', 'context.ended', 'drift.found', 'segment.drifted', 'freeze.refused', 'agent.unknown', 'admin.refused', 'session.opened', 'session.closed',
  'proposal.stored', 'proposal.approved', 'proposal.failed', 'proposal.rejected',
  'break-glass.opened', 'break-glass.closed', 'break-glass.reviewed', 'break-glass.refused',
  'credential.released', 'credential.refused', 'token.issued', 'token.refused', 'token.revoked', 'key.rotated', 'client.changed', 'key.destroyed',
  'evidence.erased', 'evidence.bundled', 'hold.added', 'hold.lifted', 'quarantine.released', 'quarantine.dropped', 'people.revealed', 'body.opened',
  'sink.replayed',
  'approval.asked', 'approval.granted', 'approval.denied', 'approval.expired', 'approval.used', 'approval.withdrawn', 'approval.escalated',
  'registry.requested', 'registry.reviewed', 'registry.approved', 'registry.refused', 'registry.imported', 'registry.released',
  'access.requested', 'denial.disputed', 'backup.created', 'backup.restored', 'recovery.ordered',
  'person.signed-in', 'person.signed-out', 'person.refused', 'consent.given', 'consent.refused', 'consent.revoked',
  'finding.triaged', 'vendor.disclosed', 'vendor.probed', 'vendor.attested', 'incident.opened', 'incident.changed', 'incident.closed',
  'containment.applied', 'containment.lifted', 'containment.failed', 'playbook.started', 'playbook.stepped', 'playbook.ended',
  'redteam.ran', 'exercise.started', 'exercise.scored', 'review.opened', 'review.decided', 'review.closed', 'job.ran', 'job.failed',
]);
/** What the roles beside strangers' servers see, each alone; besides it they say nothing but of themselves: neither puts calls on record. */
const SEEN_BY: readonly (readonly [Role, ReadonlySet<RecordEvent>])[] = [
  ['runner', new Set<RecordEvent>(['server.started', 'server.stopped', 'server.failed'])],
  ['egress', new Set<RecordEvent>(['connection.opened', 'connection.closed', 'connection.refused'])],
];
const OF_THEMSELVES: ReadonlySet<RecordEvent> = new Set<RecordEvent>([
  'flood.refused', 'role.started', 'role.stopped', 'log.accepted', 'recovery.accepted', 'recovery.refused',
]);
/** What is said of a record where it is shown, and nothing that one may say of itself. */
const OF_ENTRIES = ['position', 'role', 'incarnation', 'body', 'leaf', 'salt', 'erased'] as const;
/** Ids stand in the headers of syslog and in file names: nothing in them ends a line or steers anything. */
const ID = /^[^\p{C}\p{Z}]{0,64}$/u;
const NAME = /^[^\p{C}\p{Zl}\p{Zp}]{1,512}$/u;

/**
 * Reads a record as a role sent it, believing nothing but its form: the text is stored as it came, so it must be one JSON
 * object on one line, of a known event that is that role's, within the limits, and of the node that said hello on this connection.
 * Each field has its form: index, queries and sinks read what is stored, and one record that breaks them would hide all after it.
 */
export function readRecord(text: string, origin: Origin): JournalRecord | ErrorCode {
  if (text.length > LIMITS.recordCharsMax || text.includes('\n') || text.includes('\r')) return 'ERR_REQUEST_INVALID';
  let record: JournalRecord;
  try {
    record = JSON.parse(text);
  } catch {
    return 'ERR_REQUEST_INVALID';
  }
  return isRecord(record) && isOwn(record, origin) ? record : 'ERR_REQUEST_INVALID';
}

/** Reads a sealed payload as a role sent it; like the record's, its text is stored as it came. */
export function readSealedBody(text: string): SealedBody | ErrorCode {
  if (text.length > LIMITS.sealedBodyCharsMax || text.includes('\n') || text.includes('\r')) return 'ERR_REQUEST_INVALID';
  let body: SealedBody | null;
  try {
    body = JSON.parse(text);
  } catch {
    return 'ERR_REQUEST_INVALID';
  }
  const fits =
    typeof body === 'object' && body !== null && [body.class, body.region, body.key, body.box].every((field) => typeof field === 'string') &&
    isBodyName(body.class) && isBodyName(body.region) && ID.test(body.key);
  return fits && body !== null ? body : 'ERR_REQUEST_INVALID';
}

/** Refusals of callers that never proved who they are: anyone can make as many as they like. */
export function isUnauthenticated(record: JournalRecord): boolean {
  return record.event === 'flood.refused' || (record.event === 'call.refused' && record.principal === undefined);
}

function isRecord(record: JournalRecord | null): record is JournalRecord {
  return (
    typeof record === 'object' &&
    record !== null &&
    typeof record.id === 'string' &&
    record.id !== '' &&
    ID.test(record.id) &&
    typeof record.at === 'number' &&
    EVENTS.has(record.event) &&
    CATEGORIES.has(record.category) &&
    typeof record.exchange === 'string' &&
    ID.test(record.exchange) &&
    typeof record.node === 'string' &&
    NAME.test(record.node) &&
    typeof record.space === 'string' &&
    NAME.test(record.space) &&
    !OF_ENTRIES.some((name) => Object.hasOwn(record, name)) &&
    Object.entries(record).every(([name, value]) => formOf(name, value) !== 'wrong')
  );
}

function isOwn(record: JournalRecord, origin: Origin): boolean {
  if (origin.role === 'ledger') return true;
  const [seer] = SEEN_BY.find(([, events]) => events.has(record.event)) ?? [];
  if (seer !== undefined) return origin.role === seer && record.node === origin.node;
  if (SEEN_BY.some(([role]) => role === origin.role)) return OF_THEMSELVES.has(record.event) && record.node === origin.node;
  return record.node === origin.node && !LEDGER_EVENTS.has(record.event) && (origin.role === 'control' || !CONTROL_EVENTS.has(record.event));
}
