import type { IncidentKind } from '../domain/incident.ts';
import type { Incident } from './incident.ts';

/** How long something took in the incidents in which it was done. ms; null: in none. */
export interface Spread {
  readonly count: number;
  readonly median: number | null;
  readonly p90: number | null;
  readonly most: number | null;
}

/** `detect`: from the first signal to the opening. `contain`: from the opening to the first containment. `recover`: from then to when it ran again. */
export interface IncidentMetrics {
  readonly opened: number;
  readonly open: number;
  readonly falsePositives: number;
  readonly byKind: Readonly<Partial<Record<IncidentKind, number>>>;
  readonly bySeverity: Readonly<Record<string, number>>;
  readonly detect: Spread;
  readonly contain: Spread;
  readonly recover: Spread;
}

/** How long each part of one incident took, ms. */
export function timesOf(incident: Incident): { readonly detectMs: number; readonly containMs?: number; readonly recoverMs?: number } {
  const { firstAt, openedAt, containedAt, recoveredAt } = incident;
  return {
    detectMs: Math.max(0, openedAt - firstAt), ...(containedAt !== undefined && { containMs: Math.max(0, containedAt - openedAt) }),
    ...(recoveredAt !== undefined && { recoverMs: Math.max(0, recoveredAt - (containedAt ?? openedAt)) }),
  };
}

export function metricsOf(incidents: readonly Incident[]): IncidentMetrics {
  const times = incidents.map(timesOf);
  return {
    opened: incidents.length, open: incidents.filter(({ status }) => status !== 'closed').length,
    falsePositives: incidents.filter(({ verdict }) => verdict === 'false-positive').length,
    byKind: countBy(incidents.map(({ kind }) => kind)), bySeverity: countBy(incidents.map(({ severity }) => severity)),
    detect: spreadOf(times.map(({ detectMs }) => detectMs)), contain: spreadOf(times.flatMap(({ containMs }) => containMs ?? [])),
    recover: spreadOf(times.flatMap(({ recoverMs }) => recoverMs ?? [])),
  };
}

function countBy(names: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]));
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number): number | null => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
  return { count: sorted.length, median: at(0.5), p90: at(0.9), most: sorted.at(-1) ?? null };
}
