import type { Detector, Sight, Subject } from '../domain/detector.ts';
import type { FINDING_RULES, Finding } from '../domain/finding.ts';
import { LIMITS } from '../domain/limits.ts';
import { viewsOf } from './views/views.ts';
import { placesOf } from './walk.ts';

export interface Inspection {
  readonly findings: readonly Finding[];
  /** Of detectors that only look: for the record, and for nothing else. */
  readonly shadow?: readonly Finding[];
  /**
   * Why this inspection is no inspection: a detector failed, or there is more than is ever looked at. What was not looked at
   * is not let through (invariant 6), unless policy says so of that finding.
   */
  readonly incomplete?: Finding;
}

/** Looks at one part of a message with every detector that reads its facet. Never throws. */
export type Inspect = (subject: Subject) => Inspection;

export function createInspector(detectors: readonly Detector[], now: () => number = () => performance.now()): Inspect {
  const deciding = detectors.filter(({ shadow }) => shadow !== true);
  const looking = detectors.filter(({ shadow }) => shadow === true);
  return (subject) => {
    const sight = sightOf(subject);
    if ('incomplete' in sight) return sight;
    const inspection = look(sight, deciding, now);
    return looking.length === 0 || inspection.incomplete !== undefined ? inspection : { ...inspection, ...beside(sight, looking, now) };
  };
}

function look(sight: Sight, detectors: readonly Detector[], now: () => number): Inspection {
  const findings: Finding[] = [];
  const deadline = now() + LIMITS.inspectionMs;
  for (const { id, facets, failure, detect } of detectors) {
    if (!facets.includes(sight.subject.facet)) continue;
    try {
      findings.push(...eachOnce(detect(sight)));
    } catch {
      if (failure !== 'open') return { ...lacking(sight.subject, 'detector-failed', id), findings };
      findings.push(lackingOf(sight.subject, 'failure-permitted', id));
    }
    if (findings.length > LIMITS.findingsPerSubjectMax) {
      return { ...lacking(sight.subject, 'too-many-findings', id), findings: findings.slice(0, LIMITS.findingsPerSubjectMax) };
    }
    if (now() > deadline) return { ...lacking(sight.subject, 'too-slow', id), findings };
  }
  return { findings };
}

/** What only looks has a time of its own, and whatever befalls it is told like what it finds. */
function beside(sight: Sight, detectors: readonly Detector[], now: () => number): Pick<Inspection, 'shadow'> {
  const { findings, incomplete } = look(sight, detectors, now);
  const shadow = incomplete === undefined ? findings : [...findings, incomplete];
  return shadow.length === 0 ? {} : { shadow };
}

/** The same in several views of one text is seen once. */
function eachOnce(findings: readonly Finding[]): readonly Finding[] {
  return findings.length < 2 ? findings : [...new Map(findings.toReversed().map((finding) => [whereOf(finding), finding])).values()].toReversed();
}

function whereOf({ rule, at, spans = [] }: Finding): string {
  return [rule, ...at, ...spans.map((span) => `${span.at}:${span.start}-${span.end}`)].join(' ');
}

/** What there is to see of a subject. What can't be undone or walked is as little inspected as what a detector fails at. */
function sightOf(subject: Subject): Sight | Lacking {
  try {
    const places = placesOf(subject);
    const views = places === undefined ? undefined : viewsOf(places);
    return places === undefined || views === undefined ? lacking(subject, 'too-large') : { subject, places, views };
  } catch {
    return lacking(subject, 'detector-failed', 'views');
  }
}

type Lack = (typeof FINDING_RULES)['inspect'][number];

type Lacking = Inspection & { readonly incomplete: Finding };

function lacking(subject: Subject, rule: Lack, by?: string): Lacking {
  return { findings: [], incomplete: lackingOf(subject, rule, by) };
}

/** That something was not looked at, and by whom. */
export function lackingOf({ at }: Pick<Subject, 'at'>, rule: Lack, by?: string): Finding {
  return { detector: 'inspect', rule, severity: rule === 'failure-permitted' ? 'low' : 'critical', at: [at], ...(by === undefined ? {} : { seen: by }) };
}
