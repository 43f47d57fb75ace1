import { show as print } from '../command.ts';
import type { Verb } from '../verbs.ts';
import { reportOf } from './stored-report.ts';
import { describeRun } from './view.ts';
import { FORMS, writeForms } from './write.ts';

export const report: Verb = {
  usage: 'report [RUN] [--html FILE] [--junit FILE] [--report FILE]',
  options: FORMS,
  async run({ client, options, io }) {
    const answer = await client.get(`/redteam/runs/${encodeURIComponent(options.positionals[0] ?? 'last')}`);
    const run = reportOf(answer);
    if (!(await writeForms(options, run))) print(io, options.json, answer, () => describeRun(run));
    return 0;
  },
};
