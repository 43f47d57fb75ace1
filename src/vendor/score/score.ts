import type { Severity } from '../../domain/finding.ts';
import { DOMAINS, worthOf, type Domain } from '../disclosure/question.ts';
import { missingIn } from '../disclosure/read.ts';
import { QUESTION_IDS, questionOf } from '../disclosure/questions.ts';
import { CHECKS, type CheckId } from '../probe/checks.ts';
import { DOMAIN_OF_PROBE, seenIn, WEIGHT_OF_CHECK, type Seen } from './checks.ts';
import { freshnessOfAnswer, freshnessOfProbe, type ScoreInput } from './input.ts';
import { mismatchesOf, type Mismatch } from './mismatch.ts';

/** One input of the score, as it was counted. */
export interface Item {
  /** Id of a question or of a check. */
  readonly id: string;
  readonly domain: Domain;
  readonly weight: number;
  /** By what it is known: seen from outside, only said, or not at all. */
  readonly by: 'probed' | 'declared' | 'nothing';
  /** 0 to 1, before and after its age. */
  readonly worth: number;
  readonly freshness: number;
  /** Somebody accepts it for now: it counts neither for nor against. */
  readonly isExcepted: boolean;
}

export interface DomainScore {
  readonly domain: Domain;
  readonly weight: number;
  /** 0 to 1. */
  readonly share: number;
}

/** What takes points away, and why. */
export interface Penalty {
  readonly why: string;
  readonly points: number;
}

/** What the score can be at most, and why. */
export interface Cap {
  readonly why: string;
  readonly max: number;
}

const GRADES = [['A', 90], ['B', 75], ['C', 60], ['D', 40], ['F', 0]] as const;
type Grade = (typeof GRADES)[number][0];

export interface Score {
  /** 0 to 100, whole. */
  readonly score: number;
  readonly grade: Grade;
  /** Percent of what counts that was seen, and not only said. */
  readonly confidence: number;
  readonly domains: readonly DomainScore[];
  readonly items: readonly Item[];
  readonly mismatches: readonly (Mismatch & { readonly isExcepted: boolean })[];
  readonly penalties: readonly Penalty[];
  readonly caps: readonly Cap[];
  readonly missing: readonly string[];
}

const MISMATCH_POINTS: Readonly<Record<Severity, number>> = { critical: 15, high: 10, medium: 5, low: 2, info: 1 };
const ADVISORY_POINTS: Readonly<Record<Severity, number>> = { critical: 20, high: 10, medium: 4, low: 1, info: 0 };
/** One kind of penalty takes this at most: a long list of small things is no worse than open doors. */
const PENALTY_MAX = 40;

const MAX = { B: 89, C: 74, D: 59, F: 39 } as const;

/** How a vendor stands, from its inputs alone: pure, so that anybody who has them comes to the same. */
export function scoreOf(input: ScoreInput): Score {
  const seen = seenIn(input);
  const excepted = new Set(input.exceptions.filter(({ until }) => until > input.day).map(({ item }) => item));
  const mismatches = mismatchesOf(input, seen).map((one) => ({ ...one, isExcepted: excepted.has(one.id) }));
  const untrue = new Set<string>(mismatches.flatMap(({ question, isExcepted }) => (isExcepted ? [] : [question])));
  const items = [...questionItems(input, seen, untrue, excepted), ...checkItems(seen, excepted)];
  const domains = domainsOf(items);
  const penalties = penaltiesOf(input, mismatches, excepted);
  const caps = capsOf(input, seen, mismatches, excepted);
  const reached = domains.reduce((sum, { weight, share }) => sum + weight * share, 0) - penalties.reduce((sum, { points }) => sum + points, 0);
  const score = Math.round(Math.max(0, Math.min(reached, ...caps.map(({ max }) => max))));
  return {
    score, grade: gradeOf(score), confidence: confidenceOf(items), domains, items, mismatches, penalties, caps,
    missing: missingIn(input.disclosure, input.day),
  };
}

function gradeOf(score: number): Grade {
  return GRADES.find(([, from]) => score >= from)?.[0] ?? 'F';
}

/** An answer that is not so is worth nothing; one that was looked at from outside too is known by more than its word. */
function questionItems(
  { disclosure, day }: ScoreInput, seen: ReadonlyMap<string, Seen>, untrue: ReadonlySet<string>, excepted: ReadonlySet<string>,
): readonly Item[] {
  return QUESTION_IDS.flatMap((id): readonly Item[] => {
    const { counts, seenBy = [] } = questionOf(id);
    if (counts === undefined) return [];
    const answer = disclosure?.answers[id];
    const freshness = answer === undefined ? 0 : freshnessOfAnswer(answer, day);
    const isSeen = untrue.has(id) || seenBy.some((check) => ['pass', 'fail'].includes(seen.get(check)?.outcome ?? 'unknown'));
    return [{
      id, domain: counts.domain, weight: counts.weight, by: freshness === 0 ? 'nothing' : isSeen ? 'probed' : 'declared',
      worth: answer === undefined || untrue.has(id) ? 0 : worthOf(counts.worth, answer.value, day), freshness, isExcepted: excepted.has(id),
    }];
  });
}

/** What could not be seen takes no part: that it was not is told by the confidence. */
function checkItems(seen: ReadonlyMap<CheckId, Seen>, excepted: ReadonlySet<string>): readonly Item[] {
  return [...seen].flatMap(([id, { outcome, freshness }]): readonly Item[] => {
    const { probe, severity } = CHECKS[id];
    const weight = WEIGHT_OF_CHECK[severity];
    if (weight === 0 || outcome === 'unknown' || outcome === 'not-applicable') return [];
    return [{ id, domain: DOMAIN_OF_PROBE[probe], weight, by: 'probed', worth: outcome === 'pass' ? 1 : 0, freshness, isExcepted: excepted.has(id) }];
  });
}

function domainsOf(items: readonly Item[]): readonly DomainScore[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a closed table
  return (Object.keys(DOMAINS) as Domain[]).map((domain) => {
    const own = items.filter((item) => item.domain === domain && !item.isExcepted);
    const whole = own.reduce((sum, { weight }) => sum + weight, 0);
    const reached = own.reduce((sum, { weight, worth, freshness }) => sum + weight * worth * freshness, 0);
    return { domain, weight: DOMAINS[domain].weight, share: whole === 0 ? 0 : reached / whole };
  });
}

function confidenceOf(items: readonly Item[]): number {
  const counted = items.filter(({ isExcepted }) => !isExcepted);
  const whole = counted.reduce((sum, { weight }) => sum + weight, 0);
  const probed = counted.filter(({ by }) => by === 'probed').reduce((sum, { weight, freshness }) => sum + weight * freshness, 0);
  return whole === 0 ? 0 : Math.round((100 * probed) / whole);
}

function penaltiesOf({ advisories }: ScoreInput, mismatches: Score['mismatches'], excepted: ReadonlySet<string>): readonly Penalty[] {
  const lies = mismatches.filter(({ isExcepted }) => !isExcepted);
  const open = advisories.filter(({ id }) => !excepted.has(id));
  return [
    ...atMost(lies.reduce((sum, { severity }) => sum + MISMATCH_POINTS[severity], 0), `disclosed, and otherwise from outside: ${lies.length}`),
    ...atMost(open.reduce((sum, { severity }) => sum + ADVISORY_POINTS[severity], 0), `open advisories about what it runs: ${open.length}`),
  ];
}

function atMost(points: number, why: string): readonly Penalty[] {
  return points === 0 ? [] : [{ why, points: Math.min(points, PENALTY_MAX) }];
}

function capsOf(input: ScoreInput, seen: ReadonlyMap<CheckId, Seen>, mismatches: Score['mismatches'], excepted: ReadonlySet<string>): readonly Cap[] {
  const failed = (id: CheckId): boolean => seen.get(id)?.outcome === 'fail' && !excepted.has(id);
  const isOpen = input.probes.some(({ facts, endedAt }) => facts.auth === 'none' && freshnessOfProbe(endedAt, input.day) > 0)
    || failed('stranger-call') || failed('stranger-tools');
  const forged = (['token-nonsense', 'token-unsigned', 'token-forged', 'session-authority', 'session-distinct'] as const).filter(failed);
  const clear = (['https', 'plaintext', 'certificate'] as const).filter(failed);
  return [
    ...(forged.length > 0 ? [{ why: `it lets in whom nobody vouched for (${forged.join(', ')})`, max: MAX.F }] : []),
    ...(clear.length > 0 ? [{ why: `what is said to it can be read or answered by others on the way (${clear.join(', ')})`, max: MAX.F }] : []),
    ...(isOpen && hasSensitiveTools(input) && !excepted.has('open')
      ? [{ why: 'tools that are more than reading of public data, and no authentication', max: MAX.D }] : []),
    ...(input.isBreached ? [{ why: 'it told of a breach, and nobody has vouched for it since', max: MAX.D }] : []),
    ...(seen.size === 0 ? [{ why: 'all of it is only declared: nobody has looked from outside lately', max: MAX.B }] : []),
    ...(missingIn(input.disclosure, input.day).length > 0 ? [{ why: 'it has not answered all that it must', max: MAX.D }] : []),
    ...(mismatches.some(({ severity, isExcepted }) => !isExcepted && (severity === 'critical' || severity === 'high'))
      ? [{ why: 'what it disclosed is not so', max: MAX.C }] : []),
  ];
}

/** Sensitive until both it and what was seen say that all is reading of public data. */
function hasSensitiveTools({ disclosure, probes }: ScoreInput): boolean {
  const said = disclosure?.answers.tools?.value;
  const isHarmless = Array.isArray(said) && said.length > 0 && said.every((one) => typeof one !== 'string' && one.effect === 'read' && one.data === 'public');
  return !isHarmless || probes.some(({ facts }) => (facts.tools ?? []).some(({ readOnly }) => readOnly !== true));
}
