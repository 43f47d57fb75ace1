import type { Labels } from './server.ts';

export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A part of one string of a message: UTF-16 units from `start` up to `end`. */
export interface Span {
  /** RFC 6901. */
  readonly at: string;
  readonly start: number;
  readonly end: number;
}

/** What a detector saw. A finding never decides: policy sees `<detector>/<rule>` and the severity, and does what it says of them. */
export interface Finding {
  readonly detector: string;
  readonly rule: string;
  readonly severity: Severity;
  /** JSON pointers (RFC 6901) into the message; empty where it is about the message as a whole. */
  readonly at: readonly string[];
  /** Where exactly, for what redacts or shows it. Not part of records. */
  readonly spans?: readonly Span[];
  /** What the place must be treated as from now on. */
  readonly labels?: Partial<Labels>;
  /** Statistical findings: what was expected, what was seen (never a payload), and how rare that is: the probability of at least this much, 0..1. */
  readonly expected?: string;
  readonly seen?: string;
  readonly rarity?: number;
}

/** The rules of the detector `anomaly`; `unscored` says that it could not look. */
export const ANOMALY_RULES = [
  'rate', 'hours', 'first-use', 'argument-shape', 'argument-size', 'result-size', 'denials', 'enumeration', 'sequence', 'destinations', 'labels', 'unscored',
] as const;
export type AnomalyRule = (typeof ANOMALY_RULES)[number];

/** The rules of the detector `review`: what a campaign checks. */
export const REVIEW_CHECKS = [
  'access', 'unused-access', 'wildcard-grant', 'stale-approval', 'stale-exception', 'outdated-server', 'outdated-sdk', 'outdated-revision', 'retiring-feature',
  'advisory', 'owner-gone', 'unused-server', 'dead-endpoint', 'classification', 'attestation-due', 'exercise-due', 'deny-list', 'silent-sensor',
  'unsealed-file', 'configuration-audit', 'retiring-authentication', 'expiring',
] as const;
export type ReviewCheck = (typeof REVIEW_CHECKS)[number];

/** Every detector and what it can find: the words of findings, closed as those of records are. */
export const FINDING_RULES = {
  anomaly: ANOMALY_RULES,
  /** Of people who approve calls. */
  approvals: ['hasty', 'never-refuses'],
  /** Of the inspection itself: what was not looked at. */
  inspect: ['too-large', 'too-slow', 'too-many-findings', 'detector-failed', 'failure-permitted'],
  /** Of a judge outside, which an administrator named. */
  remote: ['attack', 'partly-read'],
  /** Of detectors of one's own: by how grave it is; `seen` begins with the plug-in's id. */
  plugin: SEVERITIES,
  /** Of reviews: what was found, and `hasty` of who answers. */
  review: ['hasty', ...REVIEW_CHECKS],
  /** Of a vendor's endpoint: what is another than when it was probed last, and what no longer passes. */
  vendor: [
    'tool-added', 'tool-changed', 'tool-removed', 'revisions', 'issuer', 'certificate', 'domain', 'advisory', 'authentication', 'regression',
    'breach-notice', 'issuer-changed', 'domain-changed', 'certificate-changed', 'tool-drift', 'protocol-changed', 'attestation-due', 'attestation-overdue',
  ],
  /** Of a rehearsal: what was prevented or detected before, and no longer is. */
  redteam: ['regressed'],
  annotations: ['read-only', 'not-destructive', 'closed-world'],
  'name-collision': ['same-name', 'confusable-name', 'near-name', 'same-words', 'similar-description'],
  'cross-server': ['names-tool', 'names-server'],
  'toxic-combination': ['leak', 'damage'],
  'tool-poisoning': [
    'poisoned', 'disguised', 'conceal', 'override', 'call-first', 'shadow', 'redirect', 'superiority', 'acclaim', 'run-other', 'hand-over', 'exfiltrate',
      'sensitive-path',
    'alter-argument', 'no-consent', 'addressed', 'shouting', 'pretext', 'shell', 'persist', 'odd-parameter', 'external-url',
  ],
  'hidden-channels': [
    'tag-characters', 'selector-bytes', 'bidi-control', 'zero-width', 'private-use', 'terminal-sequence', 'control-character', 'markup-comment',
      'markup-hidden',
  ],
  secrets: ['known-secret', 'canary', 'token', 'private-key', 'assigned', 'too-dense'],
  'personal-data': ['national-id', 'email', 'phone', 'name', 'bulk'],
  payment: ['card', 'security-code', 'iban'],
  health: ['record'],
  'source-code': ['code'],
  egress: ['active-image', 'data-in-image', 'data-in-url', 'long-url', 'dns-shaped', 'sink', 'unknown-host', 'active-scheme', 'blocked-host'],
  schema: ['argument', 'undeclared', 'tightened', 'result', 'missing', 'undecidable'],
  'generated-sql': ['destructive', 'unbounded', 'write', 'definition', 'privilege', 'stacked', 'tautology', 'system', 'credentials', 'unparsable'],
  'generated-shell': [
    'pipe-to-shell', 'reverse-shell', 'uploads', 'destructive', 'privilege', 'persistence', 'credentials', 'evaluates', 'substitution', 'unparsable',
  ],
  'generated-formula': ['dde', 'external', 'formula'],
  'generated-html': ['script', 'embeds'],
  'generated-code': ['process', 'network', 'dynamic', 'environment', 'deletes', 'escapes'],
  cost: ['size', 'repetition', 'dense', 'loop'],
  instructions: [
    'override', 'new-orders', 'before-task', 'addressed', 'role-marker', 'conceal', 'send-out', 'show-prompt', 'persona', 'tool-request',
  ],
  'text-model': ['injection', 'poisoned-definition', 'unread'],
  paths: ['outside-roots', 'traversal', 'encoded', 'nul', 'unc', 'device', 'sensitive'],
  'agent-config': ['agent-file', 'startup-file', 'read'],
  command: ['leading-dash', 'metacharacters', 'option-that-executes'],
  ssrf: ['metadata', 'loopback', 'private', 'internal-name', 'rebinding', 'scheme'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type DetectorId = keyof typeof FINDING_RULES;

/** All that policies may ask for, as `<detector>/<rule>`; another word is refused when a policy is compiled. */
export const FINDING_IDS: readonly string[] = Object.entries(FINDING_RULES).flatMap(([detector, rules]) => rules.map((rule) => `${detector}/${rule}`));

export function idOf({ detector, rule }: Pick<Finding, 'detector' | 'rule'>): string {
  return `${detector}/${rule}`;
}
