import { z } from 'zod';
import { SEVERITIES } from '../../domain/finding.ts';
import { INCIDENT_STATUSES } from '../../domain/incident.ts';
import { ABOUT_KINDS } from '../../incident/group.ts';
import { FINDING_STATES } from './schema.ts';

const COUNT = z.int().nonnegative();

/** Findings of one detector and rule about one thing. People stand under pseudonyms. Times are epoch ms; `days` are UTC. */
const FINDING_ROW = z.object({
  id: z.string(), detector: z.string(), rule: z.string(), about: z.object({ kind: z.enum(ABOUT_KINDS), name: z.string() }), severity: z.enum(SEVERITIES),
  count: COUNT, silenced: COUNT, firstAt: z.number(), lastAt: z.number(), state: z.enum(FINDING_STATES), until: z.number().exactOptional(),
  days: z.record(z.string(), COUNT),
});
export type FindingRow = z.infer<typeof FINDING_ROW>;

const ROW = {
  id: '0123456789abcdef0123456789abcdef', detector: 'instructions', rule: 'override', about: { kind: 'tool', name: 'mail/read' }, severity: 'high', count: 7,
  silenced: 0, firstAt: 1_790_000_000_000, lastAt: 1_790_000_900_000, state: 'open', days: { '2026-09-21': 7 },
} as const;

/** `states`, `severities`: how many groups there are of each, of whatever else was asked for. */
export const FINDINGS = z.object({
  findings: z.array(FINDING_ROW), total: COUNT, states: z.partialRecord(z.enum(FINDING_STATES), COUNT), severities: z.partialRecord(z.enum(SEVERITIES), COUNT),
  detectors: z.array(z.string()),
}).meta({ examples: [{ findings: [ROW], total: 1, states: { open: 1, suppressed: 2 }, severities: { high: 1 }, detectors: ['instructions', 'secrets'] }] });
export type Findings = z.infer<typeof FINDINGS>;

const DEED_ROW = z.object({ at: z.number(), by: z.string(), did: z.string(), reason: z.string(), until: z.number().exactOptional() });

/**
 * One whole: in which exchanges it was found last, and what was done about it. `filter`: the question that finds its records.
 * `incidents`: those that it is a signal of, the latest first.
 */
export const FINDING = FINDING_ROW.extend({
  outcomes: z.object({ stopped: COUNT, passed: COUNT, seen: COUNT }), exchanges: z.array(z.string()), deeds: z.array(DEED_ROW), filter: z.string(),
  incidents: z.array(z.object({ id: z.string(), title: z.string(), severity: z.enum(SEVERITIES), status: z.enum(INCIDENT_STATUSES) })),
}).meta({
  examples: [{
    ...ROW, outcomes: { stopped: 5, passed: 2, seen: 0 }, exchanges: ['019a0000-0000-7000-8000-000000000000'], deeds: [], incidents: [],
    filter: 'finding = "instructions/override" and server = mail and tool = read',
  }],
});
export type FindingShown = z.infer<typeof FINDING>;

/** Findings by day, the oldest first. */
export const FINDING_TRENDS = z.object({
  days: z.array(z.object({
    day: z.string(), severities: z.partialRecord(z.enum(SEVERITIES), COUNT), detectors: z.record(z.string(), COUNT), silenced: COUNT,
  })),
}).meta({ examples: [{ days: [{ day: '2026-09-21', severities: { high: 7, low: 2 }, detectors: { instructions: 7, cost: 2 }, silenced: 0 }] }] });
export type FindingTrends = z.infer<typeof FINDING_TRENDS>;

/** After something was done. */
export const FINDING_CHANGED = z.object({ id: z.string(), state: z.enum(FINDING_STATES), until: z.number().exactOptional() }).meta({
  examples: [{ id: ROW.id, state: 'suppressed', until: 1_791_000_000_000 }],
});
