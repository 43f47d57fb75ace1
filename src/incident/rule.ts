import { SEVERITIES } from '../domain/finding.ts';
import type { Severity } from '../domain/finding.ts';
import type { IncidentKind, Signal, SignalOutcome, Subjects } from '../domain/incident.ts';
import { CONFIDENTIALITIES } from '../domain/server.ts';
import type { Confidentiality } from '../domain/server.ts';
import { signalName } from './signal.ts';

export const SUBJECT_KINDS = [
  'principal', 'agent', 'context', 'server', 'tool', 'credential', 'vendor', 'host', 'file', 'package', 'asset',
] as const satisfies readonly (keyof Subjects)[];
export type SubjectKind = (typeof SUBJECT_KINDS)[number];

/** Signals of one sort that a rule waits for. All conditions that are named must hold. */
export interface Need {
  /** `<source>/<rule>`; a `*` at the end stands for any rest. One of them. */
  readonly any: readonly string[];
  readonly atLeast?: Severity;
  readonly outcome?: SignalOutcome;
  /** What the context carried at least. */
  readonly carrying?: Confidentiality;
  /** So many, 1 where it is absent. */
  readonly count?: number;
}

/** What makes an incident of signals. Data: nothing of it runs. */
export interface IncidentRule {
  readonly id: string;
  /** What happened, for people. */
  readonly title: string;
  readonly kind: IncidentKind;
  /** At least as grave as this, whatever is at stake. */
  readonly severity: Severity;
  /** Published ids: ATLAS, SAFE-MCP, OWASP MCP and ASI, CoSAI. */
  readonly techniques: readonly string[];
  /** Signals that are alike in these belong together; at least one of them must be known. None: all of a space do. */
  readonly by: readonly SubjectKind[];
  readonly needs: readonly Need[];
  /** Each need is met after the one before it began to be. */
  readonly ordered?: boolean;
  readonly withinMs: number;
}

/** Whether a signal is of the sort that a need waits for. */
export function meets(need: Need, signal: Signal): boolean {
  const { atLeast, outcome, carrying } = need;
  if (atLeast !== undefined && rankOf(signal.severity) < rankOf(atLeast)) return false;
  if (outcome !== undefined && signal.outcome !== outcome) return false;
  if (carrying !== undefined && !carries(signal, carrying)) return false;
  return isNamed(need, signalName(signal));
}

export function isNamed({ any }: Need, name: string): boolean {
  return any.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern));
}

export function rankOf(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

function carries({ labels }: Signal, least: Confidentiality): boolean {
  return labels !== undefined && CONFIDENTIALITIES.indexOf(labels.confidentiality) >= CONFIDENTIALITIES.indexOf(least);
}

/** What signals of one incident are alike in; undefined: nothing is known of this one that the rule goes by. */
export function keyOf({ by }: IncidentRule, { subjects }: Signal): string | undefined {
  if (by.length === 0) return '';
  const values = by.map((kind) => subjects[kind] ?? '');
  return values.every((value) => value === '') ? undefined : by.map((kind, index) => `${kind}=${values[index] ?? ''}`).join('\n');
}
