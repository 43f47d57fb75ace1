import { SentenceReader } from '../sentences.ts';
import type { TrainingRow } from './rows.ts';

/** A long document teaches by its beginning. */
const CHARS_MAX = 8_192;

/** Rows read once, for all that is trained on them. */
export interface Packed {
  /** Features of sentence `s`: from `at[s]` up to `at[s + 1]`. */
  readonly features: Uint32Array;
  readonly at: Uint32Array;
  readonly words: Uint16Array;
  /** Sentences of row `r`: from `rows[r]` up to `rows[r + 1]`. */
  readonly rows: Uint32Array;
  /** 1: the sentence is part of what makes its row an attack, or the row does not say which part is; 0: it is the carrier. */
  readonly guilty: Uint8Array;
}

export function pack(rows: readonly TrainingRow[]): Packed {
  const reader = new SentenceReader();
  const chunks: Uint32Array[] = [];
  const [at, words, starts, guilty]: [number[], number[], number[], number[]] = [[0], [], [], []];
  let filled = 0;
  for (const { text, poison, goal } of rows) {
    starts.push(words.length);
    const [from, to] = poison === undefined ? placeOf(text, goal, ANNOUNCED_CHARS) : placeOf(text, poison, 0);
    reader.read(text.slice(0, CHARS_MAX), (start, end, count, size) => {
      chunks.push(reader.features.slice(0, size));
      filled += size;
      at.push(filled);
      words.push(count);
      guilty.push(start < to && end > from ? 1 : 0);
    });
  }
  const features = new Uint32Array(filled);
  chunks.forEach((chunk, sentence) => features.set(chunk, at[sentence] ?? 0));
  return { features, at: Uint32Array.from(at), words: Uint16Array.from(words), rows: Uint32Array.from([...starts, words.length]),
    guilty: Uint8Array.from(guilty) };
}

/** Where the bad part stands, with so many units on either side; all of the text where it does not say. */
function placeOf(text: string, part: string | undefined, around: number): readonly [number, number] {
  const at = part === undefined ? -1 : text.indexOf(part);
  return part === undefined || at < 0 ? [0, text.length] : [Math.max(0, at - around), at + part.length + around];
}

/** A goal is announced by its template, which stands around it. What is named as the poison is all of it: around it the carrier is innocent. */
const ANNOUNCED_CHARS = 240;
