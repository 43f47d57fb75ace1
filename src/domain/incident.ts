import type { Severity } from './finding.ts';
import type { Effect, Labels } from './server.ts';

/** What kind of incident it is; each kind has its playbook. */
export const INCIDENT_KINDS = [
  'prompt-injection', 'tool-poisoning', 'unauthorised-action', 'vendor-breach', 'leaked-credential', 'rogue-server', 'malicious-package', 'exfiltration',
  'gateway-compromise', 'runaway',
] as const;
export type IncidentKind = (typeof INCIDENT_KINDS)[number];

/**
 * `open`: nothing holds it yet. `contained`: a containment is in force. `recovered`: what was stopped runs again, checked.
 * `closed`: a person said what it was.
 */
export const INCIDENT_STATUSES = ['open', 'contained', 'recovered', 'closed'] as const;
export type IncidentStatus = (typeof INCIDENT_STATUSES)[number];

/** What a signal is about, by the ids that records have. Never a value of a payload. */
export interface Subjects {
  readonly principal?: string;
  readonly agent?: string;
  /** Key of the flow context. */
  readonly context?: string;
  readonly server?: string;
  /** Of `server`. */
  readonly tool?: string;
  /** Id of a credential, never the credential. */
  readonly credential?: string;
  readonly vendor?: string;
  /** A machine, or a host that was to be reached. */
  readonly host?: string;
  readonly file?: string;
  readonly package?: string;
  /** Of the inventory. */
  readonly asset?: string;
}

/** What became of what a signal is about: `stopped` at the gate, `passed` it, or `seen` where there is nothing to stop. */
export type SignalOutcome = 'stopped' | 'passed' | 'seen';

/** One thing that looks wrong, as the record has it: what incidents are made of. */
export interface Signal {
  /** The id of its record, with the number of the finding in it: told twice, it is one. */
  readonly id: string;
  /** Epoch ms, when it was recorded. */
  readonly at: number;
  readonly space: string;
  /** Who found it: a detector's id, or the event of the record. */
  readonly source: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly subjects: Subjects;
  readonly outcome: SignalOutcome;
  /** What the tool does, and what the context carried: what is at stake. */
  readonly effect?: Effect;
  readonly labels?: Labels;
  /** The exchange that it belongs to. */
  readonly exchange?: string;
}
