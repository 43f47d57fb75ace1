import type { ReviewCheck, Severity } from '../domain/finding.ts';
import type { JsonObject } from '../domain/json.ts';
import type { CompanyFacts } from './facts.ts';

export const SUBJECT_KINDS = [
  'binding', 'server', 'policy', 'exception', 'agent', 'admin', 'token', 'secret', 'host', 'sensor', 'vendor', 'registration', 'practice', 'link-node',
  'certificate',
] as const;
export type SubjectKind = (typeof SUBJECT_KINDS)[number];

/** What an item is about, by kind of row and id. */
export interface ReviewSubject {
  readonly kind: SubjectKind;
  readonly id: string;
  /** Of a binding: at which server. */
  readonly server?: string;
}

/**
 * What control can do by itself when a reviewer revokes or changes. `narrow-grant` leaves these tools of one server, `drop-grant` none.
 * `task`: nobody but a person can do it.
 */
export type Remedy =
  | { readonly kind: 'drop-grant'; readonly binding: string; readonly server: string }
  | { readonly kind: 'narrow-grant'; readonly binding: string; readonly server: string; readonly tools: readonly string[] }
  | { readonly kind: 'remove-exception' | 'remove-agent' | 'revoke-token' | 'quarantine-server'; readonly id: string }
  | { readonly kind: 'task'; readonly what: string };

/** One thing that a check found. */
export interface Found {
  readonly subject: ReviewSubject;
  /** Which of several of one subject it is. */
  readonly part?: string;
  readonly severity: Severity;
  /** One line, plain: names and numbers, never a payload. */
  readonly title: string;
  /** Every input that it rests on. */
  readonly evidence: JsonObject;
  /** Who answers for it, as it was declared; absent: nobody does. */
  readonly owner?: string;
  /** People who have what it is about: none of them reviews it. */
  readonly holders?: readonly string[];
  /** Names of others who would judge what is their own. */
  readonly notBy?: readonly string[];
  readonly revoke: Remedy;
  /** What `change` does by itself; absent: a person does it. */
  readonly change?: Remedy;
  /** Whether no answer takes it away: only where that stops nothing that is in use unseen. */
  readonly lapses?: boolean;
  /** Rarely like its peers, in words; absent: it is. */
  readonly outlier?: string;
}

export interface Check {
  readonly id: ReviewCheck;
  readonly title: string;
  find(facts: CompanyFacts): readonly Found[];
}

export interface ReviewItem extends Found {
  /** The same for the same thing in every campaign. */
  readonly id: string;
  readonly check: ReviewCheck;
}
