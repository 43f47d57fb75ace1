import { DETECTORS } from '../detect/table.ts';
import { readArguments, usageError } from './arguments.ts';
import { show } from './command.ts';
import type { Command } from './command.ts';
import { OPERATING } from './eval/judge.ts';
import { modelsFor } from './eval/models.ts';
import { describe, jsonOf } from './eval/present.ts';
import { readRows } from './eval/rows.ts';
import { describeReplays, jsonOfReplays, replayAll } from './eval/replay/report.ts';
import { findReplays, HALVES, readSuite, type Half } from './eval/replay/suites.ts';
import { evaluate } from './eval/run.ts';
import { withProgress } from './progress.ts';

const OPTIONS = { detectors: { type: 'string' }, shipped: { type: 'boolean' }, half: { type: 'string' }, tasks: { type: 'boolean' } } as const;

export const command: Command = {
  name: 'eval',
  summary: 'How much of what attacks detectors find, and of what is benign flag, on labelled texts; how many replayed attacks flow control stops',
  usage: 'eval FOLDER|FILE [--detectors a,b] [--shipped] [--half open|frozen|all] [--tasks]',
  async run(args, io) {
    const given = readArguments(command, args, OPTIONS);
    const [path, ...more] = given.positionals;
    if (path === undefined || more.length > 0) throw usageError(command, 'one folder or file is wanted');
    const replays = findReplays(path);
    if (replays.length > 0) {
      const half = halfNamed(given.text('half') ?? 'all');
      const report = await withProgress(io, () => 'replaying', () => replayAll(replays.map((file) => readSuite(file, half))));
      show(io, given.json, jsonOfReplays(report), () => describeReplays(report, half, given.flag('tasks')));
      return 0;
    }
    const rows = readRows(path);
    let at = '';
    const report = await withProgress(io, () => `judging ${at}`, () =>
      evaluate(rows, chosen(given.text('detectors')), modelsFor(rows, given.flag('shipped')), (source) => { at = source; }));
    show(io, given.json, jsonOf(report), () => describe(report));
    return 0;
  },
};

function halfNamed(said: string): Half {
  const half = HALVES.find((one) => one === said);
  if (half === undefined) throw usageError(command, `--half is one of ${HALVES.join(', ')}`);
  return half;
}

function chosen(said: string | undefined): readonly string[] {
  const ids = said?.split(',') ?? Object.keys(OPERATING);
  const unknown = ids.find((id) => !DETECTORS.some((detector) => detector.id === id));
  if (unknown !== undefined) throw usageError(command, `there is no detector ${unknown}`);
  return ids;
}
