import type { Json, JsonObject } from '../../domain/json.ts';
import type { Incident } from '../../incident/incident.ts';
import { timesOf } from '../../incident/metrics.ts';
import { asJson } from '../as-json.ts';

/** An incident in a list. */
export function presentIncident(id: string, incident: Incident): JsonObject {
  const { kind, title, severity, status, openedAt, lastAt, signals, owner, verdict, rules, techniques, subjects, related, containments } = incident;
  return {
    id, kind, title, severity, status, openedAt, lastAt, signals, rules: [...rules], techniques: [...techniques], subjects: asJson(subjects),
    related: [...related], containments: [...containments], ...(owner !== undefined && { owner }), ...(verdict !== undefined && { verdict }),
  };
}

/** Everything that is known of one. */
export function presentWhole(id: string, incident: Incident): JsonObject {
  const { key: _, position: __, timeline, ...rest } = incident;
  const entries: Json = timeline.toSorted((one, other) => one.at - other.at).map((entry): Json => ({ ...entry }));
  return { id, ...presentObject(rest), times: { ...timesOf(incident) }, timeline: entries };
}

function presentObject(rest: Omit<Incident, 'key' | 'position' | 'timeline'>): JsonObject {
  const { seen, subjects, outcomes, rules, techniques, effects, related, containments, ...plain } = rest;
  return {
    ...plain, rules: [...rules], techniques: [...techniques], effects: [...effects], related: [...related], containments: [...containments],
    outcomes: { ...outcomes }, subjects: asJson(subjects), seen: asJson(seen),
  };
}
