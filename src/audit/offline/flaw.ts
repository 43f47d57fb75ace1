/** A place where what lies there is not what was logged, or where something is missing. Nothing is ever repaired. */
export interface Flaw {
  readonly file: string;
  /** Byte in the file. */
  readonly offset?: number;
  /** Position of the record concerned. */
  readonly position?: number;
  readonly what: string;
}

export type OnFlaw = (flaw: Flaw) => void;
