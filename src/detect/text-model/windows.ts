/** About so many words are read together, beside single sentences and pairs: what says little in each of its sentences says it here. */
const WIDE_WORDS = 100;
/** What is no wider than a pair is the other scale's. */
const WIDE_SENTENCES_MIN = 3;

/** A run of sentences, first and last included, and its score: the sum of its weights over the root of their number. */
export interface Window {
  readonly score: number;
  readonly first: number;
  readonly last: number;
}

/** What scores of sentences are made of; `count` of them, in the order of the text. Grown, never shrunk; one at a time. */
export class Sentences {
  count = 0;
  sums = new Float64Array(1_024);
  sizes = new Float64Array(1_024);
  words = new Float64Array(1_024);

  add(sum: number, size: number, words: number): void {
    if (this.count === this.sums.length) {
      this.sums = grown(this.sums);
      this.sizes = grown(this.sizes);
      this.words = grown(this.words);
    }
    this.sums[this.count] = sum;
    this.sizes[this.count] = size;
    this.words[this.count] = words;
    this.count += 1;
  }
}

/** The best single sentence or pair; undefined where there is no sentence. */
export function nearest({ count, sums, sizes }: Sentences): Window | undefined {
  let [score, first, last] = [Number.NEGATIVE_INFINITY, 0, 0];
  for (let at = 0; at < count; at += 1) {
    const [sum, size] = [sums[at] ?? 0, sizes[at] ?? 1];
    const alone = sum / Math.sqrt(size);
    if (alone > score) [score, first, last] = [alone, at, at];
    if (at + 1 === count) break;
    const both = (sum + (sums[at + 1] ?? 0)) / Math.sqrt(size + (sizes[at + 1] ?? 1));
    if (both > score) [score, first, last] = [both, at, at + 1];
  }
  return count === 0 ? undefined : { score, first, last };
}

/** The best run of about a hundred words; undefined where the text has no such run. */
export function widest({ count, sums, sizes, words }: Sentences): Window | undefined {
  if (count < WIDE_SENTENCES_MIN) return undefined;
  let [score, first, last] = [Number.NEGATIVE_INFINITY, 0, 0];
  let [from, sum, size, said] = [0, 0, 0, 0];
  for (let at = 0; at < count; at += 1) {
    sum += sums[at] ?? 0;
    size += sizes[at] ?? 0;
    said += words[at] ?? 0;
    for (; said > WIDE_WORDS && from < at; from += 1) {
      sum -= sums[from] ?? 0;
      size -= sizes[from] ?? 0;
      said -= words[from] ?? 0;
    }
    const here = sum / Math.sqrt(size);
    if (here > score) [score, first, last] = [here, from, at];
  }
  return { score, first, last };
}

function grown(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(values.length * 2);
  larger.set(values);
  return larger;
}
