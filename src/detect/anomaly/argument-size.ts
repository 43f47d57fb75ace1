import { CHANNEL } from './channels.ts';
import { PAIR, TOOL } from './places.ts';
import type { Rule } from './sight.ts';
import { expectedSize, learnSize, sizeScore } from './sizes.ts';
import { createWindow } from './windows.ts';

/** What is sent: by one call, and in an hour and a day. Data leaves in arguments. */
const hours = createWindow({ channel: CHANNEL.argumentHour, kind: 'size', warm: 20, memory: 200 });
const days = createWindow({ channel: CHANNEL.argumentDay, kind: 'size', warm: 6, memory: 25, drift: CHANNEL.argumentDrift });

export const argumentSize: Rule = {
  width: hours.width + days.width,
  ask(sight, at) {
    const { argumentBytes, tool } = sight.call;
    if (tool === undefined) return;
    hours.see(sight, at, hours.total(sight, at) + argumentBytes, 1);
    days.see(sight, at + hours.width, days.total(sight, at + hours.width) + argumentBytes, 1);
    if (sight.pair < 0 || sight.tool < 0) return;
    const { score, cold } = sizeScore(sight, CHANNEL.argumentCall, argumentBytes, PAIR.arguments, TOOL.arguments);
    sight.report(CHANNEL.argumentCall, score, cold, expectedSize(), Math.log1p(argumentBytes));
    sight.test(CHANNEL.argumentCall, score, cold);
    learnSize(sight, CHANNEL.argumentCall, argumentBytes, PAIR.arguments, TOOL.arguments);
  },
  closeHour: (sight, at) => hours.close(sight, at, 1),
  closeDay: (sight, at) => days.close(sight, at + hours.width, 1),
};
