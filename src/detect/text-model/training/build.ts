import { HEADS, VOCABULARY_BITS } from '../model.ts';
import type { Head, HeadModel, TextModel } from '../model.ts';
import { SentenceReader } from '../sentences.ts';
import { calibrate } from './calibrate.ts';
import { groupDuplicates, hashOf, shinglesOf } from './duplicates.ts';
import { pack } from './packed.ts';
import type { Packed } from './packed.ts';
import { headOf, lesson } from './rows.ts';
import type { TrainingRow } from './rows.ts';
import { train } from './train.ts';

/** So many tenths of the benign groups calibrate, and nothing is learnt from them. */
const CALIBRATING_TENTHS = 3;
/** Rows that say the same teach as much as so many of them. */
const SAME_MAX = 200;
/** As many words in a row are one text quoted by another. */
const QUOTED_WORDS = 8;
/** A word is known that stands in so many rows. */
const WORD_ROWS_MIN = 5;

/** A corpus made ready once, for every model that is trained on it. */
export interface Corpus {
  readonly rows: readonly TrainingRow[];
  readonly packed: Packed;
  /** Near-duplicates have one number. */
  readonly groups: Uint32Array;
}

export function prepare(rows: readonly TrainingRow[]): Corpus {
  return { rows, packed: pack(rows), groups: groupDuplicates(rows.map(({ text, poison }) => poison ?? text)) };
}

/** A model of all rows but those of one source and whatever else says the same: what that source shows of it is news to it. */
export function build(corpus: Corpus, without?: string, heads: readonly Head[] = HEADS): TextModel {
  const { rows } = corpus;
  const taught = withoutSource(corpus, without);
  const calibrates = (row: number): boolean => isCalibrating(corpus, row);
  const learnt = taught.filter((row) => !calibrates(row));
  const vocabulary = vocabularyOf(learnt.flatMap((row) => rows[row] ?? []));
  const held = taught.filter(calibrates).flatMap((row) => rows[row] ?? []);
  const built = heads.map((head) => {
    const model = quantised(train(corpus.packed, lessonsOf(corpus, head, learnt)));
    const benign = held.filter((row) => headOf(row) === head || (head === 'arguments' && headOf(row) === 'results'));
    return [head, { ...model, thresholds: calibrate(head, model, vocabulary, benign) }] as const;
  });
  const none: HeadModel = { weights: new Int8Array(), step: 0, thresholds: { near: [], wide: [] } };
  return { heads: { results: none, definitions: none, arguments: none, ...Object.fromEntries(built) }, vocabulary };
}

/** ATR's benign rows are written to fool rules: they teach, but real texts say what is rare. */
function isCalibrating({ rows, groups }: Corpus, at: number): boolean {
  const row = rows[at];
  if (row === undefined || row.label === 1 || row.source === 'atr') return false;
  const project = /^(?:docs|code|gitlog|docker|cisco:benign):(.+)$/.exec(row.category)?.[1];
  return hashOf(project ?? `${row.source} ${groups[at] ?? 0}`) % 10 < CALIBRATING_TENTHS;
}

/** All rows of other sources that are no near-duplicates of the source's; of attacks also none that quotes one of its attacks. */
function withoutSource({ rows, groups }: Corpus, source: string | undefined): readonly number[] {
  const all = rows.map((_, row) => row);
  if (source === undefined) return all;
  const mine = all.filter((row) => rows[row]?.source === source);
  const kin = new Set(mine.map((row) => groups[row]));
  const said = new Set(mine.flatMap((row) => (rows[row]?.label === 1 ? [...shinglesOf(wordsOf(rows[row]), QUOTED_WORDS)] : [])));
  return all.filter((row) => {
    if (rows[row]?.source === source || kin.has(groups[row])) return false;
    return rows[row]?.label === 0 || [...shinglesOf(wordsOf(rows[row]), QUOTED_WORDS)].every((shingle) => !said.has(shingle));
  });
}

function wordsOf(row: TrainingRow | undefined): string {
  return row?.poison ?? row?.text ?? '';
}

/** What a row is one of many of: a template where the corpus was made of templates, else its near-duplicates. */
function sameAs({ source, category, poison }: TrainingRow, group: number): string {
  if (source === 'agentdojo' || source === 'asb') return `${source} ${category.split(':').at(-1) ?? ''}`;
  return poison === undefined ? `${source} ${group}` : `${source} ${poison.split(' ').slice(0, 3).join(' ')}`;
}

function lessonsOf({ rows, groups }: Corpus, head: Head, learnt: readonly number[]): Parameters<typeof train>[1] {
  const [attack, weight] = [new Uint8Array(rows.length), new Float64Array(rows.length)];
  const same = new Map<string, number>();
  const chosen = learnt.filter((at) => {
    const row = rows[at];
    if (row === undefined || lesson(head, row) === 0) return false;
    attack[at] = row.label;
    weight[at] = lesson(head, row);
    const key = sameAs(row, groups[at] ?? 0);
    if (row.label === 1) same.set(key, (same.get(key) ?? 0) + 1);
    return true;
  });
  for (const at of chosen) {
    const row = rows[at];
    if (row?.label === 1) weight[at] = (weight[at] ?? 0) * Math.min(1, SAME_MAX / (same.get(sameAs(row, groups[at] ?? 0)) ?? 1));
  }
  return { rows: chosen, attack, weight };
}

/** One weight in ten thousand is cut off, so that the others keep their precision. */
const CUT = 1e-4;

function quantised(weights: Float32Array): Pick<HeadModel, 'weights' | 'step'> & { readonly thresholds: HeadModel['thresholds'] } {
  const sizes = weights.map(Math.abs).toSorted();
  const largest = sizes[Math.floor(sizes.length * (1 - CUT))] ?? 1;
  const step = (largest === 0 ? 1 : largest) / 127;
  const rounded = Int8Array.from(weights, (weight) => Math.max(-127, Math.min(127, Math.round(weight / step))));
  return { weights: rounded, step, thresholds: { near: [], wide: [] } };
}

/** Words of English rows: deepset's are partly German, and too few to cover it. */
function vocabularyOf(rows: readonly TrainingRow[]): Uint8Array {
  const seen = new Map<number, number>();
  const reader = new SentenceReader();
  for (const { text, source } of rows) {
    if (source === 'deepset') continue;
    const here = new Set<number>();
    reader.read(text, (_start, _end, words) => reader.words.subarray(0, words).forEach((word) => here.add(word)));
    for (const word of here) seen.set(word, (seen.get(word) ?? 0) + 1);
  }
  const vocabulary = new Uint8Array(2 ** (VOCABULARY_BITS - 3));
  for (const [word, count] of seen) {
    const bit = word >>> (32 - VOCABULARY_BITS);
    if (count >= WORD_ROWS_MIN) vocabulary[bit >>> 3] = (vocabulary[bit >>> 3] ?? 0) | (1 << (bit & 7));
  }
  return vocabulary;
}
