import { action, close, wash } from './exercise/change.ts';
import { list, show } from './exercise/list.ts';
import { print } from './exercise/print.ts';
import { report } from './exercise/report.ts';
import { run } from './exercise/run.ts';
import { score } from './exercise/score.ts';
import { commandOf } from './verbs.ts';

export const command = commandOf('exercise', 'Practise incidents: on paper, or live at a gate of its own that sees whether the right thing was done in time', {
  list, print, run, score, wash, action, show, report, close,
});
