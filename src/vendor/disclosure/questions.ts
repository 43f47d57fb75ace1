import type { Question } from './question.ts';

/** The current revision of the protocol, and the one before: what "current" is worth. */
const REVISIONS = [['2026-07-28', 1], ['2025-11-25', 0.6], ['2025-06-18', 0.3]] as const;

/**
 * Everything that a vendor of MCP is asked (docs/vendors.md), by id: the ids of YAML, CSV, form and report. An id never changes its meaning:
 * a question that must mean something else gets another id, and the schema another version.
 */
const QUESTIONS = {
  hosting: {
    section: 'Architecture', asks: 'How is the server hosted?', kind: 'choice', options: ['single-tenant', 'multi-tenant', 'customer-hosted'], required: true,
    counts: { domain: 'data', weight: 2, worth: { of: 'choice', points: { 'single-tenant': 1, 'multi-tenant': 0.7, 'customer-hosted': 1 } } },
  },
  tenancy: {
    section: 'Architecture', asks: 'What separates the data of one customer from another\'s?', kind: 'choice', options: ['dedicated', 'logical', 'nothing'],
    required: true, counts: { domain: 'data', weight: 4, worth: { of: 'choice', points: { dedicated: 1, logical: 0.7 } } },
  },
  'data-flow': { section: 'Architecture', asks: 'Where does what we send go, step by step?', kind: 'text', required: true },
  regions: {
    section: 'Architecture', asks: 'In which regions is it kept?', kind: 'list', required: true,
    counts: { domain: 'governance', weight: 1, worth: { of: 'given' } },
  },
  'sub-processors': {
    section: 'Architecture', asks: 'Which sub-processors see it? (or: none)', kind: 'list', required: true,
    counts: { domain: 'governance', weight: 2, worth: { of: 'given' } },
  },
  'models-used': {
    section: 'Architecture', asks: 'Which models work on our data? (or: none)', kind: 'list', required: true,
    counts: { domain: 'data', weight: 1, worth: { of: 'given' } },
  },
  location: { section: 'Architecture', asks: 'Does the server run with you, or at our place?', kind: 'choice', options: ['remote', 'local', 'both'] },
  'session-storage': {
    section: 'Architecture', asks: 'Where are sessions kept?', kind: 'choice', options: ['nowhere', 'memory', 'encrypted', 'disk'],
    counts: { domain: 'data', weight: 2, worth: { of: 'choice', points: { nowhere: 1, memory: 1, encrypted: 0.8, disk: 0.2 } } },
  },

  endpoints: { section: 'Endpoints', asks: 'The address of every MCP endpoint', kind: 'list', required: true },
  'other-hosts': {
    section: 'Endpoints', asks: 'Every other host that it sends clients to: authorization servers, redirects (or: none)', kind: 'list', required: true,
  },

  revisions: {
    section: 'Protocol', asks: 'Which revisions of the protocol does it speak?', kind: 'list', required: true,
    counts: { domain: 'protocol', weight: 4, worth: { of: 'includes', steps: REVISIONS } }, seenBy: ['current-revision'],
  },
  'revision-retirement': {
    section: 'Protocol', asks: 'When does each old revision end?', kind: 'text', counts: { domain: 'protocol', weight: 1, worth: { of: 'given' } },
  },
  sdk: {
    section: 'Protocol', asks: 'SDK and version (name@version)', kind: 'text', required: true,
    counts: { domain: 'vulnerabilities', weight: 1, worth: { of: 'given' } },
  },
  transports: { section: 'Protocol', asks: 'Transports (streamable-http, http+sse)', kind: 'list', required: true },
  tls: {
    section: 'Protocol', asks: 'The oldest TLS that it takes', kind: 'choice', options: ['1.3', '1.2', 'older'], required: true,
    counts: { domain: 'transport', weight: 3, worth: { of: 'choice', points: { '1.3': 1, '1.2': 0.8 } } }, seenBy: ['https', 'plaintext', 'tls-version'],
  },

  authentication: {
    section: 'Authentication', asks: 'How do callers prove who they are?', kind: 'choice', options: ['oauth-2.1', 'oauth-2.0', 'mtls', 'api-key', 'none'],
    required: true,
    counts: { domain: 'auth', weight: 6, worth: { of: 'choice', points: { 'oauth-2.1': 1, mtls: 1, 'oauth-2.0': 0.7, 'api-key': 0.4 } } },
    seenBy: ['stranger-tools', 'stranger-call', 'token-nonsense', 'token-unsigned', 'token-forged', 'session-authority'],
  },
  'client-registration': {
    section: 'Authentication', asks: 'How do clients become known? (metadata-document, pre-registered, dynamic)', kind: 'list', required: true,
    counts: { domain: 'auth', weight: 1, worth: { of: 'includes', steps: [['metadata-document', 1], ['pre-registered', 0.8], ['dynamic', 0.2]] } },
  },
  pkce: {
    section: 'Authentication', asks: 'PKCE', kind: 'choice', options: ['S256', 'plain', 'none', 'not-applicable'], required: true,
    counts: { domain: 'auth', weight: 3, worth: { of: 'choice', points: { S256: 1, 'not-applicable': 0.7 } } }, seenBy: ['pkce-s256', 'pkce-plain'],
  },
  audience: {
    section: 'Authentication', asks: 'Are tokens bound to this resource (RFC 8707), and all others refused?', kind: 'yes-no', required: true,
    counts: { domain: 'auth', weight: 4, worth: { of: 'yes' } }, seenBy: ['token-audience', 'resource-identity'],
  },
  'token-format': { section: 'Authentication', asks: 'Format of tokens', kind: 'choice', options: ['opaque', 'jwt', 'other'] },
  'token-minutes': {
    section: 'Authentication', asks: 'How long does an access token live, in minutes?', kind: 'number', required: true,
    counts: { domain: 'auth', weight: 2, worth: { of: 'at-most', steps: [[60, 1], [1_440, 0.5]] } }, seenBy: ['token-expired'],
  },
  'refresh-rotation': {
    section: 'Authentication', asks: 'Are refresh tokens rotated?', kind: 'yes-no', counts: { domain: 'auth', weight: 1, worth: { of: 'yes' } },
  },
  'token-binding': {
    section: 'Authentication', asks: 'May tokens be bound to keys?', kind: 'choice', options: ['dpop', 'mtls', 'none'],
    counts: { domain: 'auth', weight: 2, worth: { of: 'choice', points: { dpop: 1, mtls: 1 } } },
  },
  'scopes-per-tool': {
    section: 'Authentication', asks: 'Are there scopes for single tools?', kind: 'yes-no', counts: { domain: 'auth', weight: 2, worth: { of: 'yes' } },
  },
  'enterprise-managed': {
    section: 'Authentication', asks: 'Does it take identities that our provider vouches for (ID-JAG)?', kind: 'yes-no',
    counts: { domain: 'auth', weight: 1, worth: { of: 'yes' } },
  },
  scim: {
    section: 'Authentication', asks: 'Does it take people from a directory (SCIM)?', kind: 'yes-no',
    counts: { domain: 'auth', weight: 1, worth: { of: 'yes' } },
  },
  'offboarding-hours': {
    section: 'Authentication', asks: 'Within how many hours does somebody who left have no access?', kind: 'number', required: true,
    counts: { domain: 'auth', weight: 2, worth: { of: 'at-most', steps: [[1, 1], [24, 0.7], [72, 0.3]] } },
  },
  granularity: {
    section: 'Authorisation', asks: 'What can be allowed apart?', kind: 'choice', options: ['each-tool', 'groups-of-tools', 'all-or-nothing'], required: true,
    counts: { domain: 'auth', weight: 3, worth: { of: 'choice', points: { 'each-tool': 1, 'groups-of-tools': 0.7 } } },
  },

  tools: { section: 'Tools', asks: 'Every tool, its effect, and what its results carry', kind: 'tools', required: true },
  annotations: {
    section: 'Tools', asks: 'Are annotations of tools reviewed, and true?', kind: 'yes-no', required: true,
    counts: { domain: 'tools', weight: 2, worth: { of: 'yes' } }, seenBy: ['read-only-hint', 'destructive-hint'],
  },
  'change-notice-days': {
    section: 'Tools', asks: 'How many days before a definition changes are customers told?', kind: 'number', required: true,
    counts: { domain: 'tools', weight: 3, worth: { of: 'at-least', steps: [[14, 1], [7, 0.7], [1, 0.3]] } },
  },
  'signed-definitions': {
    section: 'Tools', asks: 'Are definitions signed or attested?', kind: 'yes-no', counts: { domain: 'tools', weight: 2, worth: { of: 'yes' } },
  },
  'injection-defences': {
    section: 'Tools', asks: 'What keeps text of strangers from giving orders to agents?', kind: 'text', required: true,
    counts: { domain: 'tools', weight: 3, worth: { of: 'given' } }, seenBy: ['tool-text'],
  },
  'output-filtering': {
    section: 'Tools', asks: 'Are results searched for secrets and personal data?', kind: 'yes-no', counts: { domain: 'tools', weight: 2, worth: { of: 'yes' } },
  },

  'customer-logs': {
    section: 'Logging', asks: 'Do we get logs of our own calls?', kind: 'yes-no', required: true,
    counts: { domain: 'operations', weight: 4, worth: { of: 'yes' } },
  },
  'log-days': {
    section: 'Logging', asks: 'For how many days are they kept?', kind: 'number', required: true,
    counts: { domain: 'operations', weight: 2, worth: { of: 'at-least', steps: [[365, 1], [180, 0.8], [30, 0.3]] } },
  },
  'log-export': {
    section: 'Logging', asks: 'Can they be exported as they come?', kind: 'yes-no', counts: { domain: 'operations', weight: 2, worth: { of: 'yes' } },
  },
  'rate-limits': {
    section: 'Logging', asks: 'Are calls limited, and how?', kind: 'yes-no', required: true,
    counts: { domain: 'operations', weight: 2, worth: { of: 'yes' } }, seenBy: ['rate-limit', 'body-size'],
  },

  'retention-days': {
    section: 'Data', asks: 'For how many days is our data kept?', kind: 'number', required: true,
    counts: { domain: 'data', weight: 3, worth: { of: 'at-most', steps: [[30, 1], [365, 0.5]] } },
  },
  training: {
    section: 'Data', asks: 'Is our data used to train models?', kind: 'choice', options: ['never', 'opt-in', 'opt-out', 'always'], required: true,
    counts: { domain: 'data', weight: 5, worth: { of: 'choice', points: { never: 1, 'opt-in': 0.8, 'opt-out': 0.2 } } },
  },
  'encryption-at-rest': {
    section: 'Data', asks: 'Is it encrypted at rest?', kind: 'yes-no', required: true, counts: { domain: 'data', weight: 3, worth: { of: 'yes' } },
  },
  keys: {
    section: 'Data', asks: 'Whose are the keys?', kind: 'choice', options: ['customer', 'kms', 'provider'],
    counts: { domain: 'data', weight: 2, worth: { of: 'choice', points: { customer: 1, kms: 0.8, provider: 0.4 } } },
  },

  'security-contact': {
    section: 'Vulnerabilities', asks: 'Is there a security.txt?', kind: 'yes-no', required: true,
    counts: { domain: 'vulnerabilities', weight: 2, worth: { of: 'yes' } }, seenBy: ['security-txt'],
  },
  'fix-days': {
    section: 'Vulnerabilities', asks: 'Within how many days is a critical flaw mended?', kind: 'number', required: true,
    counts: { domain: 'vulnerabilities', weight: 4, worth: { of: 'at-most', steps: [[7, 1], [30, 0.6], [90, 0.2]] } },
  },
  'cve-history': { section: 'Vulnerabilities', asks: 'Advisories of the last three years, by id (or: none)', kind: 'list', required: true },
  'bug-bounty': {
    section: 'Vulnerabilities', asks: 'Is there a bug bounty?', kind: 'yes-no', counts: { domain: 'vulnerabilities', weight: 1, worth: { of: 'yes' } },
  },
  'penetration-test': {
    section: 'Vulnerabilities', asks: 'When was it last tested by others?', kind: 'date', required: true,
    counts: { domain: 'vulnerabilities', weight: 3, worth: { of: 'within', days: 366 } },
  },

  'incident-hours': {
    section: 'Incidents', asks: 'Within how many hours are we told of an incident?', kind: 'number', required: true,
    counts: { domain: 'operations', weight: 5, worth: { of: 'at-most', steps: [[24, 1], [72, 0.6]] } },
  },
  continuity: {
    section: 'Incidents', asks: 'Is there a tested plan for its continuity?', kind: 'yes-no',
    counts: { domain: 'operations', weight: 2, worth: { of: 'yes' } },
  },

  certifications: {
    section: 'Governance', asks: 'Certifications and reports (SOC 2, ISO 27001, ISO 42001, CSA STAR)', kind: 'list', required: true,
    counts: { domain: 'governance', weight: 3, worth: { of: 'includes', steps: [['ISO 42001', 1], ['SOC 2', 1], ['ISO 27001', 0.9], ['CSA STAR', 0.8]] } },
  },
  'deletion-days': {
    section: 'Governance', asks: 'Within how many days after the end is our data erased?', kind: 'number', required: true,
    counts: { domain: 'governance', weight: 2, worth: { of: 'at-most', steps: [[30, 1], [90, 0.6]] } },
  },
  insurance: {
    section: 'Governance', asks: 'Is there insurance against cyber incidents?', kind: 'yes-no',
    counts: { domain: 'governance', weight: 1, worth: { of: 'yes' } },
  },
} as const satisfies Readonly<Record<string, Question>>;

export type QuestionId = keyof typeof QUESTIONS;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the table right above
export const QUESTION_IDS = Object.keys(QUESTIONS) as readonly QuestionId[];

export function questionOf(id: QuestionId): Question {
  return QUESTIONS[id];
}
