import { commandOf } from './verbs.ts';
import { list, show } from './redteam/scenarios.ts';
import { report } from './redteam/report.ts';
import { run } from './redteam/run.ts';

export const command = commandOf('redteam', 'Try attacks on a copy of the gate that reaches nothing: prevented, detected or missed, and by which control', {
  run, list, show, report,
});
