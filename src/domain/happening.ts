import type { Json } from './json.ts';
import type { JournalRecord, RecordCategory, RecordEvent } from './record.ts';
import { redact, redactDetail } from './redacted.ts';

/** What happened, as a writer says it: its texts are anybody's, and not yet fit for a record. */
export type Happening = Pick<JournalRecord, 'event' | 'space'> & Partial<Omit<JournalRecord, 'reason' | 'detail'>> & {
  readonly reason?: string;
  readonly detail?: Json;
};

/** Where what happens belongs, whoever writes it down; only the path of a call says it itself. */
const CATEGORIES: Readonly<Partial<Record<RecordEvent, RecordCategory>>> = {
  'record.torn': 'error', 'record.corrupt': 'error', 'checkpoint.failed': 'error', 'clock.jumped': 'error', 'server.failed': 'error',
  'log.accepted': 'config', 'call.unknown': 'execution', 'backup.created': 'config', 'backup.restored': 'config', 'recovery.refused': 'detection',
  'recovery.ordered': 'config', 'recovery.accepted': 'config',
  'connection.opened': 'execution', 'connection.closed': 'execution', 'connection.refused': 'detection',
  'drift.found': 'detection', 'segment.drifted': 'detection', 'agent.unknown': 'detection', 'finding.raised': 'detection',
  'config.sealed': 'config', 'config.noticed': 'detection', 'config.refused': 'detection', 'config.accepted': 'config',
  'registry.reviewed': 'config', 'registry.approved': 'config', 'registry.refused': 'config', 'registry.imported': 'config', 'registry.released': 'config',
  'knowledge.imported': 'config', 'detection.kept': 'detection', 'package.installed': 'config', 'package.refused': 'detection',
  'inventory.found': 'detection', 'inventory.changed': 'detection', 'sensor.silent': 'detection',
  'file.changed': 'detection', 'watch.stopped': 'detection', 'file.approved': 'config', 'file.sealed': 'config', 'file.unsealed': 'config',
  'file.restored': 'config', 'file.enforced': 'config',
  'config.changed': 'config', 'key.rotated': 'config', 'client.changed': 'config', 'proposal.stored': 'config', 'proposal.approved': 'config',
  'proposal.failed': 'config', 'proposal.rejected': 'config',
  'key.wrapped': 'config', 'key.destroyed': 'config', 'evidence.erased': 'config', 'evidence.expired': 'config',
  'approval.withdrawn': 'response', 'approval.denied': 'response',
  'hold.added': 'config', 'hold.lifted': 'config', 'quarantine.released': 'response', 'quarantine.dropped': 'response',
  'sink.failed': 'error', 'sink.recovered': 'error', 'sink.parked': 'error', 'sink.replayed': 'config',
  'finding.triaged': 'response',
  'vendor.disclosed': 'config', 'vendor.probed': 'detection', 'vendor.attested': 'config', 'incident.opened': 'detection', 'incident.changed': 'response',
  'incident.closed': 'response', 'containment.applied': 'response', 'containment.lifted': 'response', 'containment.failed': 'response',
  'playbook.started': 'response', 'playbook.stepped': 'response', 'playbook.ended': 'response', 'redteam.ran': 'detection',
  'exercise.started': 'config', 'exercise.scored': 'config', 'review.opened': 'config', 'review.decided': 'config', 'review.closed': 'config',
  'job.ran': 'config', 'job.failed': 'error',
  'token.revoked': 'response', 'consent.revoked': 'response', 'freeze.refused': 'response',
};

/** Changes that stop somebody or something, or let it go on, as `<resource>.<verb>`. */
const RESPONSES: ReadonlySet<string> = new Set([
  'kill.on', 'kill.off', 'server.quarantine', 'context.freeze', 'context.reset', 'token.revoke', 'secret.revoke', 'connection.revoke', 'connection.break',
  'scim-token.revoke', 'account.disable', 'person.deactivate', 'person.activate',
]);

/** The record of it: in its category, with every text redacted. */
export function toRecord(happening: Happening & Pick<JournalRecord, 'id' | 'at' | 'node' | 'exchange'>): JournalRecord {
  const { reason, detail, ...rest } = happening;
  return {
    ...rest,
    category: happening.category ?? categoryOf(happening),
    ...(reason === undefined ? {} : { reason: redact(reason) }),
    ...(detail === undefined ? {} : { detail: redactDetail(detail) }),
  };
}

function categoryOf({ event, action = '' }: Happening): RecordCategory {
  if (event === 'config.changed' && RESPONSES.has(action)) return 'response';
  return CATEGORIES[event] ?? 'access';
}
