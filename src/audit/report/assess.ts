import { evidenceOf } from './evidence.ts';
import type { EvidenceName } from './evidence.ts';
import { frameworkOf } from './frameworks.ts';
import type { Concern, FrameworkName } from './frameworks.ts';

const DAY_MS = 24 * 60 * 60_000;

/** What is known of a period, for a report. Times in epoch ms. */
export interface Facts {
  readonly since: number;
  readonly until: number;
  /** Records by event. */
  readonly counts: Readonly<Record<string, number>>;
  /** Records with a finding. */
  readonly findings: number;
  /** Days of the period (UTC) with a record. */
  readonly days: number;
  /** When the oldest record of all was written. */
  readonly oldestAt?: number;
  /** The index did not reach so far: counts are too low. */
  readonly uncounted: number;
  readonly sinks: readonly { readonly name: string; readonly silent?: string }[];
  /** Shortest time for which any record is kept, and the time asked for. */
  readonly keptDays: number;
  readonly askedDays?: number;
  /** Places that are not what was written; absent: the log was not verified for this report. */
  readonly damaged?: number;
}

export interface Shown {
  readonly evidence: EvidenceName;
  readonly says: string;
  readonly records: number;
  readonly events: Readonly<Record<string, number>>;
}

/** `records`: each kind of evidence has some. `some`: not each. `none`: there is no record at all. */
export type Coverage = 'records' | 'some' | 'none';

export interface Assessed {
  readonly id: string;
  readonly asks: string;
  readonly coverage: Coverage;
  readonly shown: readonly Shown[];
  readonly gaps: readonly string[];
  /** What no record of a gate can show. */
  readonly beyond?: string;
}

export interface Report {
  readonly framework: FrameworkName;
  readonly title: string;
  readonly source: string;
  readonly since: number;
  readonly until: number;
  readonly controls: readonly Assessed[];
  /** What concerns the evidence as a whole. */
  readonly gaps: readonly string[];
}

/** Which records of a period are evidence of which control, and what is missing. It judges no organisation: it counts records. */
export function assess(framework: FrameworkName, facts: Facts): Report {
  const { title, source, controls } = frameworkOf(framework);
  const gaps = gapsOf(facts);
  return {
    framework, title, source, since: facts.since, until: facts.until, gaps: Object.values(gaps).flat(),
    controls: controls.map(({ id, asks, evidence, concerns = [], beyond }) => {
      const shown = evidence.map((name) => shownBy(name, facts));
      const missing = shown.filter(({ records }) => records === 0);
      return {
        id, asks, shown,
        coverage: missing.length === 0 ? 'records' : missing.length < shown.length ? 'some' : 'none',
        gaps: [...missing.map(({ evidence: name, says }) => lackOf(name, says)), ...concerns.flatMap((concern) => gaps[concern])],
        ...(beyond === undefined ? {} : { beyond }),
      };
    }),
  };
}

function shownBy(name: EvidenceName, { counts, findings }: Facts): Shown {
  const { says, events } = evidenceOf(name);
  const found = Object.fromEntries(events.flatMap((event) => (counts[event] === undefined ? [] : [[event, counts[event]]])));
  const records = Object.values(found).reduce((sum, count) => sum + count, 0);
  // Most findings stand in the records of the calls that they are about.
  return name === 'findings' ? { evidence: name, says, records: Math.max(records, findings),
    events: { ...found, ...(findings > 0 ? { 'records with a finding': findings } : {}) } }
    : { evidence: name, says, records, events: found };
}

function lackOf(name: EvidenceName, says: string): string {
  return evidenceOf(name).expected === 'always'
    ? `no record of ${name} (${says}) in the period: the gate was not used, or did not record`
    : `no record of ${name} in the period: nothing of the kind happened, or it is done elsewhere`;
}

function gapsOf(facts: Facts): Readonly<Record<Concern, readonly string[]>> {
  const { since, until, days, oldestAt, uncounted, sinks, keptDays, askedDays, damaged } = facts;
  const period = Math.max(1, Math.floor((until - 1) / DAY_MS) - Math.floor(since / DAY_MS) + 1);
  return {
    whole: [
      ...(oldestAt === undefined ? ['there is no record at all'] : oldestAt - since > DAY_MS
        ? [`records begin at ${new Date(oldestAt).toISOString()}, after the period does`] : []),
      ...(days < period ? [`${period - days} of ${period} days have no record`] : []),
      ...(uncounted > 0 ? [`${uncounted} records are not counted: the index is being made`] : []),
    ],
    verified: damaged === undefined
      ? ['the log was not verified for this report: ask with --verify, or run `sallyport audit verify` on a copy']
      : damaged > 0 ? [`${damaged} places of the log are not what was written`] : [],
    kept: askedDays !== undefined && keptDays < askedDays ? [`records are kept for ${keptDays} days at the least, not the ${askedDays} asked for`] : [],
    delivered: sinks.length === 0
      ? ['records are sent nowhere: no sink is configured']
      : sinks.flatMap(({ name, silent }) => (silent === undefined ? [] : [`sink ${name} is silent: ${silent}`])),
  };
}
