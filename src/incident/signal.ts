import { SEVERITIES, idOf } from '../domain/finding.ts';
import type { Severity } from '../domain/finding.ts';
import type { Signal, SignalOutcome, Subjects } from '../domain/incident.ts';
import { isArray, isObject } from '../domain/json.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { LIMITS } from '../domain/limits.ts';
import { CATEGORIES, CONFIDENTIALITIES, EFFECTS } from '../domain/server.ts';
import type { Effect, Labels } from '../domain/server.ts';
import { EVENTS } from './events.ts';
import type { Told } from './events.ts';

/** Records that tell what happened because of an incident: what is made of signals is none itself. */
const OURS = /^(?:incident|containment|playbook|exercise|job|review)\./;
/** Workloads of the gate's own: nobody to suspect, and nobody to stop. */
const OWN = /^sallyport\|(?!sensor\/)/;

/** Who says these is whoever looked, and not whom it is about. */
const REPORTED_EVENTS: ReadonlySet<string> = new Set(['file.changed', 'watch.stopped', 'segment.drifted']);
const REPORTED_BY: ReadonlySet<string> = new Set(['vendor', 'redteam', 'review']);

/** What looks wrong in one record of the ledger. Total: a record that says it in another form than ours tells of nothing. */
export function signalsOf(record: JsonObject): readonly Signal[] {
  const { id, at, space, event } = record;
  if (typeof id !== 'string' || typeof at !== 'number' || typeof space !== 'string' || typeof event !== 'string' || OURS.test(event)) return [];
  const told = [...findingsOf(record['findings']), ...(Object.hasOwn(EVENTS, event) ? EVENTS[event]?.(record) ?? [] : [])];
  if (told.length === 0) return [];
  const isReport = REPORTED_EVENTS.has(event) || told.every(({ source }) => REPORTED_BY.has(source));
  const { principal, ...others } = subjectsOf(record);
  const known = isReport || principal === undefined ? others : { principal, ...others };
  const about = { at, space, ...stakesOf(record), outcome: outcomeOf(event), ...(typeof record['exchange'] === 'string' && { exchange: record['exchange'] }) };
  return told.slice(0, LIMITS.signalsOfRecordMax).map(({ source, rule, severity, subjects }, index): Signal => ({
    id: `${id}/${index}`, source: name(source), rule: name(rule), severity, ...about, subjects: { ...known, ...subjects },
  }));
}

/** `<source>/<rule>`, as the rules of incidents name it. */
export function signalName({ source, rule }: Pick<Signal, 'source' | 'rule'>): string {
  return idOf({ detector: source, rule });
}

function findingsOf(findings: Json | undefined): readonly Told[] {
  if (!isArray(findings)) return [];
  return findings.filter(isObject).flatMap(({ detector, rule, severity }): readonly Told[] => {
    const known = isSeverity(severity) ? severity : undefined;
    if (typeof detector !== 'string' || typeof rule !== 'string' || known === undefined) return [];
    return [{ source: detector, rule, severity: known }];
  });
}

function subjectsOf(record: JsonObject): Subjects {
  const caller = isObject(record['onBehalfOf']) ? { ...record, ...record['onBehalfOf'] } : record;
  const { principal, agent } = caller;
  const { context, server, tool, standing, detail } = record;
  const credentials = isObject(standing) && isArray(standing['credentials']) ? standing['credentials'] : [];
  const said = isObject(detail) ? detail : {};
  return {
    ...(typeof principal === 'string' && !OWN.test(principal) && { principal: name(principal) }), ...named('agent', agent), ...named('context', context),
    ...named('server', server), ...named('tool', tool), ...named('credential', credentials[0]), ...named('vendor', said['vendor']),
    ...named('host', said['host']), ...named('package', said['package']),
  };
}

function named(field: keyof Subjects, value: Json | undefined): Subjects {
  return typeof value === 'string' && value !== '' ? { [field]: name(value) } : {};
}

function name(text: string): string {
  return text.slice(0, LIMITS.signalNameCharsMax);
}

function outcomeOf(event: string): SignalOutcome {
  if (event === 'call.permitted' || event === 'message.permitted' || event === 'result.delivered') return 'passed';
  return /\.(?:denied|refused|withheld)$/.test(event) ? 'stopped' : 'seen';
}

function stakesOf({ effect, labels }: JsonObject): { readonly effect?: Effect; readonly labels?: Labels } {
  const known = EFFECTS.find((one) => one === effect);
  const { confidentiality, categories, integrity } = isObject(labels) ? labels : {};
  const level = CONFIDENTIALITIES.find((one) => one === confidentiality);
  const kinds = isArray(categories) ? CATEGORIES.filter((one) => categories.includes(one)) : [];
  return {
    ...(known !== undefined && { effect: known }),
    ...(level !== undefined && { labels: { confidentiality: level, categories: kinds, integrity: integrity === 'trusted' ? 'trusted' : 'untrusted' } }),
  };
}

function isSeverity(value: Json | undefined): value is Severity {
  return SEVERITIES.some((severity) => severity === value);
}
