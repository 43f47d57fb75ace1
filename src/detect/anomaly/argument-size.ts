import { CHANNEL } from './channels.ts';
import { PAIR, TOOL } from './places.ts';
import type { Rule } from './sight.ts';
import { cellOf } from './argument-shape.ts';
import { MOMENTS_WIDTH } from './moments.ts';
import { expectedSize, learnProperty, learnSize, propertyScore, sizeScore } from './sizes.ts';
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
    let [rarest, most, expected] = [0, 0, 0];
    for (const { name, type, bytes } of sight.call.arguments) {
      const place = sight.tool + TOOL.sizes + MOMENTS_WIDTH * cellOf(name, type);
      const score = propertyScore(sight, bytes, place);
      if (score >= rarest) [rarest, most, expected] = [score, bytes, expectedSize()];
      learnProperty(sight, bytes, place);
    }
    if (sight.call.arguments.length > 0) {
      sight.report(CHANNEL.property, rarest, expected, Math.log1p(most));
    }
    const score = sizeScore(sight, CHANNEL.argumentCall, argumentBytes, PAIR.arguments, TOOL.arguments);
    sight.report(CHANNEL.argumentCall, score, expectedSize(), Math.log1p(argumentBytes));
    learnSize(sight, CHANNEL.argumentCall, argumentBytes, PAIR.arguments, TOOL.arguments);
  },
  closeHour: (sight, at) => hours.close(sight, at, 1),
  closeDay: (sight, at) => days.close(sight, at + hours.width, 1),
};
