import type { Severity } from '../../domain/finding.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { JournalRecord, RecordEvent } from '../../domain/record.ts';
import type { ClassName } from './classes.ts';
import { access, authentication, connection, entity, entityActivity, evidence, remediation, roles, scopes } from './fill.ts';

/** What happened to what was asked, in the words of the profile `security_control`. */
export type Verdict = 'allowed' | 'blocked' | 'rejected' | 'unauthorized' | 'revoked' | 'detected' | 'logged' | 'error';

/** A case of an event that is something else to a SOC than its other cases. */
interface Case {
  readonly says: string;
  readonly holds: (record: JournalRecord) => boolean;
}

/** How records of an event become events of a class. */
export interface Variant {
  /** In which case; the first variant whose case it is is taken. */
  readonly when?: Case;
  readonly class: ClassName;
  readonly activity: number | ((record: JournalRecord) => number);
  /** `pending`: how it ended comes in a later event of the same exchange. */
  readonly outcome: 'success' | 'failure' | 'pending' | 'unknown';
  readonly verdict: Verdict;
  readonly severity: Severity;
  /** The sentence of it: `message`, and the title of a finding. */
  readonly says: string;
  /** What the class wants besides what every event has. */
  readonly fill?: (record: JournalRecord) => JsonObject;
}

const ACTIVITIES: ReadonlyMap<string, number> = new Map([
  ['read', 2], ['write', 3], ['destroy', 4], ['read_resource', 2], ['get_prompt', 2], ['list', 2], ['complete', 2], ['subscribe', 1], ['connect', 1],
]);

function apiActivity({ effect = '', action = '' }: JournalRecord): number {
  return ACTIVITIES.get(effect) ?? ACTIVITIES.get(action) ?? 99;
}

const CREDENTIAL_CODE = /^ERR_(?:TOKEN_|PROOF_|AGENT_|ISSUER_|ADMIN_TOKEN)/;
const byCredential: Case = { says: 'the credential was refused', holds: ({ code = '' }) => CREDENTIAL_CODE.test(code) };
const byCode = (says: string, code: string): Case => ({ says, holds: (record) => record.code === code });
const ofServer: Case = { says: 'they are one server\'s', holds: ({ server }) => server !== undefined };
const byAction = (says: string, pattern: RegExp): Case => ({ says, holds: ({ action = '' }) => pattern.test(action) });
const SETTINGS = /^(?:manifest|configuration|snapshot|network|identity|administration|limits|vault|audit|telemetry|approvals|issuer)\./;

const granted = { outcome: 'success', verdict: 'allowed' } as const;
const done = { outcome: 'success', verdict: 'logged' } as const;
const taken = { outcome: 'success', verdict: 'revoked' } as const;
const stopped = { outcome: 'success', verdict: 'blocked' } as const;
const denied = { outcome: 'failure', verdict: 'blocked' } as const;
const unauthorized = { outcome: 'failure', verdict: 'unauthorized' } as const;
const broken = { outcome: 'failure', verdict: 'error' } as const;

const call = { class: 'api_activity', activity: apiActivity } as const;
const signIn = { class: 'authentication', fill: authentication } as const;
const managed = { class: 'entity_management', activity: entityActivity, ...done, fill: entity } as const;
const found = { class: 'detection_finding', activity: 1, outcome: 'unknown', verdict: 'detected' } as const;
const kept = { class: 'datastore_activity', ...done, fill: evidence } as const;
const life = { class: 'application_lifecycle', ...done, severity: 'info' } as const;
const error = { class: 'application_error', activity: 1, ...broken } as const;
const remedy = { class: 'remediation_activity', fill: remediation, severity: 'high' } as const;
const configured = { class: 'device_config_state_change', activity: 1, ...done, severity: 'medium' } as const;
const assigned = { class: 'user_access', activity: 1 } as const;
const revoked = { class: 'user_access', activity: 2, ...taken } as const;
const contact = { class: 'network_activity', fill: connection } as const;
const glass = { fill: access(() => ['break-glass']) } as const;

const DENIALS: readonly Variant[] = [
  { ...call, ...denied, when: byCode('a switch is thrown', 'ERR_KILLED'), severity: 'high', says: 'A call was stopped by a kill switch' },
  {
    ...call, ...denied, when: byCode('the definition left its pin', 'ERR_PIN_DRIFT'), severity: 'high',
    says: 'A call of a tool that changed since it was approved was denied',
  },
  {
    ...call, ...denied, when: byCode('the server is in quarantine', 'ERR_SERVER_QUARANTINED'), severity: 'medium',
    says: 'A call to a server in quarantine was denied',
  },
  { ...call, ...denied, severity: 'low', says: 'A call was denied' },
];

const CHANGES: readonly Variant[] = [
  { ...remedy, ...stopped, when: byAction('a kill switch is thrown', /^kill\.on$/), activity: 1, severity: 'critical', says: 'A kill switch was thrown' },
  { ...remedy, ...granted, when: byAction('a kill switch is lifted', /^kill\.off$/), activity: 3, says: 'A kill switch was lifted' },
  { ...remedy, ...stopped, when: byAction('a server goes into quarantine', /^server\.quarantine$/), activity: 1, says: 'A server was put into quarantine' },
  {
    ...assigned, ...done, when: byAction('somebody becomes an administrator', /^admin\.add$/), severity: 'high', says: 'Somebody was made an administrator',
    fill: access(roles),
  },
  {
    ...revoked, when: byAction('somebody is an administrator no longer', /^admin\.remove$/), severity: 'medium', says: 'An administrator lost a role',
    fill: access(roles),
  },
  { ...configured, when: byAction('what the gate is held to', SETTINGS), says: 'What the gate is held to was changed' },
  { ...managed, severity: 'low', says: 'The configuration was changed' },
];

/** Every event of the journal, and what it is in OCSF: a new event does not compile without its mapping. */
export const MAPPINGS: Readonly<Record<RecordEvent, readonly Variant[]>> = {
  'call.permitted': [{ ...call, outcome: 'pending', verdict: 'allowed', severity: 'info', says: 'A call was permitted' }],
  'call.denied': DENIALS,
  'call.refused': [
    { ...signIn, ...unauthorized, when: byCredential, activity: 1, severity: 'medium', says: 'A credential was refused' },
    { ...call, outcome: 'failure', verdict: 'rejected', severity: 'low', says: 'A request was refused' },
  ],
  'message.permitted': [{ ...call, ...granted, severity: 'info', says: 'A message was permitted' }],
  'message.denied': [{ ...call, ...denied, severity: 'medium', says: 'A message was denied' }],
  'result.delivered': [{ ...call, ...granted, severity: 'info', says: 'A result was delivered' }],
  'result.withheld': [{ ...call, ...denied, severity: 'medium', says: 'A result was withheld' }],
  'call.cancelled': [{ ...call, outcome: 'failure', verdict: 'logged', severity: 'info', says: 'A call was given up' }],
  'call.failed': [{ ...error, severity: 'low', says: 'A call failed' }],
  'call.unknown': [{ ...call, outcome: 'unknown', verdict: 'error', severity: 'medium', says: 'How a call ended is not known' }],
  'flood.refused': [
    { ...found, when: ofServer, severity: 'high', says: 'A local server tried many times to reach what it may not' },
    { ...found, severity: 'medium', says: 'Many requests of unknown callers were refused' },
  ],
  'drift.found': [{ ...found, severity: 'high', says: 'A server no longer says what was approved of it' }],
  'segment.drifted': [{ ...found, severity: 'high', says: 'The rules of a network are not what the registry compiles to' }],
  'server.started': [{ ...life, activity: 3, says: 'A local server was started in its sandbox' }],
  'server.stopped': [{ ...life, activity: 4, says: 'A local server was stopped' }],
  'server.failed': [{ ...error, severity: 'medium', says: 'A local server failed, or was ended by a limit of its sandbox' }],
  'package.installed': [{ ...configured, severity: 'low', says: 'A package was installed for local servers' }],
  'package.refused': [{ ...found, severity: 'high', says: 'A package was refused' }],
  'knowledge.imported': [{ ...configured, severity: 'low', says: 'Advisories and other tables that age were imported, or an earlier edition was taken back' }],
  'detection.kept': [{ ...found, severity: 'high', says: 'A gateway could not take what its detectors are to be made of, and inspects by what it had' }],
  'role.started': [{ ...life, activity: 3, says: 'A part of Sallyport was started' }],
  'role.stopped': [{ ...life, activity: 4, says: 'A part of Sallyport was stopped' }],
  'file.changed': [{ ...found, severity: 'high', says: 'A file that tells agents what they can do is not what was approved' }],
  'file.approved': [{ ...configured, says: 'Files that tell agents what they can do were approved as they are' }],
  'file.sealed': [{ ...configured, severity: 'low', says: 'The secrets of a client\'s file were put into the vault, or the file was encrypted' }],
  'file.unsealed': [{ ...configured, severity: 'high', says: 'Secrets were put back into a client\'s file' }],
  'file.restored': [{ ...configured, says: 'A client\'s file was put back to what it was' }],
  'file.enforced': [{ ...configured, says: 'What clients may use was written into their managed settings' }],
  'watch.stopped': [{ ...found, severity: 'high', says: 'Files that tell agents what they can do are watched no longer' }],
  'inventory.found': [{ ...found, severity: 'medium', says: 'A server was found outside the gate, or used through it for the first time' }],
  'inventory.changed': [{ ...found, severity: 'medium', says: 'A server of the inventory stands otherwise than before' }],
  'sensor.silent': [{ ...found, severity: 'high', says: 'A sensor of a host is not heard any more' }],
  'config.changed': CHANGES,
  'config.sealed': [{ ...managed, activity: 1, severity: 'info', says: 'A version of the configuration was committed' }],
  'config.noticed': [{ ...found, severity: 'medium', says: 'The manifest on disk is not the one that is in force' }],
  'config.refused': [{ ...found, severity: 'critical', says: 'The stored configuration is not what was signed' }],
  'config.accepted': [{ ...managed, activity: 8, severity: 'critical', says: 'A person decided what becomes of a configuration that was refused' }],
  'context.ended': [{ ...managed, activity: 11, severity: 'info', says: 'A flow context ended' }],
  'freeze.refused': [{ ...remedy, ...broken, activity: 1, says: 'A flow context could not be frozen' }],
  'finding.raised': [{ ...found, severity: 'info', says: 'Something unusual was seen' }],
  'connection.opened': [{ ...contact, activity: 1, outcome: 'pending', verdict: 'allowed', severity: 'info', says: 'A local server was connected to a host' }],
  'connection.closed': [
    { ...contact, ...denied, when: byCode('nothing permits it any more', 'ERR_KILLED'), activity: 3, severity: 'medium', says: 'A connection was cut off' },
    { ...contact, ...granted, activity: 2, severity: 'info', says: 'A connection of a local server ended' },
  ],
  'connection.refused': [{ ...found, severity: 'high', says: 'A local server tried to reach what it may not' }],
  'agent.unknown': [{ ...found, severity: 'medium', says: 'A client that is no registered agent was seen' }],
  'admin.refused': [
    { ...signIn, ...unauthorized, when: byCredential, activity: 1, severity: 'medium', says: 'A credential for administration was refused' },
    { ...call, ...denied, severity: 'medium', says: 'An administrator was refused' },
  ],
  'session.opened': [{ ...signIn, ...granted, activity: 1, severity: 'info', says: 'An administrator opened a session' }],
  'session.closed': [{ ...signIn, ...done, activity: 2, severity: 'info', says: 'An administrator closed a session' }],
  'proposal.stored': [{ ...managed, severity: 'medium', says: 'A change that takes two people was proposed' }],
  'proposal.approved': [{ ...managed, severity: 'medium', says: 'A second person approved a change' }],
  'proposal.failed': [{ ...managed, ...broken, severity: 'medium', says: 'A change that a second person approved was not done' }],
  'proposal.rejected': [{ ...managed, severity: 'low', says: 'A proposed change was rejected' }],
  'quarantine.released': [{ ...managed, activity: 8, severity: 'medium', says: 'A person released an answer that was withheld' }],
  'quarantine.dropped': [{ ...managed, activity: 4, severity: 'low', says: 'A person destroyed an answer that was withheld' }],
  'approval.asked': [{ ...managed, activity: 1, severity: 'low', says: 'A call waits for somebody to approve it' }],
  'approval.granted': [{ ...managed, activity: 8, severity: 'medium', says: 'A person approved a call' }],
  'approval.denied': [{ ...managed, activity: 9, severity: 'medium', says: 'A person refused a call' }],
  'approval.expired': [{ ...managed, activity: 10, severity: 'low', says: 'Nobody used or answered an approval in time' }],
  'approval.used': [{ ...managed, activity: 2, severity: 'medium', says: 'An approval was used up by its call' }],
  'approval.withdrawn': [{ ...managed, activity: 4, severity: 'low', says: 'An approval was taken back' }],
  'approval.escalated': [{ ...managed, activity: 3, severity: 'medium', says: 'An approval that nobody answered went to others' }],
  'access.requested': [{ ...managed, activity: 1, severity: 'low', says: 'Somebody asked for access that was denied' }],
  'denial.disputed': [{ ...managed, activity: 1, severity: 'low', says: 'Somebody says that a denial was wrong' }],
  'registry.requested': [{ ...managed, activity: 1, severity: 'low', says: 'Somebody asked for a server that is not sanctioned' }],
  'registry.reviewed': [{ ...managed, activity: 3, severity: 'low', says: 'A server that somebody asked for was reviewed' }],
  'registry.approved': [{ ...managed, activity: 8, severity: 'medium', says: 'A server that somebody asked for was approved, and declared' }],
  'registry.refused': [{ ...managed, activity: 9, severity: 'low', says: 'A server that somebody asked for was refused, or is wanted no longer' }],
  'registry.imported': [{ ...managed, activity: 1, severity: 'low', says: 'Entries of another registry were imported' }],
  'registry.released': [{ ...managed, activity: 8, severity: 'medium', says: 'A person took an entry of another registry in spite of what held it' }],
  'break-glass.opened': [{ ...assigned, ...granted, ...glass, severity: 'critical', says: 'The break-glass was opened' }],
  'break-glass.closed': [{ ...revoked, ...glass, severity: 'medium', says: 'The break-glass was closed' }],
  'break-glass.reviewed': [{ ...managed, severity: 'low', says: 'An opening of the break-glass was reviewed' }],
  'break-glass.refused': [{ ...signIn, ...unauthorized, activity: 1, severity: 'high', says: 'Somebody failed to open the break-glass' }],
  'record.torn': [{ ...error, severity: 'medium', says: 'The end of the log was cut short by a crash' }],
  'record.corrupt': [{ ...found, severity: 'critical', says: 'The log is not what was written' }],
  'checkpoint.failed': [{ ...found, severity: 'critical', says: 'The log could not be signed as what extends it' }],
  'clock.jumped': [{ ...error, severity: 'medium', says: 'A clock jumped' }],
  'log.accepted': [{ ...managed, activity: 8, severity: 'high', says: 'A log that does not continue the known one was accepted' }],
  'backup.created': [{ ...kept, activity: 1, severity: 'info', says: 'A backup was made' }],
  'backup.restored': [{ ...managed, activity: 8, severity: 'critical', says: 'An installation was restored from a backup' }],
  'recovery.ordered': [{ ...managed, activity: 8, severity: 'critical', says: 'Two people ordered that a restored installation goes on' }],
  'recovery.accepted': [{ ...managed, activity: 8, severity: 'high', says: 'A role went back to an older snapshot, by an order' }],
  'recovery.refused': [{ ...found, severity: 'critical', says: 'An older snapshot, or an order to go back to one, was refused' }],
  'credential.released': [{ ...signIn, ...granted, activity: 4, severity: 'info', says: 'A credential was released to a gateway' }],
  'credential.refused': [{ ...signIn, ...unauthorized, activity: 4, severity: 'medium', says: 'A gateway was refused a credential' }],
  'token.issued': [{ ...signIn, ...granted, activity: 3, severity: 'info', says: 'A token was issued' }],
  'token.refused': [{ ...signIn, ...unauthorized, activity: 3, severity: 'low', says: 'A token was refused' }],
  'token.revoked': [{ ...revoked, severity: 'low', says: 'A token was revoked', fill: access(() => ['token']) }],
  'key.rotated': [{ ...managed, severity: 'low', says: 'A signing key was rotated' }],
  'client.changed': [{ ...managed, severity: 'low', says: 'A client of the issuer was changed' }],
  'key.wrapped': [{ ...managed, activity: 1, severity: 'info', says: 'A key for sealed payloads was made' }],
  'key.destroyed': [{ ...managed, activity: 4, severity: 'medium', says: 'A key for sealed payloads was destroyed' }],
  'evidence.erased': [{ ...kept, activity: 7, severity: 'high', says: 'Evidence was erased' }],
  'evidence.expired': [{ ...kept, activity: 7, severity: 'info', says: 'Evidence came to the end of its retention' }],
  'body.opened': [{ ...kept, activity: 1, severity: 'medium', says: 'A sealed payload was opened' }],
  'policy.simulated': [{ ...kept, activity: 1, severity: 'low', says: 'What was decided was decided again by another snapshot' }],
  'evidence.bundled': [{ ...kept, activity: 1, severity: 'info', says: 'Evidence was handed out as a bundle' }],
  'people.revealed': [{ ...kept, activity: 1, severity: 'medium', says: 'It was revealed who stands behind a pseudonym' }],
  'hold.added': [{ ...managed, activity: 1, severity: 'low', says: 'A legal hold was set' }],
  'hold.lifted': [{ ...managed, activity: 4, severity: 'medium', says: 'A legal hold was lifted' }],
  'sink.failed': [{ ...error, severity: 'high', says: 'Events do not reach a sink' }],
  'sink.recovered': [{ ...life, activity: 6, says: 'Events reach a sink again' }],
  'sink.parked': [{ ...error, activity: 2, severity: 'medium', says: 'An event that a sink does not take was put aside' }],
  'sink.replayed': [{ ...life, activity: 99, severity: 'low', says: 'Events were sent to a sink again' }],
  'person.signed-in': [{ ...signIn, ...granted, activity: 1, severity: 'info', says: 'A person signed in' }],
  'person.signed-out': [{ ...signIn, ...done, activity: 2, severity: 'info', says: 'A person signed out' }],
  'person.refused': [{ ...signIn, ...unauthorized, activity: 1, severity: 'medium', says: 'A person was refused' }],
  'consent.given': [{ ...assigned, ...granted, severity: 'info', says: 'A person let a client act for them', fill: access(scopes) }],
  'consent.refused': [{ ...assigned, ...denied, severity: 'info', says: 'A person did not let a client act for them', fill: access(scopes) }],
  'consent.revoked': [{ ...revoked, severity: 'info', says: 'A consent was taken back', fill: access(scopes) }],
  'vendor.disclosed': [{ ...managed, activity: 3, severity: 'low', says: 'A vendor said how it hosts MCP' }],
  'vendor.probed': [{ ...found, severity: 'info', says: 'What a vendor hosts was looked at from outside' }],
  'vendor.attested': [{ ...managed, activity: 8, severity: 'low', says: 'Somebody vouched for a vendor anew' }],
  'finding.triaged': [{ ...found, activity: 2, severity: 'low', says: 'Somebody said what findings are, or wants to hear no more of them for a while' }],
  'incident.opened': [{ ...found, severity: 'high', says: 'Findings that belong together became an incident' }],
  'incident.changed': [{ ...found, activity: 2, severity: 'medium', says: 'An incident went on' }],
  'incident.closed': [{ ...found, activity: 3, severity: 'low', says: 'An incident was closed' }],
  'containment.applied': [{ ...remedy, ...stopped, activity: 1, says: 'Something was stopped or narrowed to contain an incident' }],
  'containment.lifted': [{ ...remedy, ...granted, activity: 3, says: 'What contained an incident was lifted, or came to its end' }],
  'containment.failed': [{ ...remedy, ...broken, activity: 1, says: 'Something that was to contain an incident failed' }],
  'playbook.started': [{ ...managed, activity: 1, severity: 'medium', says: 'A playbook was started' }],
  'playbook.stepped': [{ ...managed, activity: 3, severity: 'info', says: 'A step of a playbook was done' }],
  'playbook.ended': [{ ...managed, activity: 3, severity: 'low', says: 'A playbook came to its end' }],
  'redteam.ran': [{ ...found, severity: 'info', says: 'Attacks were tried on a copy of the gate' }],
  'exercise.started': [{ ...managed, activity: 1, severity: 'info', says: 'An exercise was started' }],
  'exercise.scored': [{ ...managed, activity: 3, severity: 'info', says: 'An exercise was scored' }],
  'review.opened': [{ ...managed, activity: 1, severity: 'info', says: 'A review of access was opened' }],
  'review.decided': [{ ...managed, activity: 3, severity: 'low', says: 'Somebody decided what a review asked' }],
  'review.closed': [{ ...managed, activity: 3, severity: 'low', says: 'A review was closed, and its evidence signed' }],
  'job.ran': [{ ...life, activity: 99, says: 'A scheduled job ran' }],
  'job.failed': [{ ...error, severity: 'medium', says: 'A scheduled job failed' }],
};

/** The variant that a record is. */
export function variantOf(record: JournalRecord): Variant {
  const variants: readonly Variant[] | undefined = MAPPINGS[record.event];
  return variants?.find(({ when }) => when === undefined || when.holds(record)) ?? UNMAPPED;
}

/** Nothing is left out: a record of a version of ours that knows more events than this one is still an event. */
const UNMAPPED: Variant = { ...managed, activity: 99, severity: 'info', says: 'An event of another version of Sallyport' };
