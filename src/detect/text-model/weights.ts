import { z } from 'zod';
import { HEADS, LENGTHS, LEVELS, VOCABULARY_BITS } from './model.ts';
import type { Head, HeadModel, Scale, TextModel } from './model.ts';
import saved from './weights.json' with { type: 'json' };

/** Of each head, as many as there are buckets of features. */
const WEIGHTS = 2 ** 18;
/** Above every score that can be: where calibration saw nothing, nothing is told. */
const SCORE_MAX = 1_000_000;

const BYTES = (count: number): z.ZodType<string> => z.base64().length(4 * Math.ceil(count / 3));
const SCORES = z.array(z.number().min(-SCORE_MAX).max(SCORE_MAX)).length(LEVELS.length).readonly()
  .refine((scores) => scores.every((score, at) => score >= (scores[at - 1] ?? score)), 'has a rarer score below a commoner one');
const BY_LENGTH = z.array(SCORES).length(LENGTHS.length + 1).readonly();

const HEAD = z.strictObject({
  weights: BYTES(WEIGHTS), step: z.number().positive().max(1),
  /** A head that reads at one scale only has no scores of the other. */
  thresholds: z.strictObject({ near: BY_LENGTH, wide: z.union([BY_LENGTH, z.tuple([]).readonly()]) }),
});

/** The model as it is kept: arrays of bytes in base64, of exactly the size of those that ship. */
export const SAVED_MODEL = z.strictObject({
  heads: z.strictObject({ results: HEAD, definitions: HEAD, arguments: HEAD }), vocabulary: BYTES(2 ** VOCABULARY_BITS / 8),
});

export interface SavedModel {
  readonly heads: Readonly<Record<Head, SavedHead>>;
  readonly vocabulary: string;
}

interface SavedHead {
  readonly weights: string;
  readonly step: number;
  readonly thresholds: Readonly<Record<Scale, readonly (readonly number[])[]>>;
}

/** The weights that ship: docs/model-card.md says what they were trained on, `scripts/train-text-model` makes them. */
export const MODEL: TextModel = readModel(saved);
/** The same as they are kept. */
export const SHIPPED_MODEL: SavedModel = saved;

export function readModel({ heads, vocabulary }: SavedModel): TextModel {
  return {
    heads: { results: readHead(heads.results), definitions: readHead(heads.definitions), arguments: readHead(heads.arguments) },
    vocabulary: Uint8Array.fromBase64(vocabulary),
  };
}

function readHead({ weights, ...rest }: SavedHead): HeadModel {
  return { ...rest, weights: new Int8Array(Uint8Array.fromBase64(weights).buffer) };
}

/** One line a part, in a fixed order: the same model is the same file. */
export function writeModel({ heads, vocabulary }: TextModel): string {
  const head = (name: Head): string => {
    const { weights, step, thresholds } = heads[name];
    return `    ${JSON.stringify(name)}: ${JSON.stringify({ weights: new Uint8Array(weights.buffer).toBase64(), step, thresholds })}`;
  };
  return `{\n  "heads": {\n${HEADS.map(head).join(',\n')}\n  },\n  "vocabulary": ${JSON.stringify(vocabulary.toBase64())}\n}\n`;
}
