import { CHANNEL } from './channels.ts';
import { count, distinct } from './sets.ts';
import type { Rule, Sight } from './sight.ts';
import { createWindow, type Window } from './windows.ts';

/** How many different tools, prompts, resources and lists an actor turns to in an hour and in a day. */
const BITS = 8;
const hours = createWindow({ channel: CHANNEL.distinctHour, kind: 'count', warm: 20, memory: 200 });
const days = createWindow({ channel: CHANNEL.distinctDay, kind: 'count', warm: 6, memory: 25 });
const DAY = BITS + hours.width;

export const enumeration: Rule = {
  width: DAY + BITS + days.width,
  ask(sight, at) {
    look(sight, hours, at);
    look(sight, days, at + DAY);
  },
  closeHour: (sight, at) => close(sight, hours, at),
  closeDay: (sight, at) => close(sight, days, at + DAY),
};

function look(sight: Sight, window: Window, at: number): void {
  if (count(sight.rows.words, at, BITS, sight.item)) window.see(sight, at + BITS, distinct(sight.rows.words, at, BITS), 1);
}

function close(sight: Sight, window: Window, at: number): void {
  window.close(sight, at + BITS, 1);
  sight.rows.words.fill(0, at, at + BITS);
}
