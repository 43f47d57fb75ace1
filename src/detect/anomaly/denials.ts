import { CHANNEL } from './channels.ts';
import type { Rule, Sight } from './sight.ts';
import { createWindow } from './windows.ts';

/** What was denied or refused to an actor in an hour and a day: somebody who tries doors. */
const hours = createWindow({ channel: CHANNEL.denialsHour, kind: 'count', warm: 20, memory: 200 });
const days = createWindow({ channel: CHANNEL.denialsDay, kind: 'count', warm: 6, memory: 25 });

export const denials: Rule = {
  width: hours.width + days.width + 3,
  settle(sight, { outcome }, at) {
    followRun(sight, outcome === 'denied' || outcome === 'refused', at + hours.width + days.width);
    if (outcome !== 'denied' && outcome !== 'refused') return;
    hours.see(sight, at, hours.total(sight, at) + 1, 1);
    days.see(sight, at + hours.width, days.total(sight, at + hours.width) + 1, 1);
  },
  closeHour: (sight, at) => hours.close(sight, at, 1),
  closeDay: (sight, at) => days.close(sight, at + hours.width, 1),
};

/** Refusals in a row: a run of n by chance has the probability of one, to the n. Numbers: the run, refusals and calls in all. */
function followRun(sight: Sight, isRefused: boolean, at: number): void {
  const { rows: { floats }, trust } = sight;
  const run = floats[at] ?? 0;
  const [refused, calls] = [floats[at + 1] ?? 0, floats[at + 2] ?? 0];
  const usual = -Math.log((refused + 0.5) / (calls + 10));
  floats[at] = isRefused ? run + 1 : 0;
  const score = Math.sqrt(usual) * run;
  if (isRefused) sight.report(CHANNEL.denialsRun, score + Math.sqrt(usual), 0, run + 1);
  floats[at + 1] = refused + (isRefused ? trust : 0);
  floats[at + 2] = calls + 1;
  if (calls < 2000) return;
  floats[at + 1] = (floats[at + 1] ?? 0) / 2;
  floats[at + 2] = (floats[at + 2] ?? 0) / 2;
}
