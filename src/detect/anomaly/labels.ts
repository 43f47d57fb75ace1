import { CHANNEL } from './channels.ts';
import { CATEGORIES, CONFIDENTIALITIES, type Labels } from '../../domain/server.ts';
import type { CallAsked } from './event.ts';
import { CELLS } from './places.ts';
import type { Rule, Sight } from './sight.ts';

/**
 * An actor's context reaches a confidentiality or category that it never had, or something is done in a context in which this actor
 * never did the like (communicates what is confidential, after what is untrusted). How unusual: how few others were ever there,
 * and for how long this one was not.
 */
const KINDS = { reads: 0, changes: 1, sends: 2 } as const;
/** Places of the first word: 4 confidentialities × 2 integrities × 3 kinds. Of the second: 4 confidentialities and the categories. */
const DONE = 0;
const REACHED = 1;

export const labels: Rule = {
  width: 2,
  ask(sight, at) {
    look(sight, at + DONE, DONE, doneIn(sight.call));
  },
  settle(sight, { labelsAfter, outcome }, at) {
    look(sight, at + REACHED, REACHED, reached(labelsAfter));
    if (outcome === 'denied' || outcome === 'refused') return;
    take(sight, at + DONE, DONE, doneIn(sight.call));
    take(sight, at + REACHED, REACHED, reached(labelsAfter));
  },
};

function look(sight: Sight, at: number, word: number, places: number): void {
  const fresh = places & ~(sight.rows.words[at] ?? 0);
  if (fresh !== 0) forEach(fresh, (place) => sight.report(CHANNEL.labels, score(sight, word, place), 1, share(sight, word, place)));
}

function take(sight: Sight, at: number, word: number, places: number): void {
  const fresh = places & ~(sight.rows.words[at] ?? 0);
  if (fresh === 0) return;
  forEach(fresh, (place) => {
    sight.everybody.cells[cellOf(word, place)] = others(sight, word, place) + 1;
  });
  sight.rows.words[at] = ((sight.rows.words[at] ?? 0) | fresh) >>> 0;
}

function forEach(bits: number, each: (place: number) => void): void {
  for (let place = 0; place < 32; place += 1) if ((bits & (1 << place)) !== 0) each(place);
}

function score(sight: Sight, word: number, place: number): number {
  return Math.log(sight.days + 1) - Math.log((others(sight, word, place) + 0.5) / (sight.everybody.actors + 1));
}

function share(sight: Sight, word: number, place: number): number {
  return others(sight, word, place) / Math.max(1, sight.everybody.actors);
}

function others({ everybody }: Sight, word: number, place: number): number {
  return everybody.cells[cellOf(word, place)] ?? 0;
}

function cellOf(word: number, place: number): number {
  return CELLS.labels + (word === DONE ? 0 : 24) + place;
}

function doneIn({ labelsBefore, effect, tool }: CallAsked): number {
  if (tool === undefined) return 0;
  const kind = effect === 'communicate' || effect === 'transact' ? KINDS.sends : effect === 'read' ? KINDS.reads : KINDS.changes;
  return 1 << ((CONFIDENTIALITIES.indexOf(labelsBefore.confidentiality) * 2 + (labelsBefore.integrity === 'trusted' ? 0 : 1)) * 3 + kind);
}

function reached({ confidentiality, categories }: Labels): number {
  let places = 1 << CONFIDENTIALITIES.indexOf(confidentiality);
  for (const one of categories) places |= 1 << (4 + CATEGORIES.indexOf(one));
  return places;
}
