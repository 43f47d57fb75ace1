import { CHANNEL } from './channels.ts';
import type { Rule } from './sight.ts';
import { createWindow } from './windows.ts';

/** What was denied or refused to an actor in an hour and a day: somebody who tries doors. */
const hours = createWindow({ channel: CHANNEL.denialsHour, kind: 'count', warm: 20, memory: 200 });
const days = createWindow({ channel: CHANNEL.denialsDay, kind: 'count', warm: 6, memory: 25 });

export const denials: Rule = {
  width: hours.width + days.width,
  settle(sight, { outcome }, at) {
    if (outcome !== 'denied' && outcome !== 'refused') return;
    hours.see(sight, at, hours.total(sight, at) + 1, 1);
    days.see(sight, at + hours.width, days.total(sight, at + hours.width) + 1, 1);
  },
  closeHour: (sight, at) => hours.close(sight, at, 1),
  closeDay: (sight, at) => days.close(sight, at + hours.width, 1),
};
