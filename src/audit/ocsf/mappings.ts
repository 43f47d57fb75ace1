import type { Severity } from '../../domain/finding.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { JournalRecord, RecordEvent } from '../../domain/record.ts';
import type { ClassName } from './classes.ts';
import { access, authentication, entity, entityActivity, evidence, remediation, roles, scopes } from './fill.ts';

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

const EFFECT_ACTIVITY: Readonly<Record<string, number>> = { read: 2, write: 3, destroy: 4 };
const ACTION_ACTIVITY: Readonly<Record<string, number>> = { read_resource: 2, get_prompt: 2, list: 2, complete: 2, subscribe: 1, connect: 1 };

function apiActivity({ effect = '', action = '' }: JournalRecord): number {
  return EFFECT_ACTIVITY[effect] ?? ACTION_ACTIVITY[action] ?? 99;
}

const CREDENTIAL_CODE = /^ERR_(?:TOKEN_|PROOF_|AGENT_|ISSUER_|ADMIN_TOKEN)/;
const byCredential = { says: 'the credential was refused', holds: ({ code = '' }: JournalRecord) => CREDENTIAL_CODE.test(code) };
const byCode = (says: string, ...codes: readonly string[]): Case => ({ says, holds: ({ code = '' }) => codes.includes(code) });
const byAction = (says: string, pattern: RegExp): Case => ({ says, holds: ({ action = '' }) => pattern.test(action) });

const call = { class: 'api_activity', activity: apiActivity } as const;
const signIn = { class: 'authentication', fill: authentication } as const;
const managed = { class: 'entity_management', activity: entityActivity, outcome: 'success', verdict: 'logged', fill: entity } as const;
const found = { class: 'detection_finding', activity: 1, outcome: 'unknown', verdict: 'detected' } as const;
const kept = { class: 'datastore_activity', outcome: 'success', verdict: 'logged', fill: evidence } as const;
const life = { class: 'application_lifecycle', outcome: 'success', verdict: 'logged', severity: 'info' } as const;
const stop = { class: 'remediation_activity', fill: remediation, severity: 'high' } as const;
const configured = { class: 'device_config_state_change', activity: 1, outcome: 'success', verdict: 'logged', severity: 'medium' } as const;

const DENIED: readonly Variant[] = [
  { ...call, when: byCode('a switch is thrown', 'ERR_KILLED'), outcome: 'failure', verdict: 'blocked', severity: 'high', says: 'A call was stopped by a kill switch' },
  { ...call, when: byCode('the definition left its pin', 'ERR_PIN_DRIFT'), outcome: 'failure', verdict: 'blocked', severity: 'high', says: 'A call of a tool that changed since it was approved was denied' },
  { ...call, when: byCode('the server is in quarantine', 'ERR_SERVER_QUARANTINED'), outcome: 'failure', verdict: 'blocked', severity: 'medium', says: 'A call to a server in quarantine was denied' },
  { ...call, outcome: 'failure', verdict: 'blocked', severity: 'low', says: 'A call was denied' },
];

const REFUSED: readonly Variant[] = [
  { ...signIn, when: byCredential, activity: 1, outcome: 'failure', verdict: 'unauthorized', severity: 'medium', says: 'A credential was refused' },
  { ...call, outcome: 'failure', verdict: 'rejected', severity: 'low', says: 'A request was refused' },
];

const CHANGED: readonly Variant[] = [
  { ...stop, when: byAction('a kill switch is thrown', /^kill\.on$/), activity: 1, outcome: 'success', verdict: 'blocked', severity: 'critical', says: 'A kill switch was thrown' },
  { ...stop, when: byAction('a kill switch is lifted', /^kill\.off$/), activity: 3, outcome: 'success', verdict: 'allowed', says: 'A kill switch was lifted' },
  { ...stop, when: byAction('a server goes into quarantine', /^server\.quarantine$/), activity: 1, outcome: 'success', verdict: 'blocked', says: 'A server was put into quarantine' },
  {
    class: 'user_access', when: byAction('somebody becomes an administrator', /^admin\.add$/), activity: 1, outcome: 'success', verdict: 'logged',
    severity: 'high', says: 'Somebody was made an administrator', fill: access(roles),
  },
  {
    class: 'user_access', when: byAction('somebody is an administrator no longer', /^admin\.remove$/), activity: 2, outcome: 'success', verdict: 'revoked',
    severity: 'medium', says: 'An administrator lost a role', fill: access(roles),
  },
  {
    ...configured, when: byAction('what the gate is held to', /^(?:manifest|snapshot|network|identity|administration|limits|vault|audit|telemetry|issuer)\./),
    says: 'What the gate is held to was changed',
  },
  { ...managed, severity: 'low', says: 'The configuration was changed' },
];

/** Every event of the journal, and what it is in OCSF: a new event does not compile without its mapping. */
export const MAPPINGS: Readonly<Record<RecordEvent, readonly Variant[]>> = {
  'call.permitted': [{ ...call, outcome: 'pending', verdict: 'allowed', severity: 'info', says: 'A call was permitted' }],
  'call.denied': DENIED,
  'call.refused': REFUSED,
  'message.permitted': [{ ...call, outcome: 'success', verdict: 'allowed', severity: 'info', says: 'A message was permitted' }],
  'message.denied': [{ ...call, outcome: 'failure', verdict: 'blocked', severity: 'medium', says: 'A message was denied' }],
  'result.delivered': [{ ...call, outcome: 'success', verdict: 'allowed', severity: 'info', says: 'A result was delivered' }],
  'result.withheld': [{ ...call, outcome: 'failure', verdict: 'blocked', severity: 'medium', says: 'A result was withheld' }],
  'call.cancelled': [{ ...call, outcome: 'failure', verdict: 'logged', severity: 'info', says: 'A call was given up' }],
  'call.failed': [{ class: 'application_error', activity: 1, outcome: 'failure', verdict: 'error', severity: 'low', says: 'A call failed' }],
  'call.unknown': [{ ...call, outcome: 'unknown', verdict: 'error', severity: 'medium', says: 'How a call ended is not known' }],
  'flood.refused': [{ ...found, severity: 'medium', says: 'Many requests of unknown callers were refused' }],
  'drift.found': [{ ...found, severity: 'high', says: 'A server no longer says what was approved of it' }],
  'role.started': [{ ...life, activity: 3, says: 'A part of Sallyport was started' }],
  'role.stopped': [{ ...life, activity: 4, says: 'A part of Sallyport was stopped' }],
  'config.changed': CHANGED,
  'context.ended': [{ ...managed, activity: 11, severity: 'info', says: 'A flow context ended' }],
  'freeze.refused': [{ ...stop, activity: 1, outcome: 'failure', verdict: 'error', says: 'A flow context could not be frozen' }],
  'agent.unknown': [{ ...found, severity: 'medium', says: 'A client that is no registered agent was seen' }],
  'admin.refused': [
    { ...signIn, when: byCredential, activity: 1, outcome: 'failure', verdict: 'unauthorized', severity: 'medium', says: 'A credential for administration was refused' },
    { ...call, outcome: 'failure', verdict: 'blocked', severity: 'medium', says: 'An administrator was refused' },
  ],
  'session.opened': [{ ...signIn, activity: 1, outcome: 'success', verdict: 'allowed', severity: 'info', says: 'An administrator opened a session' }],
  'session.closed': [{ ...signIn, activity: 2, outcome: 'success', verdict: 'logged', severity: 'info', says: 'An administrator closed a session' }],
  'proposal.stored': [{ ...managed, severity: 'medium', says: 'A change that takes two people was proposed' }],
  'proposal.approved': [{ ...managed, severity: 'medium', says: 'A second person approved a change' }],
  'proposal.rejected': [{ ...managed, severity: 'low', says: 'A proposed change was rejected' }],
  'break-glass.opened': [{
    class: 'user_access', activity: 1, outcome: 'success', verdict: 'allowed', severity: 'critical', says: 'The break-glass was opened', fill: access(() => ['break-glass']),
  }],
  'break-glass.closed': [{
    class: 'user_access', activity: 2, outcome: 'success', verdict: 'revoked', severity: 'medium', says: 'The break-glass was closed', fill: access(() => ['break-glass']),
  }],
  'break-glass.reviewed': [{ ...managed, severity: 'low', says: 'An opening of the break-glass was reviewed' }],
  'break-glass.refused': [{ ...signIn, activity: 1, outcome: 'failure', verdict: 'unauthorized', severity: 'high', says: 'Somebody failed to open the break-glass' }],
  'record.torn': [{ class: 'application_error', activity: 1, outcome: 'failure', verdict: 'error', severity: 'medium', says: 'The end of the log was cut short by a crash' }],
  'record.corrupt': [{ ...found, severity: 'critical', says: 'The log is not what was written' }],
  'credential.released': [{ ...signIn, activity: 4, outcome: 'success', verdict: 'allowed', severity: 'info', says: 'A credential was released to a gateway' }],
  'credential.refused': [{ ...signIn, activity: 4, outcome: 'failure', verdict: 'unauthorized', severity: 'medium', says: 'A gateway was refused a credential' }],
  'token.issued': [{ ...signIn, activity: 3, outcome: 'success', verdict: 'allowed', severity: 'info', says: 'A token was issued' }],
  'token.refused': [{ ...signIn, activity: 3, outcome: 'failure', verdict: 'unauthorized', severity: 'low', says: 'A token was refused' }],
  'token.revoked': [{
    class: 'user_access', activity: 2, outcome: 'success', verdict: 'revoked', severity: 'low', says: 'A token was revoked', fill: access(() => ['token']),
  }],
  'key.rotated': [{ ...managed, severity: 'low', says: 'A signing key was rotated' }],
  'client.changed': [{ ...managed, severity: 'low', says: 'A client of the issuer was changed' }],
  'key.wrapped': [{ ...managed, activity: 1, severity: 'info', says: 'A key for sealed payloads was made' }],
  'key.destroyed': [{ ...managed, activity: 4, severity: 'medium', says: 'A key for sealed payloads was destroyed' }],
  'evidence.erased': [{ ...kept, activity: 7, severity: 'high', says: 'Evidence was erased' }],
  'evidence.expired': [{ ...kept, activity: 7, severity: 'info', says: 'Evidence came to the end of its retention' }],
  'body.opened': [{ ...kept, activity: 1, severity: 'medium', says: 'A sealed payload was opened' }],
  'people.revealed': [{ ...kept, activity: 1, severity: 'medium', says: 'It was revealed who stands behind a pseudonym' }],
  'hold.added': [{ ...managed, activity: 1, severity: 'low', says: 'A legal hold was set' }],
  'hold.lifted': [{ ...managed, activity: 4, severity: 'medium', says: 'A legal hold was lifted' }],
  'person.signed-in': [{ ...signIn, activity: 1, outcome: 'success', verdict: 'allowed', severity: 'info', says: 'A person signed in' }],
  'person.signed-out': [{ ...signIn, activity: 2, outcome: 'success', verdict: 'logged', severity: 'info', says: 'A person signed out' }],
  'person.refused': [{ ...signIn, activity: 1, outcome: 'failure', verdict: 'unauthorized', severity: 'medium', says: 'A person was refused' }],
  'consent.given': [{
    class: 'user_access', activity: 1, outcome: 'success', verdict: 'allowed', severity: 'info', says: 'A person let a client act for them', fill: access(scopes),
  }],
  'consent.refused': [{
    class: 'user_access', activity: 1, outcome: 'failure', verdict: 'blocked', severity: 'info', says: 'A person did not let a client act for them', fill: access(scopes),
  }],
  'consent.revoked': [{
    class: 'user_access', activity: 2, outcome: 'success', verdict: 'revoked', severity: 'info', says: 'A consent was taken back', fill: access(scopes),
  }],
};

/** The variant that a record is. */
export function variantOf(record: JournalRecord): Variant {
  const variants = MAPPINGS[record.event];
  return variants.find(({ when }) => when === undefined || when.holds(record)) ?? UNMAPPED;
}

/** Nothing is left out: a record of a version of ours that knows more events than this one is still an event. */
const UNMAPPED: Variant = { ...managed, activity: 99, severity: 'info', says: 'An event of another version of Sallyport' };
