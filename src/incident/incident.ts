import type { Severity } from '../domain/finding.ts';
import type { IncidentKind, IncidentStatus, Signal, SignalOutcome } from '../domain/incident.ts';
import { LIMITS } from '../domain/limits.ts';
import { CONFIDENTIALITIES, EFFECTS } from '../domain/server.ts';
import type { Confidentiality, Effect } from '../domain/server.ts';
import type { Match, Placed } from './correlate.ts';
import { rankOf, SUBJECT_KINDS } from './rule.ts';
import type { IncidentRule, SubjectKind } from './rule.ts';
import { severityOf } from './severity.ts';
import { signalName } from './signal.ts';

export const VERDICTS = ['true-positive', 'false-positive', 'benign', 'exercise', 'duplicate'] as const;
/** What a person says that it was. */
export type Verdict = (typeof VERDICTS)[number];

export const TIMELINE_EVENTS = ['opened', 'signal', 'severity', 'status', 'note', 'owner', 'containment', 'playbook'] as const;
export interface TimelineEntry {
  /** Epoch ms. */
  readonly at: number;
  readonly event: (typeof TIMELINE_EVENTS)[number];
  readonly text: string;
  readonly by?: string;
  readonly exchange?: string;
}

/** How often something was seen in an incident. */
export interface Seen {
  readonly count: number;
  readonly severity: Severity;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** What is known of one incident. Times are epoch ms; `position` is of the ledger: the last record that it has taken in. */
export interface Incident {
  readonly kind: IncidentKind;
  readonly title: string;
  readonly severity: Severity;
  readonly status: IncidentStatus;
  /** Signals of its kind that are alike in this belong to it while it is open; `manual`: a person opened it. */
  readonly key: string;
  readonly rules: readonly string[];
  readonly techniques: readonly string[];
  readonly openedAt: number;
  readonly openedBy: string;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly position: number;
  readonly signals: number;
  readonly outcomes: Readonly<Record<SignalOutcome, number>>;
  readonly effects: readonly Effect[];
  readonly confidentiality?: Confidentiality;
  readonly least: Severity;
  /** By `<source>/<rule>`. */
  readonly seen: Readonly<Record<string, Seen>>;
  readonly subjects: Readonly<Partial<Record<SubjectKind, readonly string[]>>>;
  readonly timeline: readonly TimelineEntry[];
  /** Entries that the timeline had no room for. */
  readonly timelineLeft: number;
  /** Ids of other incidents that have to do with the same. */
  readonly related: readonly string[];
  /** Ids of the containments that are in force because of it. */
  readonly containments: readonly string[];
  readonly owner?: string;
  readonly containedAt?: number;
  readonly recoveredAt?: number;
  readonly closedAt?: number;
  readonly verdict?: Verdict;
}

/** What stands before a signal was taken in. */
const NOTHING = {
  outcomes: { stopped: 0, passed: 0, seen: 0 }, effects: [], seen: {}, subjects: {}, timeline: [], timelineLeft: 0, related: [], containments: [],
  signals: 0, position: -1,
} as const;

export function openIncident({ rule, key, signals }: Pick<Match, 'rule' | 'key' | 'signals'>, at: number, by: string): Incident {
  const first = Math.min(...signals.map(({ signal }) => signal.at));
  const blank: Incident = {
    ...NOTHING, kind: rule.kind, title: rule.title, severity: rule.severity, least: rule.severity, status: 'open', key: `${rule.kind}\n${key}`,
    rules: [], techniques: [], openedAt: at, openedBy: by, firstAt: first, lastAt: first,
  };
  const taken = absorb(blank, rule, signals, at);
  return noted({ ...taken, timeline: taken.timeline.filter(({ event }) => event !== 'severity') }, { at, event: 'opened', text: rule.title, by });
}

/** The incident of a rule and what its signals are alike in: what of that kind is open takes them in. */
export function incidentKeyOf({ rule, key }: Pick<Match, 'rule' | 'key'>): string {
  return `${rule.kind}\n${key}`;
}

/** The incident with these signals in it. What it has taken in before, by their place in the ledger, changes nothing. */
export function absorb(incident: Incident, rule: IncidentRule, signals: readonly Placed[], at: number): Incident {
  const news = signals.filter(({ position }) => position > incident.position);
  const joined = incident.rules.includes(rule.id) ? incident : {
    ...incident, rules: [...incident.rules, rule.id], techniques: [...new Set([...incident.techniques, ...rule.techniques])],
    least: graver(incident.least, rule.severity), title: rankOf(rule.severity) > rankOf(incident.least) ? rule.title : incident.title,
  };
  const taken = news.reduce((so, { signal, position }) => takeIn(so, signal, position), joined);
  const severity = severityOf({ ...taken, outcome: furthest(taken.outcomes), breadth: breadthOf(taken) });
  if (rankOf(severity) <= rankOf(taken.severity)) return taken;
  return noted({ ...taken, severity }, { at, event: 'severity', text: `${taken.severity} → ${severity}` });
}

function takeIn(incident: Incident, signal: Signal, position: number): Incident {
  const name = signalName(signal);
  const before = incident.seen[name];
  const isKnown = before !== undefined;
  const hasRoom = isKnown || Object.keys(incident.seen).length < LIMITS.incidentSignalRulesMax;
  const seen = {
    count: (before?.count ?? 0) + 1, severity: graver(before?.severity ?? 'info', signal.severity),
    firstAt: Math.min(before?.firstAt ?? signal.at, signal.at), lastAt: Math.max(before?.lastAt ?? 0, signal.at),
  };
  const { confidentiality } = signal.labels ?? {};
  const next: Incident = {
    ...incident, position: Math.max(incident.position, position), signals: incident.signals + 1,
    firstAt: Math.min(incident.firstAt, signal.at), lastAt: Math.max(incident.lastAt, signal.at),
    outcomes: { ...incident.outcomes, [signal.outcome]: incident.outcomes[signal.outcome] + 1 },
    effects: EFFECTS.filter((effect) => incident.effects.includes(effect) || signal.effect === effect),
    seen: hasRoom ? { ...incident.seen, [name]: seen } : incident.seen,
    subjects: withSubjects(incident.subjects, signal),
    ...(confidentiality !== undefined && { confidentiality: higher(incident.confidentiality, confidentiality) }),
  };
  // Of each sort the first is told, and each time that its number has grown tenfold.
  if (isKnown && !/^10+$/.test(String(seen.count))) return next;
  const text = `${name}${isKnown ? `, ${seen.count} times` : ''}: ${signal.outcome}${placeOf(signal)}`;
  return noted(next, { at: signal.at, event: 'signal', text, ...(signal.exchange !== undefined && { exchange: signal.exchange }) });
}

function placeOf({ subjects: { server, tool, host, file, package: pack } }: Signal): string {
  const place = server === undefined ? file ?? pack ?? host : tool === undefined ? server : `${server}/${tool}`;
  return place === undefined ? '' : ` at ${place}`;
}

function withSubjects(subjects: Incident['subjects'], signal: Signal): Incident['subjects'] {
  const added = SUBJECT_KINDS.flatMap((kind) => {
    const value = signal.subjects[kind];
    if (value === undefined) return [];
    // A tool is a tool of a server.
    const name = kind === 'tool' && signal.subjects.server !== undefined ? `${signal.subjects.server}/${value}` : value;
    const known = subjects[kind] ?? [];
    return known.includes(name) || known.length >= LIMITS.incidentNamesMax ? [] : [[kind, [...known, name]] as const];
  });
  return added.length === 0 ? subjects : { ...subjects, ...Object.fromEntries(added) };
}

/** The beginning stays, and what came last: the middle of what goes on for long is counted. */
export function noted(incident: Incident, entry: TimelineEntry): Incident {
  const timeline = [...incident.timeline, entry];
  if (timeline.length <= LIMITS.incidentTimelineMax) return { ...incident, timeline };
  const middle = Math.floor(LIMITS.incidentTimelineMax / 2);
  const dropped = timeline.findIndex(({ event }, index) => index >= middle && event === 'signal');
  return { ...incident, timeline: timeline.toSpliced(dropped < 0 ? middle : dropped, 1), timelineLeft: incident.timelineLeft + 1 };
}

/** An incident in another status. The first time that it was contained, and the last that it was recovered and closed, count. */
export function withStatus(incident: Incident, status: IncidentStatus, entry: Omit<TimelineEntry, 'event'>): Incident {
  const { at } = entry;
  const { recoveredAt: _, closedAt: __, verdict: ___, ...open } = incident;
  const times = {
    open: { ...open }, contained: { ...open, containedAt: incident.containedAt ?? at }, recovered: { ...incident, recoveredAt: at },
    closed: { ...incident, closedAt: at },
  } as const;
  return noted({ ...times[status], status }, { ...entry, event: 'status', text: `${status}: ${entry.text}` });
}

function furthest({ passed, seen }: Incident['outcomes']): SignalOutcome {
  if (passed > 0) return 'passed';
  return seen > 0 ? 'seen' : 'stopped';
}

function breadthOf({ subjects: { principal = [], agent = [], server = [] } }: Incident): number {
  return Math.max(principal.length, agent.length, server.length);
}

function graver(one: Severity, other: Severity): Severity {
  return rankOf(other) > rankOf(one) ? other : one;
}

function higher(one: Confidentiality | undefined, other: Confidentiality): Confidentiality {
  return one !== undefined && CONFIDENTIALITIES.indexOf(one) > CONFIDENTIALITIES.indexOf(other) ? one : other;
}
