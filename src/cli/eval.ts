import type { Json } from '../domain/json.ts';
import { DETECTORS } from '../detect/table.ts';
import { readArguments, usageError } from './arguments.ts';
import { show } from './command.ts';
import type { Command } from './command.ts';
import { OPERATING } from './eval/judge.ts';
import { modelsFor } from './eval/models.ts';
import { readRows } from './eval/rows.ts';
import { FIXED_SHARES, evaluate } from './eval/run.ts';
import type { Report, Stratum } from './eval/run.ts';
import { withProgress } from './progress.ts';
import { table } from './terminal.ts';

const OPTIONS = { detectors: { type: 'string' }, shipped: { type: 'boolean' } } as const;

export const command: Command = {
  name: 'eval',
  summary: 'How much of what attacks detectors find, and of what is benign flag, on labelled texts of your own or of others',
  usage: 'eval FOLDER|FILE [--detectors a,b] [--shipped]',
  async run(args, io) {
    const given = readArguments(command, args, OPTIONS);
    const [path, ...more] = given.positionals;
    if (path === undefined || more.length > 0) throw usageError(command, 'one folder or file is wanted');
    const rows = readRows(path);
    let at = '';
    const report = await withProgress(io, () => `judging ${at}`, () =>
      evaluate(rows, chosen(given.text('detectors')), modelsFor(rows, given.flag('shipped')), (source) => { at = source; }));
    show(io, given.json, jsonOf(report), () => describe(report));
    return 0;
  },
};

function chosen(said: string | undefined): readonly string[] {
  const ids = said?.split(',') ?? Object.keys(OPERATING);
  const unknown = ids.find((id) => !DETECTORS.some((detector) => detector.id === id));
  if (unknown !== undefined) throw usageError(command, `there is no detector ${unknown}`);
  return ids;
}

function jsonOf(report: Report): Json {
  return { ...report, attacks: strataJson(report.attacks), benign: strataJson(report.benign), latency: report.latency.map((one) => ({ ...one })) };
}

function strataJson(all: readonly Stratum[]): Json {
  return all.map((one) => ({ ...one, at: { ...one.at } }));
}

function describe(report: Report): string {
  const { rows, detectors, leftOut, known, latency } = report;
  const head = ['stratum', 'rows', 'groups', 'flagged', '95 % by row', '95 % by group', 'by rules', 'high',
    ...FIXED_SHARES.map((share) => `at ${share * 100} %`)];
  return [
    `${rows} rows by ${detectors.join(', ')}; every row was looked at by every one of them.\n`,
    leftOut.length === 0 ? '' : `Left out of training, one by one: ${leftOut.join(', ')}.\n`,
    known.length === 0 ? '' : `THE WEIGHTS WERE TRAINED ON ${known.join(', ')}: figures of these say how well it is remembered.\n`,
    '\nAttacks\n', table(head, report.attacks.map(lineOf)),
    '\nBenign\n', table(head, report.benign.map(lineOf)),
    '\nMilliseconds of CPU a row\n', table(['characters', 'rows', 'p50', 'p95', 'p99'], latency.map((one) => [
      one.characters, one.rows, one.p50.toFixed(3), one.p95.toFixed(3), one.p99.toFixed(3),
    ])),
  ].join('');
}

function lineOf({ name, rows, groups, share, wilson, bootstrap, byRule, grave, at }: Stratum): readonly (string | number)[] {
  return [
    name, rows, groups, share.toFixed(4), interval(wilson), interval(bootstrap), byRule.toFixed(4), grave.toFixed(4),
      ...FIXED_SHARES.map((one) => (at[String(one)] ?? 0).toFixed(4)),
  ];
}

function interval([low, high]: readonly [number, number]): string {
  return `${low.toFixed(3)}–${high.toFixed(3)}`;
}
