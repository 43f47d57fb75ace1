import type { View } from '../domain/detector.ts';
import type { DetectorId, FINDING_RULES, Finding, Span } from '../domain/finding.ts';
import type { Labels } from '../domain/server.ts';
import type { DetectorInfo } from './rules.ts';

/**
 * Gathers what a detector sees into one finding a rule, however often it is seen: a page of addresses is one finding with
 * many spans. What a decoded view only repeats is not told twice.
 */
export interface Report<Id extends DetectorId> {
  /** The part of a view from `start` up to `end`. `seen` names what it is, never what it says. */
  add(rule: RuleOf<Id>, view: View, start: number, end: number, seen?: string): void;
  /** About a value or the subject as a whole: no span. */
  note(rule: RuleOf<Id>, pointer: string, seen?: string): void;
  /** How many different texts were added for a rule. */
  count(rule: RuleOf<Id>): number;
  findings(): readonly Finding[];
}

type RuleOf<Id extends DetectorId> = (typeof FINDING_RULES)[Id][number];

interface Gathered {
  readonly at: Set<string>;
  readonly spans: Span[];
  readonly seen: Set<string>;
  readonly texts: Map<string, readonly Span[]>;
}

/** More pointers than this tell nobody more; the spans stay complete, since redaction goes by them. */
const POINTERS_MAX = 32;
const SEEN_MAX = 5;

export function createReport<Id extends DetectorId>(
  detector: Id, { rules }: Pick<DetectorInfo<Id>, 'rules'>, labels?: Readonly<Partial<Record<RuleOf<Id>, Partial<Labels>>>>,
): Report<Id> {
  const gathered = new Map<RuleOf<Id>, Gathered>();
  const of = (rule: RuleOf<Id>): Gathered => {
    const known = gathered.get(rule);
    if (known !== undefined) return known;
    const fresh = { at: new Set<string>(), spans: [], seen: new Set<string>(), texts: new Map<string, readonly Span[]>() };
    gathered.set(rule, fresh);
    return fresh;
  };
  const say = (one: Gathered, pointer: string, seen: string | undefined): void => {
    if (one.at.size < POINTERS_MAX) one.at.add(pointer);
    if (seen !== undefined && one.seen.size < SEEN_MAX) one.seen.add(seen);
  };
  return {
    add: (rule, view, start, end, seen) => {
      const one = of(rule);
      const text = view.text.slice(start, end);
      const spans = view.spansOf(start, end);
      const told = one.texts.get(text);
      if (view.via.length > 0 && told?.some((span) => spans.some((other) => covers(other, span))) === true) return;
      one.texts.set(text, told === undefined || view.via.length === 0 ? spans : [...told, ...spans]);
      for (const span of spans) {
        one.spans.push(span);
        say(one, span.at, seen);
      }
    },
    note: (rule, pointer, seen) => say(of(rule), pointer, seen),
    count: (rule) => gathered.get(rule)?.texts.size ?? 0,
    findings: () => [...gathered].map(([rule, { at, spans, seen }]) => ({
      detector, rule, severity: rules[rule].severity, at: [...at],
      ...(spans.length === 0 ? {} : { spans }),
      ...(seen.size === 0 ? {} : { seen: [...seen].join(', ') }),
      ...labelled(labels?.[rule]),
    })),
  };
}

function labelled(labels: Partial<Labels> | undefined): Pick<Finding, 'labels'> {
  return labels === undefined ? {} : { labels };
}

function covers(outer: Span, inner: Span): boolean {
  return outer.at === inner.at && outer.start <= inner.start && outer.end >= inner.end;
}
