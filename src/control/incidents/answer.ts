import { z } from 'zod';
import { SEVERITIES } from '../../domain/finding.ts';
import { INCIDENT_KINDS, INCIDENT_STATUSES } from '../../domain/incident.ts';
import { VERDICTS } from '../../incident/incident.ts';
import { SUBJECT_KINDS } from '../../incident/rule.ts';

const COUNT = z.int().nonnegative();
const SUBJECTS = z.partialRecord(z.enum(SUBJECT_KINDS), z.array(z.string()));

/** Times are epoch ms; people stand under pseudonyms. */
const INCIDENT_ROW = z.object({
  id: z.string(), kind: z.enum(INCIDENT_KINDS), title: z.string(), severity: z.enum(SEVERITIES), status: z.enum(INCIDENT_STATUSES), openedAt: z.number(),
  lastAt: z.number(), signals: COUNT, rules: z.array(z.string()), techniques: z.array(z.string()), subjects: SUBJECTS, related: z.array(z.string()),
  containments: z.array(z.string()), owner: z.string().optional(), verdict: z.enum(VERDICTS).optional(),
});
export type IncidentRow = z.infer<typeof INCIDENT_ROW>;

const ROW = {
  id: '019a0000-0000-7000-8000-000000000000', kind: 'prompt-injection', title: 'An agent read orders in data, and acted on them', severity: 'high',
  status: 'open', openedAt: 1_790_000_000_000, lastAt: 1_790_000_060_000, signals: 3, rules: ['injection-acted-on'], techniques: ['AML.T0051.001'],
  subjects: { server: ['mail', 'web'], agent: ['desk'] }, related: [], containments: [],
} as const;

export const INCIDENTS = z.object({ incidents: z.array(INCIDENT_ROW), total: COUNT }).meta({ examples: [{ incidents: [ROW], total: 1 }] });
export type Incidents = z.infer<typeof INCIDENTS>;

const ENTRY = z.object({ at: z.number(), event: z.string(), text: z.string(), by: z.string().optional(), exchange: z.string().optional() });
export type TimelineEntry = z.infer<typeof ENTRY>;

/** One whole: its timeline, the oldest first, and how often each signal was seen. */
export const INCIDENT_SHOWN = INCIDENT_ROW.extend({
  openedBy: z.string(), firstAt: z.number(), outcomes: z.object({ stopped: COUNT, passed: COUNT, seen: COUNT }), effects: z.array(z.string()),
  confidentiality: z.string().optional(), seen: z.record(z.string(), z.object({ count: COUNT, severity: z.enum(SEVERITIES) })),
  timeline: z.array(ENTRY), timelineLeft: COUNT, times: z.object({ detectMs: z.number(), containMs: z.number().optional(), recoverMs: z.number().optional() }),
}).meta({
  examples: [{
    ...ROW, openedBy: 'sallyport|control', firstAt: 1_789_999_990_000, outcomes: { stopped: 2, passed: 1, seen: 0 }, effects: ['communicate'],
    seen: { 'instructions/override': { count: 1, severity: 'high' } }, timeline: [{ at: 1_790_000_000_000, event: 'opened', text: 'opened' }],
    timelineLeft: 0, times: { detectMs: 10_000 },
  }],
});
export type IncidentShown = z.infer<typeof INCIDENT_SHOWN>;

const SPREAD = z.object({ count: COUNT, median: z.number().nullable(), p90: z.number().nullable(), most: z.number().nullable() });
const TIMES = { count: 2, median: 10_000, p90: 20_000, most: 20_000 } as const;
/** ms. */
export const INCIDENT_METRICS = z.object({
  opened: COUNT, open: COUNT, falsePositives: COUNT, byKind: z.record(z.string(), COUNT), bySeverity: z.record(z.string(), COUNT),
  detect: SPREAD, contain: SPREAD, recover: SPREAD,
}).meta({
  examples: [{
    opened: 2, open: 1, falsePositives: 0, byKind: { 'prompt-injection': 2 }, bySeverity: { high: 2 }, detect: TIMES, contain: TIMES, recover: TIMES,
  }],
});
export type IncidentMetrics = z.infer<typeof INCIDENT_METRICS>;

const TOUCHED = z.object({
  records: COUNT, calls: COUNT, denied: COUNT, firstAt: z.number().optional(), lastAt: z.number().optional(), confidentiality: z.string().optional(),
  categories: z.array(z.string()), principals: z.array(z.string()), agents: z.array(z.string()), contexts: z.array(z.string()), hosts: z.array(z.string()),
  left: COUNT,
  servers: z.array(z.object({ server: z.string(), calls: COUNT, denied: COUNT, tools: z.array(z.string()), effects: z.array(z.string()) })),
});
export type Touched = z.infer<typeof TOUCHED>;

const TOUCHES = {
  records: 4, calls: 2, denied: 1, firstAt: 1_789_999_990_000, lastAt: 1_790_000_060_000, categories: [], principals: ['p_0123456789abcdef0123'],
  agents: ['desk'], contexts: ['6f1c9f0f7b0d4a6f'], hosts: [], left: 0, servers: [{ server: 'mail', calls: 2, denied: 0, tools: ['read'], effects: ['read'] }],
};
/** What each subject touched, and what the contexts that it touched did afterwards. `partly`: it may reach further. */
export const BLASTS = z.object({
  blasts: z.array(z.object({ by: z.string(), name: z.string(), partly: z.boolean(), touched: TOUCHED, afterwards: TOUCHED.optional() })),
}).meta({ examples: [{ blasts: [{ by: 'context', name: '6f1c9f0f7b0d4a6f', partly: false, touched: TOUCHES }] }] });
export type Blasts = z.infer<typeof BLASTS>;
