import type { TextModel } from '../../detect/text-model/model.ts';
import { build, prepare } from '../../detect/text-model/training/build.ts';
import type { Corpus } from '../../detect/text-model/training/build.ts';
import { TRAINING_SOURCES, trainable } from '../../detect/text-model/training/corpora.ts';
import { headOf } from '../../detect/text-model/training/rows.ts';
import { MODEL } from '../../detect/text-model/weights.ts';
import type { EvalRow } from './rows.ts';

/** Which weights judge which source: the ones that ship, unless they were trained on it and the rows allow to leave it out. */
export interface Models {
  /** Sources that are judged by weights that never saw them, made here. */
  readonly leftOut: readonly string[];
  /** Sources that the weights were trained on and that are judged by them all the same. */
  readonly known: readonly string[];
  readonly of: (source: string) => TextModel;
}

const TRAINED: ReadonlySet<string> = new Set(TRAINING_SOURCES);

/** `shipped`: judge everything by the weights that ship. */
export function modelsFor(rows: readonly EvalRow[], shipped: boolean): Models {
  const sources = [...new Set(rows.map(({ source }) => source))];
  const trained = sources.filter((source) => TRAINED.has(source));
  // All of what the weights were made of must be there: with less, a model without one source is another model.
  if (shipped || trained.length < TRAINING_SOURCES.length) return { leftOut: [], known: trained, of: () => MODEL };
  let corpus: Corpus | undefined;
  return {
    leftOut: trained, known: [],
    of: (source) => {
      if (!TRAINED.has(source)) return MODEL;
      corpus ??= prepare(trainable(rows));
      return build(corpus, source, [...new Set(rows.filter((row) => row.source === source).map(headOf))]);
    },
  };
}
