import { z } from 'zod';
import { SEVERITIES } from '../../domain/finding.ts';
import { INCIDENT_KINDS } from '../../domain/incident.ts';
import { LIMITS } from '../../domain/limits.ts';

/** CACAO 2.0, 10.10: a type, and an RFC 4122 UUID. */
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
const idOf = (...types: readonly string[]): z.ZodString =>
  z.string().regex(new RegExp(`^(?:${types.join('|')})--${UUID}$`), `must be ${types.join('-- or ')}-- and a UUID in small letters`);

const TEXT = z.string().min(1).max(LIMITS.playbookTextCharsMax)
  .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u, 'must be visible text in one line');
/** Several lines: what is written to people. */
const LETTER = z.string().min(1).max(LIMITS.playbookLetterCharsMax).regex(/^(?:[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|\n)+$/u, 'must be visible text');
const TEXTS = z.array(TEXT).min(1).max(LIMITS.playbookListMax);
const TIME = z.iso.datetime({ precision: 3 });
const WHOLE = z.int().min(0).max(100);

const VARIABLE_NAME = z.string().regex(/^(?!__proto__$)__[a-z][a-z0-9_]{0,60}__$/, 'must be the name of a variable, as __name__');
const VARIABLE = z.strictObject({
  type: z.enum(['string', 'bool', 'uuid', 'uri', 'integer']), description: TEXT.exactOptional(),
  value: z.string().max(LIMITS.playbookValueCharsMax).nullable().exactOptional(),
  constant: z.boolean().exactOptional(), external: z.boolean().exactOptional(),
});
const NAMES = z.array(VARIABLE_NAME).min(1).max(LIMITS.playbookListMax);

const REFERENCE = z.strictObject({
  name: TEXT, description: TEXT.exactOptional(), source: TEXT.exactOptional(), url: TEXT.exactOptional(), external_id: TEXT.exactOptional(),
  reference_id: TEXT.exactOptional(),
});
const REFERENCES = z.array(REFERENCE).min(1).max(LIMITS.playbookListMax);

/** 3.1.2: what a step is for. */
const ACTIVITIES = [
  'compose-content', 'deliver-content', 'identify-audience', 'identify-channel', 'scan-system', 'match-indicator', 'analyze-collected-data',
  'identify-indicators', 'scan-vulnerabilities', 'configure-systems', 'restrict-access', 'disconnect-system', 'eliminate-risk', 'revert-system',
  'restore-data', 'restore-capabilities', 'map-network', 'identify-steps', 'step-sequence', 'prepare-engagement', 'execute-operation',
  'analyze-engagement-results',
] as const;

const PLAYBOOK_TYPES = ['notification', 'detection', 'investigation', 'prevention', 'mitigation', 'remediation'] as const;
/** 3.1.1 with the one activity that each type must have. `attack` and `engagement` are nothing that a gate answers with. */
export const ACTIVITY_OF = {
  notification: 'compose-content', detection: 'match-indicator', investigation: 'identify-indicators', prevention: 'configure-systems',
  mitigation: 'eliminate-risk', remediation: 'restore-capabilities',
} as const satisfies Readonly<Record<(typeof PLAYBOOK_TYPES)[number], (typeof ACTIVITIES)[number]>>;

const COMMAND_BASE = {
  description: TEXT.exactOptional(), playbook_activity: z.enum(ACTIVITIES).exactOptional(), external_references: REFERENCES.exactOptional(),
};

/** 5.5: a request to our own control. The address of the agent is never followed: control runs it itself, as who drives the playbook. */
const HTTP = z.strictObject({
  type: z.literal('http-api'), ...COMMAND_BASE,
  command: z.string().max(LIMITS.playbookTextCharsMax).regex(
    /^(?:GET|POST) \/api\/v1\/[\w/:.~%-]+ HTTP\/1\.1$/, 'must be GET or POST, a path below /api/v1, and HTTP/1.1',
  ),
  headers: z.strictObject({ 'content-type': z.tuple([z.literal('application/json')]) }).exactOptional(),
  content: z.string().max(LIMITS.playbookLetterCharsMax).exactOptional(),
});
/** 5.3: what a person does. */
const MANUAL = z.strictObject({ type: z.literal('manual'), ...COMMAND_BASE, command: TEXT });

const STEP_BASE = {
  name: TEXT.exactOptional(), description: TEXT.exactOptional(), external_references: REFERENCES.exactOptional(),
  owner: idOf('identity').exactOptional(),
};
const ANY_STEP = idOf('action', 'if-condition', 'parallel', 'playbook-action', 'end');
const NEXT = { on_completion: ANY_STEP.exactOptional(), on_success: ANY_STEP.exactOptional(), on_failure: ANY_STEP.exactOptional() };

const ACTION = z.strictObject({
  type: z.literal('action'), ...STEP_BASE, ...NEXT,
  /** Requests of control one a step: what is repeated after a restart is one thing. */
  commands: z.union([z.tuple([HTTP]), z.array(MANUAL).min(1).max(LIMITS.playbookListMax)]),
  agent: idOf('http-api', 'group', 'individual', 'organization'), in_args: NAMES.exactOptional(), out_args: NAMES.exactOptional(),
});
const IF = z.strictObject({
  type: z.literal('if-condition'), ...STEP_BASE, ...NEXT, condition: z.string().min(1).max(LIMITS.playbookTextCharsMax), on_true: ANY_STEP,
  on_false: ANY_STEP.exactOptional(),
});
const PARALLEL = z.strictObject({ type: z.literal('parallel'), ...STEP_BASE, ...NEXT, next_steps: z.array(ANY_STEP).min(2).max(LIMITS.playbookBranchesMax) });
const PLAYBOOK_ACTION = z.strictObject({
  type: z.literal('playbook-action'), ...STEP_BASE, ...NEXT, playbook_id: idOf('playbook'), playbook_version: TIME.exactOptional(),
  in_args: NAMES.exactOptional(),
  out_args: NAMES.exactOptional(),
});
const START = z.strictObject({ type: z.literal('start'), ...STEP_BASE, on_completion: ANY_STEP });
const END = z.strictObject({ type: z.literal('end'), ...STEP_BASE });

const STEP = z.discriminatedUnion('type', [ACTION, IF, PARALLEL, PLAYBOOK_ACTION, START, END]);
export type Step = z.infer<typeof STEP>;
/** The kinds of steps that are run here; others of CACAO are refused by their names. */
export const STEP_TYPES: readonly string[] = ['start', 'end', 'action', 'if-condition', 'parallel', 'playbook-action'];

const AGENT = z.discriminatedUnion('type', [
  z.strictObject(
    { type: z.literal('http-api'), name: TEXT, description: TEXT.exactOptional(), address: z.strictObject({ dname: z.array(TEXT).min(1).max(1) }) },
  ),
  z.strictObject({ type: z.enum(['group', 'individual', 'organization']), name: TEXT, description: TEXT.exactOptional() }),
]);

/** The one extension that is understood: what people need besides the steps. Another could change what a step means. */
export const EXTENSION_ID = 'extension-definition--5a2b8f5e-0a67-4b0e-9a57-3f6d1c4e7b18';
const GUIDE = z.strictObject({
  /** Which incidents it answers, from which severity. */
  triggers: z.array(z.strictObject({ kind: z.enum(INCIDENT_KINDS), severity: z.enum(SEVERITIES) })).max(LIMITS.playbookListMax),
  severities: z.array(
    z.strictObject({ severity: z.enum(SEVERITIES), when: TEXT, contain_within_minutes: z.int().min(1).max(100_000) }),
  ).max(SEVERITIES.length),
  first_minutes: TEXTS, evidence: TEXTS, eradication: TEXTS, recovery_gates: TEXTS, measures: TEXTS,
  communications: z.array(z.strictObject({ audience: TEXT, subject: TEXT, text: LETTER })).max(LIMITS.playbookListMax),
  /** Not legal advice: when somebody who knows the law must have been asked. */
  clocks: z.array(z.strictObject({ law: TEXT, hours: z.int().min(1).max(10_000), from: TEXT, says: TEXT })).max(LIMITS.playbookListMax),
  /** Published ids: `AML.T0051.001`. */
  techniques: z.array(z.string().regex(/^[A-Z][A-Za-z0-9.-]{2,30}$/)).max(LIMITS.playbookListMax),
});
export type Guide = z.infer<typeof GUIDE>;

const EXTENSION = z.strictObject({
  type: z.literal('extension-definition'), name: TEXT, description: TEXT.exactOptional(), created_by: idOf('identity'), schema: TEXT, version: TEXT,
});

/** 10.15. */
const SIGNATURE = z.strictObject({
  type: z.literal('jss'), id: idOf('jss'), created_by: idOf('identity').exactOptional(), created: TIME, modified: TIME, revoked: z.boolean().exactOptional(),
  signee: TEXT, valid_from: TIME.exactOptional(), valid_until: TIME.exactOptional(), related_to: idOf('playbook'), related_version: TIME,
  hash_algorithm: z.literal('sha-256'), algorithm: z.literal('Ed25519'),
  public_key: z.string().regex(/^[A-Za-z0-9+/]{59}=$/, 'must be an Ed25519 key as base64'),
  value: z.string().regex(/^[\w-]{86}$/, 'must be an Ed25519 signature as base64url'),
});
export type PlaybookSignature = z.infer<typeof SIGNATURE>;

const FLAG = z.boolean().exactOptional();
const IDS = (...types: readonly string[]): z.ZodArray<z.ZodString> => z.array(idOf(...types)).min(1).max(LIMITS.playbookListMax);

/** A CACAO 2.0 playbook as far as it is run here: closed, so that nothing is taken in that would be passed over. */
export const PLAYBOOK = z.strictObject({
  type: z.literal('playbook'), spec_version: z.literal('cacao-2.0'), id: idOf('playbook'), name: TEXT, description: TEXT.exactOptional(),
  playbook_types: z.array(z.enum(PLAYBOOK_TYPES)).min(1).max(6), playbook_activities: z.array(z.enum(ACTIVITIES)).min(1).max(ACTIVITIES.length),
  playbook_processing_summary: z.strictObject({
    manual_playbook: FLAG, external_playbooks: FLAG, parallel_processing: FLAG, if_logic: FLAG, while_logic: FLAG, switch_logic: FLAG, temporal_logic: FLAG,
    data_markings: FLAG, digital_signatures: FLAG, countersigned_signatures: FLAG, extensions: FLAG,
  }).exactOptional(),
  created_by: idOf('identity'), created: TIME, modified: TIME, revoked: z.boolean().exactOptional(), valid_from: TIME.exactOptional(),
  valid_until: TIME.exactOptional(), derived_from: IDS('playbook').exactOptional(), related_to: IDS('playbook').exactOptional(),
  priority: WHOLE.exactOptional(), severity: WHOLE.exactOptional(), impact: WHOLE.exactOptional(),
  industry_sectors: TEXTS.exactOptional(), labels: TEXTS.exactOptional(), external_references: REFERENCES.exactOptional(),
  playbook_variables: z.record(VARIABLE_NAME, VARIABLE).exactOptional(),
  workflow_start: idOf('start'), workflow_exception: idOf('action').exactOptional(), workflow: z.record(z.string(), STEP),
  playbook_extensions: z.strictObject({ [EXTENSION_ID]: GUIDE }).exactOptional(),
  agent_definitions: z.record(idOf('http-api', 'group', 'individual', 'organization'), AGENT),
  extension_definitions: z.strictObject({ [EXTENSION_ID]: EXTENSION }).exactOptional(),
  signatures: z.array(SIGNATURE).min(1).max(LIMITS.playbookListMax).exactOptional(),
});
export type Playbook = z.infer<typeof PLAYBOOK>;
