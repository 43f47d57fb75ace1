import { CHANNEL } from './channels.ts';
import { CELLS, DESTINATION } from './places.ts';
import { know, knows } from './sets.ts';
import type { Rule, Sight } from './sight.ts';
import { createWindow } from './windows.ts';

/**
 * Destinations (recipients, hosts, accounts; by hash): how many are new to an actor in an hour and a day (fan-out; one that nobody
 * ever named counts for more), how much goes to strangers (named lately, by nobody else), and from what context.
 */
const KNOWN = 32;
const UNHEARD_OF = 3;
const hours = createWindow({ channel: CHANNEL.destinationsHour, kind: 'count', warm: 20, memory: 200 });
const days = createWindow({ channel: CHANNEL.destinationsDay, kind: 'count', warm: 6, memory: 25 });
const DAY = KNOWN + hours.width;
/** How often this actor sent to a stranger, from each of 8 kinds of context. */
const LEAKS = DAY + days.width;
const PER_CALL_MAX = 32;
const YOUNG_HOURS = 21 * 24;

export const destinations: Rule = {
  width: LEAKS + 8,
  ask(sight, at) {
    const { call } = sight;
    const count = Math.min(call.destinations.length, PER_CALL_MAX);
    if (count === 0) return;
    const sends = call.effect === 'communicate' || call.effect === 'transact';
    let [fresh, most, unheard] = [0, 0, 0];
    for (let index = 0; index < count; index += 1) {
      const hash = hashOf(call.destinations[index] ?? '');
      const isNew = !knows(sight.rows.words, at, KNOWN, hash);
      const row = sight.destinations.find(hash);
      if (row < 0) unheard += 1;
      if (isNew) fresh += row < 0 ? UNHEARD_OF : 1;
      if (isStranger(sight, row)) most = Math.max(most, row < 0 ? 1 : 1 + (sight.destinations.floats[row + DESTINATION.calls] ?? 0));
    }
    if (fresh > 0) {
      hours.see(sight, at + KNOWN, hours.total(sight, at + KNOWN) + fresh, 1);
      days.see(sight, at + DAY, days.total(sight, at + DAY) + fresh, 1);
    }
    if (!sends || most === 0) return;
    sight.report(CHANNEL.strangers, most, 1, most);
    if (unheard > 0) sight.report(CHANNEL.leak, leakScore(sight, at), 1, sight.everybody.cells[CELLS.leaks + placeOf(sight)] ?? 0);
  },
  settle(sight, { outcome }, at) {
    const { call, rows, everybody } = sight;
    if (outcome === 'denied' || outcome === 'refused') return;
    const sends = call.effect === 'communicate' || call.effect === 'transact';
    for (let index = 0; index < Math.min(call.destinations.length, PER_CALL_MAX); index += 1) {
      const hash = hashOf(call.destinations[index] ?? '');
      if (sight.trust === 1 && !knows(rows.words, at, KNOWN, hash)) know(rows.words, at, KNOWN, hash);
      if (sends && sight.destinations.find(hash) < 0) {
        everybody.cells[CELLS.leaks + placeOf(sight)] = (everybody.cells[CELLS.leaks + placeOf(sight)] ?? 0) + 1;
        rows.floats[at + LEAKS + placeOf(sight)] = (rows.floats[at + LEAKS + placeOf(sight)] ?? 0) + 1;
      }
      if (sends) name(sight, hash);
    }
  },
  closeHour: (sight, at) => hours.close(sight, at + KNOWN, 1),
  closeDay: (sight, at) => days.close(sight, at + DAY, 1),
};

/** Takes note that this actor named a destination. */
function name({ destinations: table, actor, hour }: Sight, hash: number): void {
  const { floats, words } = table;
  const row = table.claim(hash, hour);
  if (row < 0) return;
  const user = (actor >>> 0) || 1;
  if ((floats[row + DESTINATION.calls] ?? 0) === 0) {
    words[row + DESTINATION.since] = hour;
    words[row + DESTINATION.user] = user;
  } else if (words[row + DESTINATION.user] !== user) words[row + DESTINATION.user] = 0;
  floats[row + DESTINATION.calls] = (floats[row + DESTINATION.calls] ?? 0) + 1;
}

/** Named for the first time lately, and by this actor alone. */
function isStranger({ destinations: { words }, actor, hour }: Sight, row: number): boolean {
  if (row < 0) return true;
  return hour - (words[row + DESTINATION.since] ?? 0) < YOUNG_HOURS && words[row + DESTINATION.user] === ((actor >>> 0) || 1);
}

/** How unusual it is that somebody, and that this actor, sends to a stranger with this in its context. */
function leakScore(sight: Sight, at: number): number {
  const { rows: { floats }, everybody: { cells } } = sight;
  const place = placeOf(sight);
  let [own, all] = [0, 0];
  for (let one = 0; one < 8; one += 1) {
    own += floats[at + LEAKS + one] ?? 0;
    all += cells[CELLS.leaks + one] ?? 0;
  }
  return -Math.log(((cells[CELLS.leaks + place] ?? 0) + 0.5) / (all + 4)) - Math.log(((floats[at + LEAKS + place] ?? 0) + 0.5) / (own + 4))
    + Math.log((sight.days + 2) / (own + 1));
}

function placeOf({ call: { labelsBefore: { confidentiality, categories, integrity } } }: Sight): number {
  const isSecret = categories.includes('secret') || categories.includes('pci') || categories.includes('phi');
  return (integrity === 'untrusted' ? 4 : 0) + (confidentiality === 'restricted' ? 2 : 0) + (isSecret ? 1 : 0);
}

function hashOf(text: string): number {
  let [high, low] = [17, 29];
  for (let index = 0; index < text.length; index += 1) {
    high = Math.imul(high ^ text.charCodeAt(index), 0x5f356495);
    low = Math.imul(low ^ text.charCodeAt(index), 0x9e3779b1);
  }
  return ((high ^ (high >>> 15)) >>> 11) * 2 ** 32 + ((low ^ (low >>> 13)) >>> 0) || 1;
}
