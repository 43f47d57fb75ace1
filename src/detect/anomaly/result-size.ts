import { CHANNEL } from './channels.ts';
import { PAIR, TOOL } from './places.ts';
import type { Rule } from './sight.ts';
import { expectedSize, learnSize, sizeScore } from './sizes.ts';
import { createWindow } from './windows.ts';

/** What comes back: by one call, and in an hour and a day. Data is gathered in results. */
const hours = createWindow({ channel: CHANNEL.resultHour, kind: 'size', warm: 20, memory: 200 });
const days = createWindow({ channel: CHANNEL.resultDay, kind: 'size', warm: 6, memory: 25, drift: CHANNEL.resultDrift });

export const resultSize: Rule = {
  width: hours.width + days.width,
  settle(sight, { outcome, resultBytes }, at) {
    if (sight.call.tool === undefined || outcome !== 'permitted') return;
    hours.see(sight, at, hours.total(sight, at) + resultBytes, 1);
    days.see(sight, at + hours.width, days.total(sight, at + hours.width) + resultBytes, 1);
    if (sight.pair < 0 || sight.tool < 0) return;
    const score = sizeScore(sight, CHANNEL.resultCall, resultBytes, PAIR.results, TOOL.results);
    sight.report(CHANNEL.resultCall, score, expectedSize(), Math.log1p(resultBytes));
    learnSize(sight, CHANNEL.resultCall, resultBytes, PAIR.results, TOOL.results);
  },
  closeHour: (sight, at) => hours.close(sight, at, 1),
  closeDay: (sight, at) => days.close(sight, at + hours.width, 1),
};
