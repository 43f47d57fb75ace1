import { isKnown } from './model.ts';
import type { HeadModel, Scale } from './model.ts';
import { SentenceReader } from './sentences.ts';
import { Sentences, nearest, widest } from './windows.ts';
import type { Window } from './windows.ts';

/** A sentence of fewer known words than this share is in no language that the model covers, or no prose: it is left out. */
const KNOWN_SHARE_MIN = 0.4;

/** The worst of a text at one scale, and where it stands (UTF-16 units). */
export interface Worst {
  readonly score: number;
  readonly start: number;
  readonly end: number;
}

const READER = new SentenceReader();

/** The worst windows of a text at both scales; none where nothing in it is covered. One pass. */
export function scan(text: string, { weights, step }: HeadModel, vocabulary: Uint8Array): Partial<Readonly<Record<Scale, Worst>>> {
  const sentences = new Sentences();
  const places: number[] = [];
  READER.read(text, (start, end, words, features) => {
    let known = 0;
    for (let word = 0; word < words; word += 1) if (isKnown(vocabulary, READER.words[word] ?? 0)) known += 1;
    if (known < words * KNOWN_SHARE_MIN) return;
    let sum = 0;
    for (let feature = 0; feature < features; feature += 1) sum += weights[READER.features[feature] ?? 0] ?? 0;
    sentences.add(sum * step, features, words);
    places.push(start, end);
  });
  const worst = (window: Window | undefined): Worst | undefined =>
    window && { score: window.score, start: places[2 * window.first] ?? 0, end: places[2 * window.last + 1] ?? text.length };
  const [near, wide] = [worst(nearest(sentences)), worst(widest(sentences))];
  return { ...(near === undefined ? {} : { near }), ...(wide === undefined ? {} : { wide }) };
}
