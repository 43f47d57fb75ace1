import type { PolicyRow } from '../../../src/control/policies/answer.ts';

export interface NamedText {
  readonly file: string;
  readonly text: string;
}

/** The files of the space with one of them as it is written here: what is checked, tested and simulated. */
export function filesWith(policies: readonly PolicyRow[], file: string, text: string): readonly NamedText[] {
  const others = policies.filter((one) => one.file !== file).map(({ file: other, source }) => ({ file: other, text: source }));
  return file === '' || text === '' ? others : [...others, { file, text }];
}
