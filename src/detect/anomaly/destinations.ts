import { CHANNEL } from './channels.ts';
import { BITS_WIDTH } from './places.ts';
import { know, knows } from './sets.ts';
import type { Rule } from './sight.ts';
import { createWindow } from './windows.ts';

/**
 * Destinations (recipients, hosts, accounts; by hash) that are new to an actor, in an hour and a day: fan-out. One that nobody of
 * the organisation ever named counts for more.
 */
const KNOWN = 32;
const STRANGER = 3;
const hours = createWindow({ channel: CHANNEL.destinationsHour, kind: 'count', warm: 20, memory: 200 });
const days = createWindow({ channel: CHANNEL.destinationsDay, kind: 'count', warm: 6, memory: 25 });
const DAY = KNOWN + hours.width;
const PER_CALL_MAX = 64;

export const destinations: Rule = {
  width: DAY + days.width,
  ask(sight, at) {
    const { call, rows, everybody } = sight;
    let fresh = 0;
    for (const text of call.destinations.length > PER_CALL_MAX ? call.destinations.slice(0, PER_CALL_MAX) : call.destinations) {
      const hash = hashOf(text);
      if (!knows(rows.words, at, KNOWN, hash)) fresh += knows(everybody.bits, 0, BITS_WIDTH, hash) ? 1 : STRANGER;
    }
    if (fresh === 0) return;
    hours.see(sight, at + KNOWN, hours.total(sight, at + KNOWN) + fresh, 1);
    days.see(sight, at + DAY, days.total(sight, at + DAY) + fresh, 1);
  },
  settle({ call, rows, everybody, trust }, { outcome }, at) {
    if (outcome !== 'permitted' || trust < 1) return;
    for (const text of call.destinations.slice(0, PER_CALL_MAX)) {
      const hash = hashOf(text);
      if (!knows(rows.words, at, KNOWN, hash)) know(rows.words, at, KNOWN, hash);
      if (!knows(everybody.bits, 0, BITS_WIDTH, hash)) know(everybody.bits, 0, BITS_WIDTH, hash);
    }
  },
  closeHour: (sight, at) => hours.close(sight, at + KNOWN, 1),
  closeDay: (sight, at) => days.close(sight, at + DAY, 1),
};

function hashOf(text: string): number {
  let hash = 17;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x5f356495);
  return (hash ^ (hash >>> 15)) >>> 0;
}
