import type { Advisory, AdvisorySeverity, Affected, RangeEvent } from './shape.ts';
import { compareVersions } from './version.ts';

/** One advisory as it concerns one version of one package. */
export interface AdvisoryMatch {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly severity: AdvisorySeverity;
  readonly summary: string;
  /** `affected`: this version is in a range. `possible`: no version was given, or none that can be compared, or no range is known. */
  readonly certainty: 'affected' | 'possible';
  /** The lowest version named as fixed in a range that holds this one; absent where there is none. */
  readonly fixedIn?: string;
}

/** Asks for the advisories of a package (`npm`, `pypi`, `go`, `cargo`, `nuget`, `maven`, …) or of an application (`app`); without a version, of any. */
export type AdvisoriesFor = (ecosystem: string, name: string, version?: string) => readonly AdvisoryMatch[];

/** OSV's names of ecosystems (a suffix such as `:3.2` says a release of a distribution) in ours. */
const ECOSYSTEMS: Readonly<Record<string, string>> = { 'crates.io': 'cargo', 'github actions': 'actions', packagist: 'composer', rubygems: 'gem' };

/** Makes the look-up of a set of advisories. Withdrawn ones are left out. */
export function advisoriesOf(advisories: readonly Advisory[]): AdvisoriesFor {
  const index = new Map<string, { readonly advisory: Advisory; readonly affected: Affected }[]>();
  for (const advisory of advisories) {
    if (advisory.withdrawn !== undefined) continue;
    for (const affected of advisory.affected) {
      const key = keyOfAffected(affected);
      if (key !== undefined) index.set(key, [...(index.get(key) ?? []), { advisory, affected }]);
    }
  }
  return (ecosystem, name, version) => (index.get(keyOf(ecosystem, name)) ?? []).flatMap(({ advisory, affected }) => {
    const judged = judge(affected, ecosystem, version);
    return judged === undefined ? [] : [{ ...say(advisory), ...judged }];
  });
}

/** What people are told of an advisory. */
function say({ id, aliases, summary, database_specific: { severity } }: Advisory): Omit<AdvisoryMatch, 'certainty'> {
  return { id, aliases, severity, summary: summary ?? id };
}

function keyOfAffected({ package: named, database_specific: own }: Affected): string | undefined {
  if (named === undefined) return own?.application === undefined ? undefined : keyOf('app', own.application);
  const ecosystem = (named.ecosystem.split(':')[0] ?? '').toLowerCase();
  return keyOf(ECOSYSTEMS[ecosystem] ?? ecosystem, named.name);
}

function keyOf(ecosystem: string, name: string): string {
  // PEP 503: `My_Server` is `my-server`. npm and Go spell theirs in one way.
  return `${ecosystem}/${ecosystem === 'pypi' ? name.toLowerCase().replaceAll(/[-_.]+/g, '-') : name}`;
}

function judge(affected: Affected, ecosystem: string, version: string | undefined): Pick<AdvisoryMatch, 'certainty' | 'fixedIn'> | undefined {
  const ranges = (affected.ranges ?? []).filter(({ type }) => type !== 'GIT');
  if (version === undefined || (ranges.length === 0 && (affected.versions ?? []).length === 0)) return { certainty: 'possible', ...fixOf(ranges) };
  if ((affected.versions ?? []).includes(version)) return { certainty: 'affected', ...fixOf(ranges) };
  const found = ranges.map((range) => ({ range, holds: isWithin(range.events, ecosystem, version) }));
  const holding = found.find(({ holds }) => holds === true);
  if (holding !== undefined) return { certainty: 'affected', ...fixOf([holding.range]) };
  return found.some(({ holds }) => holds === undefined) ? { certainty: 'possible', ...fixOf(ranges) } : undefined;
}

/** Whether a version is in a range (OSV 1.7, "Evaluation"); undefined where it can't be compared. */
function isWithin(events: readonly RangeEvent[], ecosystem: string, version: string): boolean | undefined {
  const steps = events.map((event) => ({ event, order: compareVersions(ecosystem, version, versionOf(event)) }));
  if (steps.some(({ event, order }) => order === undefined && versionOf(event) !== '0')) return undefined;
  const sorted = steps.toSorted((one, other) => compareVersions(ecosystem, versionOf(one.event), versionOf(other.event)) ?? 0);
  let isIn = false;
  for (const { event, order = 1 } of sorted) {
    if ('introduced' in event && (event.introduced === '0' || order >= 0)) isIn = true;
    if (('fixed' in event || 'limit' in event) && order >= 0) isIn = false;
    if ('last_affected' in event && order > 0) isIn = false;
  }
  return isIn;
}

function versionOf(event: RangeEvent): string {
  if ('introduced' in event) return event.introduced;
  if ('fixed' in event) return event.fixed;
  return 'last_affected' in event ? event.last_affected : event.limit;
}

function fixOf(ranges: readonly { readonly events: readonly RangeEvent[] }[]): Pick<AdvisoryMatch, 'fixedIn'> {
  const fixes = ranges.flatMap(({ events }) => events.flatMap((event) => ('fixed' in event ? [event.fixed] : [])));
  const [first] = fixes;
  return first === undefined ? {} : { fixedIn: first };
}
