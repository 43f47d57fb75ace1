import type { WordKind } from './lexicon.ts';
import type { Sentence, Word } from './words.ts';

/** Words of these kinds, near each other in one sentence: what an order to a model is made of, in any wording. */
export interface Phrase<Rule extends string> {
  readonly rule: Rule;
  /** How much it counts towards `poisoned`. */
  readonly weight: number;
  /** Each step is one word, of any of the kinds. */
  readonly steps: readonly (readonly WordKind[])[];
  /** Words from the first to the last at most. */
  readonly within: number;
  /** Whether the steps may come in any order. */
  readonly anyOrder?: true;
}

export interface Match<Rule extends string> {
  readonly phrase: Phrase<Rule>;
  readonly start: number;
  readonly end: number;
}

/** The first occurrence of each phrase in a sentence. One pass over its words for each. */
export function matchPhrases<Rule extends string>({ words, loose }: Sentence, phrases: readonly Phrase<Rule>[]): readonly Match<Rule>[] {
  const present = new Set(words.flatMap(({ kinds }) => kinds));
  return phrases.flatMap((phrase) => {
    if (!phrase.steps.every((step) => step.some((kind) => present.has(kind)))) return [];
    const found = phrase.anyOrder === true || loose ? anyOrder(words, phrase) : inOrder(words, phrase);
    return found === undefined ? [] : [{ phrase, start: Math.min(...found.map(({ start }) => start)), end: Math.max(...found.map(({ end }) => end)) }];
  });
}

/** Keeps of each number of steps done the latest way to have done them: later beginnings reach further. */
function inOrder<Rule extends string>(words: readonly Word[], { steps, within }: Phrase<Rule>): readonly Word[] | undefined {
  const begun: (readonly [Word, Word] | undefined)[] = steps.map(() => undefined);
  for (const word of words) {
    for (let step = steps.length - 1; step >= 0; step -= 1) {
      if (!isOf(word, steps[step])) continue;
      const first = step === 0 ? word : begun[step - 1]?.[0];
      if (first === undefined || (step > 0 && word.position - first.position >= within)) continue;
      if (step === steps.length - 1) return [first, word];
      begun[step] = [first, word];
    }
  }
  return undefined;
}

function anyOrder<Rule extends string>(words: readonly Word[], { steps, within }: Phrase<Rule>): readonly Word[] | undefined {
  const last: (Word | undefined)[] = steps.map(() => undefined);
  for (const word of words) {
    // One word does for one step: the one that waits longest for it.
    const step = steps.reduce<number>((best, kinds, index) =>
      (isOf(word, kinds) && (best < 0 || (last[index]?.position ?? -1) < (last[best]?.position ?? -1)) ? index : best), -1);
    if (step < 0) continue;
    last[step] = word;
    const found = last.filter((one) => one !== undefined);
    if (found.length === steps.length && word.position - Math.min(...found.map(({ position }) => position)) < within) return found;
  }
  return undefined;
}

function isOf({ kinds }: Word, step: readonly WordKind[] | undefined): boolean {
  return step !== undefined && kinds.some((kind) => step.includes(kind));
}
