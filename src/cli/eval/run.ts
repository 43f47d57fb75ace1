import { groupDuplicates } from '../../detect/text-model/training/duplicates.ts';
import { quantile, rateOf, thresholdAt } from './figures.ts';
import type { Judged, Rate } from './figures.ts';
import { createJudge } from './judge.ts';
import type { Outcome } from './judge.ts';
import type { Models } from './models.ts';
import type { EvalRow } from './rows.ts';
import { attackStratum, benignStrata, isRealResult } from './strata.ts';

export interface Stratum extends Rate {
  readonly name: string;
  /** Share found by rules, which would be found without any score. */
  readonly byRule: number;
  /** Share found by the text model, which would be found without any rule. */
  readonly byModel: number;
  /** Share with a finding that is `high` or worse. */
  readonly grave: number;
  /** Share found where the text model's operating point is moved so far that this share of real benign results is flagged; none without such rows. */
  readonly at: Readonly<Record<string, number>>;
}

export interface Latency {
  readonly characters: string;
  readonly rows: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface Report {
  readonly rows: number;
  readonly detectors: readonly string[];
  readonly leftOut: readonly string[];
  readonly known: readonly string[];
  /** Rows that are longer than the text model reads: what their rest says was looked at by rules only. */
  readonly partlyRead: number;
  readonly attacks: readonly Stratum[];
  readonly benign: readonly Stratum[];
  readonly latency: readonly Latency[];
}

/** Shares of real benign results at which attacks are counted besides the operating point that ships. */
export const FIXED_SHARES = [0.01, 0.001] as const;

interface Tried {
  readonly row: EvalRow;
  readonly outcome: Outcome;
  readonly group: number;
}

/** Judges every row, source by source, and counts. `progress` hears which source is next. */
export async function evaluate(rows: readonly EvalRow[], ids: readonly string[], models: Models, progress: (source: string) => void): Promise<Report> {
  const groups = groupDuplicates(rows.map(({ text }) => text));
  const tried: Tried[] = [];
  for (const source of new Set(rows.map((row) => row.source))) {
    progress(source);
    // A turn of the loop, so that progress is seen and an interrupt is heard.
    await Bun.sleep(0);
    const judge = createJudge(ids, models.of(source));
    rows.forEach((row, at) => {
      if (row.source === source) tried.push({ row, outcome: judge(row), group: groups[at] ?? 0 });
    });
  }
  const real = tried.filter(({ row }) => isRealResult(row));
  const scores = real.map(({ outcome }) => scoreOf(outcome));
  const fixed = (real.length === 0 ? [] : FIXED_SHARES).map((share) => [String(share), thresholdAt(scores, share)] as const);
  return {
    rows: rows.length, detectors: ids, leftOut: models.leftOut, known: models.known,
    partlyRead: tried.filter(({ outcome }) => outcome.partlyRead).length,
    attacks: strataOf(tried.filter(({ row }) => row.label === 1), (row) => [attackStratum(row)], fixed),
    benign: strataOf(tried.filter(({ row }) => row.label === 0), (row) => [...(isRealResult(row) ? ['ALL REAL RESULTS'] : []), ...benignStrata(row)], fixed),
    latency: latencyOf(tried),
  };
}

/** What a rule finds is found at every operating point. */
function scoreOf({ byRule, excess }: Outcome): number {
  return byRule ? Number.POSITIVE_INFINITY : excess;
}

function strataOf(tried: readonly Tried[], names: (row: EvalRow) => readonly string[], fixed: readonly (readonly [string, number])[]): readonly Stratum[] {
  const strata = new Map<string, Tried[]>();
  for (const one of tried) for (const name of names(one.row)) strata.set(name, [...(strata.get(name) ?? []), one]);
  return [...strata].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([name, all]) => {
    const share = (test: (outcome: Outcome) => boolean): number => all.filter(({ outcome }) => test(outcome)).length / all.length;
    const judged = all.map(({ outcome, group }): Judged => ({ flagged: outcome.flagged, group }));
    const at = fixed.map(([wanted, threshold]) => [wanted, share((outcome) => scoreOf(outcome) > threshold || outcome.byRule)] as const);
    return {
      name, ...rateOf(judged), byRule: share((outcome) => outcome.byRule), byModel: share((outcome) => outcome.byModel),
      grave: share((outcome) => outcome.grave), at: Object.fromEntries(at),
    };
  });
}

const SIZES = [[512, 'to 512'], [2_048, 'to 2,048'], [10_240, 'to 10,240'], [Number.POSITIVE_INFINITY, 'more']] as const;

/** CPU of the chosen detectors with all decoding, in milliseconds. */
function latencyOf(tried: readonly Tried[]): readonly Latency[] {
  return SIZES.flatMap(([size, characters], at) => {
    const below = at === 0 ? 0 : (SIZES[at - 1]?.[0] ?? 0);
    const ms = tried.filter(({ row }) => row.text.length > below && row.text.length <= size).map(({ outcome }) => outcome.ms);
    return ms.length === 0 ? [] : [{ characters, rows: ms.length, p50: quantile(ms, 0.5), p95: quantile(ms, 0.95), p99: quantile(ms, 0.99) }];
  });
}
