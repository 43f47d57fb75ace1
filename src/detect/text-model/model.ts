export const HEADS = ['results', 'definitions', 'arguments'] as const;
/** One weight vector each: what a server answers, what it says of itself, what agents and people write. */
export type Head = (typeof HEADS)[number];

export const SCALES = ['near', 'wide'] as const;
export type Scale = (typeof SCALES)[number];

/** How rare a score is among benign texts: the steps that calibration knows, commonest first. */
export const LEVELS = [0.02, 0.01, 0.005, 0.002, 0.001] as const;

/** Texts are compared with texts of about their length: more windows, higher maxima. UTF-16 units; the last bucket is open. */
export const LENGTHS = [2_400, 9_600] as const;

export interface HeadModel {
  /** One for each bucket, times `step`. */
  readonly weights: Int8Array;
  readonly step: number;
  /** Score of each level, by scale and length bucket. */
  readonly thresholds: Readonly<Record<Scale, readonly (readonly number[])[]>>;
}

export interface TextModel {
  readonly heads: Readonly<Record<Head, HeadModel>>;
  /** Hashed words of the languages that it covers: one bit each, 2^18 bits. */
  readonly vocabulary: Uint8Array;
}

export const VOCABULARY_BITS = 18;

export function isKnown(vocabulary: Uint8Array, word: number): boolean {
  const bit = word >>> (32 - VOCABULARY_BITS);
  return (((vocabulary[bit >>> 3] ?? 0) >>> (bit & 7)) & 1) === 1;
}

/** Which of the length buckets so many units belong to. */
export function lengthBucket(units: number): number {
  const bucket = LENGTHS.findIndex((limit) => units <= limit);
  return bucket < 0 ? LENGTHS.length : bucket;
}
