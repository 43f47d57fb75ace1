import { z } from 'zod';
import { SEVERITIES } from '../../domain/finding.ts';
import { INCIDENT_KINDS, INCIDENT_STATUSES } from '../../domain/incident.ts';
import { LIMITS } from '../../domain/limits.ts';
import { CONFIDENTIALITIES, EFFECTS } from '../../domain/server.ts';
import { TIMELINE_EVENTS, VERDICTS } from '../../incident/incident.ts';
import { SUBJECT_KINDS } from '../../incident/rule.ts';
import { WORDS } from '../names.ts';

const COUNT = z.int().nonnegative();
const SEEN = z.strictObject({ count: COUNT, severity: z.enum(SEVERITIES), firstAt: z.number(), lastAt: z.number() });
const ENTRY = z.strictObject({
  at: z.number(), event: z.enum(TIMELINE_EVENTS), text: z.string(), by: z.string().exactOptional(), exchange: z.string().exactOptional(),
});

/** One incident as it is stored; its id is the row's. */
export const INCIDENT = z.strictObject({
  kind: z.enum(INCIDENT_KINDS), title: z.string(), severity: z.enum(SEVERITIES), status: z.enum(INCIDENT_STATUSES), key: z.string(),
  rules: z.array(z.string()), techniques: z.array(z.string()), openedAt: z.number(), openedBy: z.string(), firstAt: z.number(), lastAt: z.number(),
  position: z.int(), signals: COUNT, outcomes: z.strictObject({ stopped: COUNT, passed: COUNT, seen: COUNT }), effects: z.array(z.enum(EFFECTS)),
  confidentiality: z.enum(CONFIDENTIALITIES).exactOptional(), least: z.enum(SEVERITIES), seen: z.record(z.string(), SEEN),
  subjects: z.partialRecord(z.enum(SUBJECT_KINDS), z.array(z.string())), timeline: z.array(ENTRY), timelineLeft: COUNT,
  related: z.array(z.string()), containments: z.array(z.string()), owner: z.string().exactOptional(), containedAt: z.number().exactOptional(),
  recoveredAt: z.number().exactOptional(), closedAt: z.number().exactOptional(), verdict: z.enum(VERDICTS).exactOptional(),
});

/**
 * How far the ledger was read, and from where on it is read again after a start: what rules still wait for is only remembered.
 */
export const INCIDENT_CURSOR = z.strictObject({ next: z.int(), from: z.int() });

/** Which incident signals of a kind that are alike belong to; its id is the digest of what they are alike in. */
export const INCIDENT_KEY = z.strictObject({ incident: z.string() });

const NAME = z.string().min(1).max(LIMITS.signalNameCharsMax).regex(/^[^\p{Cc}\p{Cf}]+$/u, 'must be visible text');

/** An incident that a person opens. */
export const NEW_INCIDENT = z.strictObject({
  kind: z.enum(INCIDENT_KINDS), title: WORDS.max(200), severity: z.enum(SEVERITIES), reason: WORDS,
  subjects: z.partialRecord(z.enum(SUBJECT_KINDS), z.array(NAME).min(1).max(20)).default({}),
});
export const NOTE = z.strictObject({ text: WORDS });
export const OWNER = z.strictObject({ owner: NAME });
export const RECOVERED = z.strictObject({ reason: WORDS });
export const REOPEN = z.strictObject({ reason: WORDS });
export const CLOSE = z.strictObject({
  verdict: z.enum(VERDICTS), reason: WORDS,
  /** What was contained stays so, though nobody will look after it here. */
  leave: z.boolean().default(false),
});

export const LIST = {
  status: z.enum([...INCIDENT_STATUSES, 'all']).default('all'), kind: z.enum(INCIDENT_KINDS).exactOptional(), severity: z.enum(SEVERITIES).exactOptional(),
  since: z.coerce.number().int().nonnegative().exactOptional(), limit: z.coerce.number().int().min(1).max(LIMITS.incidentsShownMax).default(100),
} as const;

/** One of them says what it is about. */
export const BLAST = {
  context: NAME.exactOptional(), server: NAME.exactOptional(), tool: NAME.exactOptional(), principal: NAME.exactOptional(), agent: NAME.exactOptional(),
  credential: NAME.exactOptional(), since: z.coerce.number().int().nonnegative().exactOptional(), until: z.coerce.number().int().nonnegative().exactOptional(),
} as const;
