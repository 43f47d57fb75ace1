import type { RecordEvent } from '../../domain/record.ts';

/**
 * What a set of events shows, in words. `always`: a gate in use writes these, so that none in a period is a gap. `when`: they are
 * written when something happens that may never happen; none then only means that there is nothing to show.
 */
export interface EvidenceKind {
  readonly says: string;
  readonly expected: 'always' | 'when';
  readonly events: readonly RecordEvent[];
}

/** Every event of the record is evidence of something; each stands in one kind. */
export const EVIDENCE = {
  decisions: {
    says: 'what was asked of which server, by whom, and what policy decided', expected: 'always',
    events: ['call.permitted', 'call.denied', 'call.refused', 'message.permitted', 'message.denied', 'flood.refused'],
  },
  outcomes: {
    says: 'what came of what was permitted', expected: 'always',
      events: ['result.delivered', 'result.withheld', 'call.cancelled', 'call.failed', 'call.unknown'],
  },
  'sign-ins': {
    says: 'people who signed in, out, or were refused; sessions that opened and closed', expected: 'when',
    events: ['person.signed-in', 'person.signed-out', 'person.refused', 'session.opened', 'session.closed', 'admin.refused'],
  },
  tokens: {
    says: 'tokens, keys and clients: issued, refused, revoked, rotated, changed', expected: 'when',
    events: ['token.issued', 'token.refused', 'token.revoked', 'key.rotated', 'client.changed', 'agent.unknown'],
  },
  consents: { says: 'what people allowed clients, and took back', expected: 'when', events: ['consent.given', 'consent.refused', 'consent.revoked'] },
  configuration: {
    says: 'every change of what the gate is held to, with who made it, what was not made here, and packages installed or refused', expected: 'always',
    events: [
      'config.changed', 'config.sealed', 'config.noticed', 'config.refused', 'config.accepted', 'package.installed', 'package.refused', 'knowledge.imported',
      'detection.kept',
    ],
  },
  approvals: {
    says: 'what took two people, calls that a person decided, and what was asked of people', expected: 'when',
    events: [
      'proposal.stored', 'proposal.approved', 'proposal.failed', 'proposal.rejected', 'access.requested', 'denial.disputed',
      'approval.asked', 'approval.granted', 'approval.denied', 'approval.expired', 'approval.used', 'approval.withdrawn', 'approval.escalated',
    ],
  },
  sanctioning: {
    says: 'servers that people asked for, who reviewed, approved or refused them, and what came from other registries', expected: 'when',
    events: ['registry.requested', 'registry.reviewed', 'registry.approved', 'registry.refused', 'registry.imported', 'registry.released'],
  },
  connections: {
    says: 'what local servers were connected to, and what they were refused', expected: 'when',
    events: ['connection.opened', 'connection.closed', 'connection.refused'],
  },
  credentials: { says: 'credentials released for a call, or refused', expected: 'when', events: ['credential.released', 'credential.refused'] },
  drift: {
    says: 'definitions of servers, and rules of networks, that left what was approved', expected: 'when', events: ['drift.found', 'segment.drifted'],
  },
  files: {
    says: 'files that tell agents what they can do: approved, changed, sealed, unsealed, restored, enforced, and watched no longer', expected: 'when',
    events: ['file.changed', 'file.approved', 'file.sealed', 'file.unsealed', 'file.restored', 'file.enforced', 'watch.stopped'],
  },
  inventory: {
    says: 'servers found on hosts, on networks, in logs and in code, how they stand to the registry, and sensors that fell silent', expected: 'when',
    events: ['inventory.found', 'inventory.changed', 'sensor.silent'],
  },
  vendors: {
    says: 'what vendors disclosed, what was seen of them from outside, and who vouched for them', expected: 'when',
    events: ['vendor.disclosed', 'vendor.probed', 'vendor.attested'],
  },
  incidents: {
    says: 'incidents and what was said of findings, what contained them, and the playbooks that were run', expected: 'when',
    events: [
      'finding.triaged', 'incident.opened', 'incident.changed', 'incident.closed', 'containment.applied', 'containment.lifted',
      'containment.failed',
      'playbook.started', 'playbook.stepped', 'playbook.ended',
    ],
  },
  practice: {
    says: 'attacks that were tried, exercises that were held, and what runs by itself', expected: 'when',
    events: ['redteam.ran', 'exercise.started', 'exercise.scored', 'job.ran', 'job.failed'],
  },
  reviews: {
    says: 'reviews of access: opened, decided item by item, closed with evidence', expected: 'when',
    events: ['review.opened', 'review.decided', 'review.closed'],
  },
  findings: { says: 'what detectors found', expected: 'when', events: ['finding.raised'] },
  responses: {
    says: 'contexts ended or frozen, answers withheld until a person looked', expected: 'when',
    events: ['context.ended', 'freeze.refused', 'quarantine.released', 'quarantine.dropped'],
  },
  emergency: {
    says: 'emergency access: opened, closed, refused, reviewed', expected: 'when',
    events: ['break-glass.opened', 'break-glass.closed', 'break-glass.reviewed', 'break-glass.refused'],
  },
  integrity: { says: 'places of the log that are not what was written, and checkpoints that failed', expected: 'when',
    events: ['record.torn', 'record.corrupt', 'checkpoint.failed', 'log.accepted'] },
  recovery: { says: 'backups made and restored, and what was gone back by, at whose order', expected: 'when',
    events: ['backup.created', 'backup.restored', 'recovery.ordered', 'recovery.accepted', 'recovery.refused'] },
  time: { says: 'clocks that jumped', expected: 'when', events: ['clock.jumped'] },
  retention: {
    says: 'evidence erased or expired, legal holds, keys of payloads', expected: 'when',
    events: ['evidence.erased', 'evidence.expired', 'hold.added', 'hold.lifted', 'key.wrapped', 'key.destroyed'],
  },
  disclosure: { says: 'names and payloads that somebody had shown, evidence handed out or decided again', expected: 'when',
    events: ['people.revealed', 'body.opened', 'policy.simulated', 'evidence.bundled'] },
  delivery: { says: 'sinks that failed, recovered or were replayed', expected: 'when',
    events: ['sink.failed', 'sink.recovered', 'sink.parked', 'sink.replayed'] },
  lifecycle: { says: 'roles and local servers that started, stopped and failed', expected: 'when',
    events: ['role.started', 'role.stopped', 'server.started', 'server.stopped', 'server.failed'] },
} as const satisfies Readonly<Record<string, EvidenceKind>>;

export type EvidenceName = keyof typeof EVIDENCE;

export function evidenceOf(name: EvidenceName): EvidenceKind {
  return EVIDENCE[name];
}
