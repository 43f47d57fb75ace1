/** One control that is switched off in the source, and the test that must notice. */
export interface Switch {
  readonly what: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
  readonly tests: string;
  /** A part of the name of the test. */
  readonly named: string;
}

type Row = readonly [what: string, named: string, from: string, to: string];

/** Rows of one file, which one test file must notice. */
export function switches(file: string, tests: string, rows: readonly Row[]): readonly Switch[] {
  return rows.map(([what, named, from, to]) => ({ what, file, tests, named, from, to }));
}
