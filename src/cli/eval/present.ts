import type { Json } from '../../domain/json.ts';
import { table } from '../terminal.ts';
import { FIXED_SHARES } from './run.ts';
import type { Report, Stratum } from './run.ts';

export function jsonOf(report: Report): Json {
  return { ...report, attacks: strataJson(report.attacks), benign: strataJson(report.benign), latency: report.latency.map((one) => ({ ...one })) };
}

export function describe(report: Report): string {
  const { rows, detectors, leftOut, known, partlyRead, latency } = report;
  return [
    `${rows} rows by ${detectors.join(', ')}; every row was looked at by every one of them that reads its kind.\n`,
    partlyRead === 0 ? '' : `${partlyRead} of them are longer than the text model reads: of their rest only rules speak.\n`,
    leftOut.length === 0 ? '' : `Left out of training, one by one: ${leftOut.join(', ')}.\n`,
    known.length === 0 ? '' : `THE WEIGHTS WERE TRAINED ON ${known.join(', ')}: figures of these say how well it is remembered.\n`,
    '\nAttacks\n', table(COLUMNS, report.attacks.map(lineOf)),
    '\nBenign\n', table(COLUMNS, report.benign.map(lineOf)),
    '\nMilliseconds of CPU a row\n', table(['characters', 'rows', 'p50', 'p95', 'p99'], latency.map((one) => [
      one.characters, one.rows, one.p50.toFixed(3), one.p95.toFixed(3), one.p99.toFixed(3),
    ])),
  ].join('');
}

export const COLUMNS = ['stratum', 'rows', 'groups', 'flagged', '95 % by row', '95 % by group', 'by rules', 'by model', 'high',
  ...FIXED_SHARES.map((share) => `at ${share * 100} %`)] as const;

/** The cells of COLUMNS: shares to four places, so that the same figures are the same text. */
export function lineOf({ name, rows, groups, share, wilson, bootstrap, byRule, byModel, grave, at }: Stratum): readonly string[] {
  const shares = [byRule, byModel, grave, ...FIXED_SHARES.map((one) => at[String(one)])];
  return [
    name, String(rows), String(groups), share.toFixed(4), interval(wilson), interval(bootstrap), ...shares.map((one) => one?.toFixed(4) ?? '–'),
  ];
}

function strataJson(all: readonly Stratum[]): Json {
  return all.map((one) => ({ ...one, at: { ...one.at } }));
}

function interval([low, high]: readonly [number, number]): string {
  return `${low.toFixed(3)}–${high.toFixed(3)}`;
}
