import type { Severity } from '../../domain/finding.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { JournalRecord } from '../../domain/record.ts';
import type { Entry } from '../entry.ts';
import { CLASSES } from './classes.ts';
import type { Attribute, OcsfClass } from './classes.ts';
import { lifecycle } from './fill.ts';
import { enrichmentsOf, findingParts, severityOf } from './finding.ts';
import { variantOf } from './mappings.ts';
import type { Variant, Verdict } from './mappings.ts';
import { observablesOf } from './observables.ts';
import { soundOf } from './sound.ts';
import { apiOf, httpRequestOf, messageContextOf, resourcesOf, traceOf } from './what.ts';
import { actorOf, deviceOf, said, sourceOf } from './who.ts';

const OCSF_VERSION = '1.8.0';

/** Which log an entry is of: its origin (the name that its checkpoints are signed under), and the version of Sallyport. */
export interface LogSource {
  readonly origin: string;
  readonly version: string;
}

const SEVERITY_ID = { info: 1, low: 2, medium: 3, high: 4, critical: 5 } as const satisfies Record<Severity, number>;
const SEVERITY_NAME = { info: 'Informational', low: 'Low', medium: 'Medium', high: 'High', critical: 'Critical' } as const satisfies Record<Severity, string>;

const VERDICTS = {
  allowed: { action_id: 1, action: 'Allowed', disposition_id: 1, disposition: 'Allowed' },
  blocked: { action_id: 2, action: 'Denied', disposition_id: 2, disposition: 'Blocked' },
  rejected: { action_id: 2, action: 'Denied', disposition_id: 25, disposition: 'Rejected' },
  unauthorized: { action_id: 2, action: 'Denied', disposition_id: 26, disposition: 'Unauthorized' },
  revoked: { action_id: 2, action: 'Denied', disposition_id: 24, disposition: 'Access Revoked' },
  detected: { action_id: 3, action: 'Observed', disposition_id: 15, disposition: 'Detected' },
  logged: { action_id: 3, action: 'Observed', disposition_id: 17, disposition: 'Logged' },
  error: { action_id: 3, action: 'Observed', disposition_id: 27, disposition: 'Error' },
} as const satisfies Record<Verdict, JsonObject>;

/**
 * One entry of the journal as one OCSF 1.8.0 event, the same each time: `metadata.uid` is the record's id, `metadata.sequence`
 * its position and `metadata.log_name` its log's origin, so that an event leads back to what can be proved. Pure. Contains
 * what the record contains and nothing else; people's pseudonyms are put into the record before.
 */
export function toOcsf(entry: Entry, source: LogSource): JsonObject {
  const { record, odd } = soundOf(entry.record);
  const variant = variantOf(record);
  const kind: OcsfClass = CLASSES[variant.class];
  const activityId = typeof variant.activity === 'number' ? variant.activity : variant.activity(record);
  const severity = severityOf(variant.severity, record.findings);
  const event = said({
    ...classification(kind, activityId),
    time: record.at,
    severity_id: SEVERITY_ID[severity],
    severity: SEVERITY_NAME[severity],
    message: variant.says,
    ...statusOf(kind, variant, record),
    ...VERDICTS[variant.verdict],
    is_alert: SEVERITY_ID[severity] >= SEVERITY_ID.high || variant.verdict === 'detected',
    policy: policyOf(record),
    ...timesOf(record),
    ...attributesOf(kind, record),
    ...ownOf(variant, record, source),
    enrichments: enrichmentsOf(record),
  });
  const sound = { ...entry, record };
  return said({ ...event, unmapped: unmappedOf(sound, event, odd), metadata: metadataOf(sound, source, kind), observables: observablesOf(event) });
}

function classification({ uid, name, category, activities }: OcsfClass, activityId: number): JsonObject {
  const activity = activities[activityId] ?? 'Other';
  return {
    category_uid: category[0], category_name: category[1], class_uid: uid, class_name: name, activity_id: activityId, activity_name: activity,
    type_uid: uid * 100 + activityId, type_name: `${name}: ${activity}`,
  };
}

/** Findings have a status of their own: ours are new, and what becomes of them is the SOC's. */
function statusOf(kind: OcsfClass, { outcome }: Variant, { code, reason }: JournalRecord): JsonObject {
  const id = kind.statuses[1] === 'New' ? 1 : { success: 1, failure: 2, unknown: 0, pending: 99 }[outcome];
  return said({ status_id: id, status: id === 99 ? 'Pending' : kind.statuses[id], status_code: code, status_detail: reason });
}

function policyOf({ policies = [], snapshot, code }: JournalRecord): JsonObject | undefined {
  const [uid] = policies;
  return uid === undefined ? undefined : said({ uid, version: snapshot === undefined ? undefined : String(snapshot), desc: code, is_applied: true });
}

function timesOf({ at, latencyMs, event }: JournalRecord): JsonObject {
  if (latencyMs === undefined || event === 'call.permitted') return {};
  return { start_time: Math.round(at - latencyMs), end_time: at, duration: Math.round(latencyMs) };
}

function attributesOf(kind: OcsfClass, record: JournalRecord): JsonObject {
  const values: Readonly<Record<Attribute, () => Json | undefined>> = {
    actor: () => actorOf(record),
    device: () => deviceOf(record),
    src_endpoint: () => sourceOf(record),
    dst_endpoint: () => (record.server === undefined ? undefined : { svc_name: record.server }),
    http_request: () => httpRequestOf(record),
    api: () => apiOf(record),
    resources: () => resourcesOf(record),
  };
  const attributes: Record<string, Json | undefined> = { actor: actorOf(record), device: deviceOf(record) };
  for (const name of kind.has) attributes[name] = values[name]();
  if (kind.profiles.includes('trace')) attributes['trace'] = traceOf(record);
  if (kind.profiles.includes('ai_operation')) attributes['message_context'] = messageContextOf(record);
  return said(attributes);
}

function ownOf({ class: name, fill, says }: Variant, record: JournalRecord, { version }: LogSource): JsonObject {
  if (name === 'detection_finding') return findingParts(record, says);
  if (name === 'application_lifecycle') return lifecycle(version)(record);
  return fill?.(record) ?? {};
}

function metadataOf({ position, record, role }: Entry, { origin, version }: LogSource, { profiles }: OcsfClass): JsonObject {
  return said({
    version: OCSF_VERSION,
    product: { name: 'Sallyport', vendor_name: 'Sallyport', version, feature: { name: role } },
    profiles: ['security_control', 'host', ...profiles],
    uid: record.id,
    event_code: record.event,
    correlation_uid: record.exchange === '' ? undefined : record.exchange,
    tenant_uid: record.space,
    log_name: origin,
    log_provider: record.node,
    sequence: position,
    original_event_uid: `${origin}#${position}`,
    labels: [record.category],
  });
}

/** The attribute that a record's field is in, where an event has it; `every`: all events have it; `none`: only `unmapped` has. */
const PLACE: Readonly<Record<keyof JournalRecord, 'every' | 'none' | Attribute | 'trace' | 'message_context' | 'enrichments'>> = {
  id: 'every', at: 'every', category: 'every', event: 'every', node: 'every', space: 'every', exchange: 'every', principal: 'every', agent: 'every',
  code: 'every', reason: 'every', policies: 'every', context: 'every',
  address: 'src_endpoint', server: 'dst_endpoint', method: 'api', revision: 'api', digest: 'api', sizeBytes: 'api', shape: 'api', tool: 'resources',
  definition: 'resources', trace: 'trace', client: 'message_context', findings: 'enrichments',
  principalKind: 'none', actors: 'none', onBehalfOf: 'none', standing: 'none', session: 'none', route: 'none', action: 'none', effect: 'none', labels: 'none',
  dispatchers: 'none', snapshot: 'none', fingerprint: 'none', latencyMs: 'none', stages: 'none', request: 'none', retention: 'none', detail: 'none',
  shadowFindings: 'none',
};

/** What the event has no place for, under the record's own names. */
function unmappedOf({ record, role, incarnation }: Entry, event: JsonObject, odd: JsonObject): JsonObject {
  const rest = Object.entries(record).filter(([field]) => {
    const place = isField(field) ? PLACE[field] : 'none';
    return place !== 'every' && event[place] === undefined;
  });
  return said({ ...Object.fromEntries(rest), role, incarnation, odd });
}

function isField(field: string): field is keyof JournalRecord {
  return Object.hasOwn(PLACE, field);
}
