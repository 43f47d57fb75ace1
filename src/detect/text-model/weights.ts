import { HEADS } from './model.ts';
import type { Head, HeadModel, Scale, TextModel } from './model.ts';
import saved from './weights.json' with { type: 'json' };

/** The model as it is kept: arrays of bytes in base64. */
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

function readModel({ heads, vocabulary }: SavedModel): TextModel {
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
